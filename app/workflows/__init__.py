"""What people do with workflows of every type: look at them here; start, cancel, retry and pause beside this."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app import unblocking
from app.cursors import NEWEST, Mark, Part
from app.database import Transaction
from app.records import histories, obstacles, workflows
from app.records.histories import Happening
from app.records.workflows import Shown, Which, Workflow
from policies.decision import Blocker


@dataclass(frozen=True)
class Standing:
    """A workflow as it stands. `unblock`: what is in its way and what would unblock it; None where nothing is."""

    workflow: Workflow
    unblock: str | None


@dataclass(frozen=True)
class Whole:
    """The same with its steps and everything that happened to it, oldest first."""

    workflow: Workflow
    unblock: str | None
    steps: list[Shown]
    history: list[Happening]


def page(tx: Transaction, which: Which, now: datetime, *, limit: int, after: Mark = NEWEST) -> Part[Standing]:
    """A part of a list, newest first."""
    found = workflows.page(tx, which, limit=limit, after=after)
    return Part(_standings(tx, found.rows, now), found.after)


def show(tx: Transaction, workflow_id: UUID, now: datetime) -> Whole | Blocker:
    """One of them, whole."""
    found = workflows.get(tx, workflow_id)
    if found is None:
        return not_found(workflow_id)
    steps = workflows.steps_of(tx, workflow_id)
    return Whole(found, standing(tx, found, now).unblock, steps, histories.of(tx, found, steps))


def standing(tx: Transaction, found: Workflow, now: datetime) -> Standing:
    """One of them, with what would unblock it."""
    (said,) = _standings(tx, [found], now)
    return said


def not_found(workflow_id: UUID) -> Blocker:
    """The blocker of a workflow that is not there."""
    return Blocker(code="WORKFLOW_NOT_FOUND", sentence="There is no such workflow.", subject=f"run:{workflow_id}")


def _standings(tx: Transaction, found: list[Workflow], now: datetime) -> list[Standing]:
    stopped = [each.id for each in found if each.status in ("waiting", "blocked", "failed")]
    against = obstacles.of(tx, stopped) if stopped else {}
    return [
        Standing(each, unblocking.unblock_sentence(each, against.get(each.id, obstacles.NONE), now)) for each in found
    ]
