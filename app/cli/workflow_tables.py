"""What `mergegate workflows` shows, as tables: pure functions of what was read."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from app import titles
from app.cli.tables import Table
from app.definitions import Type
from app.records.histories import Happening
from app.records.pauses import Pause
from app.records.workflows import MOST_COUNTED, STATUSES, TYPES, Shown, Status
from app.workflows import Standing, Whole

WATCHED: tuple[Status, ...] = ("pending", "running", "waiting", "blocked", "failed", "succeeded", "cancelled")
"""From what is to come to what is over."""


def brief(found: Sequence[Standing], what: str = "Workflow") -> Table:
    """A list as a terminal of 80 columns shows it; `what`: what it is a list of."""
    rows = [
        (
            str(each.workflow.id)[: titles.SHORT_ID],
            each.workflow.status,
            _minute(each.workflow.created_at),
            "\n".join([titles.workflow(each.workflow), *filter(None, [each.unblock])]),
        )
        for each in found
    ]
    return Table(("ID", "Status", "Made (UTC)", what), rows)


def listed(found: Sequence[Standing]) -> Table:
    """The same with whole ids and nothing left out."""
    rows = [
        (
            str(each.workflow.id),
            each.workflow.status,
            _second(each.workflow.created_at),
            each.workflow.type,
            titles.about(each.workflow),
            titles.standing(each.workflow),
            each.unblock or "",
        )
        for each in found
    ]
    return Table(("ID", "Status", "Made", "Type", "About", "Step", "What would unblock it"), rows)


def facts(whole: Whole) -> Table:
    """What is known of one workflow; what would unblock it comes first."""
    found = whole.workflow
    told = {
        "unblock": whole.unblock,
        "status": found.status,
        "type": f"{found.type} ({found.kind}, version {found.version})",
        "about": titles.about(found),
        "subject": found.subject,
        "step": titles.standing(found),
        "due": _second(found.due_at) if found.due_at and found.status == "pending" else None,
        "asked by": found.asked_by,
        "made": _second(found.created_at),
        "over since": _second(found.finished_at) if found.finished_at else None,
        "instead of": str(found.retry_of) if found.retry_of else None,
        "input": titles.document(found.input) if found.input else None,
    }
    return Table(("Workflow", str(found.id)), [(name, value) for name, value in told.items() if value])


def steps(found: Sequence[Shown]) -> Table:
    """Its steps: the line in its order, then what goes on beside it."""
    rows = [
        (
            str(each.position or "beside"),
            each.status,
            str(each.attempts),
            _second(each.ended_at or each.due_at),
            "\n".join([titles.step(each), *filter(None, [each.error, titles.output(each)])]),
        )
        for each in found
    ]
    return Table(("Place", "Status", "Tried", "Due or ended", "Step"), rows)


def history(found: Sequence[Happening]) -> Table:
    """Everything that happened, oldest first."""
    rows = [(_second(each.at), each.what, each.actor, titles.said(each)) for each in found]
    return Table(("When", "What", "Who", "What it says"), rows)


def pauses(found: Sequence[Pause]) -> Table:
    """What is not worked on for now."""
    rows = [(each.scope, each.paused_by, _minute(each.paused_at), each.reason) for each in found]
    return Table(("Paused", "By", "Since (UTC)", "Reason"), rows)


def counted(counts: Mapping[tuple[Type, Status], int]) -> Table:
    """How many of each type have which status, with a + where counting ended before all were counted."""
    capped = {each for each in STATUSES if sum(counts.get((kind, each), 0) for kind in TYPES) >= MOST_COUNTED}
    shown = [kind for kind in TYPES if any((kind, status) in counts for status in STATUSES)]
    marks = {each: "+" if each in capped else "" for each in STATUSES}
    rows = [(kind, *(f"{counts.get((kind, each), 0)}{marks[each]}" for each in WATCHED)) for kind in shown]
    return Table(("Type", *(each.capitalize() for each in WATCHED)), rows)


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%m-%d %H:%M")


def _second(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
