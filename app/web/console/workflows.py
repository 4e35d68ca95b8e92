"""The pages of the workflows: a list of them by what they are, and one of them with all that happened to it."""

from collections import Counter
from typing import Annotated
from uuid import UUID

from flask import Response
from pydantic import Field

from app import titles, workflows
from app.cursors import NEWEST
from app.database import Transaction
from app.definitions import Type
from app.records.workflows import MOST_COUNTED, STATUSES, TYPES, Status, Which, counts
from app.web.api.bodies import After, Query
from app.web.console import pages
from app.web.console.door import Visit
from app.workflows import pausing
from policies.decision import Blocker

PATH = "/console/workflows"
SHOWN = 50
PAUSES = 10
MOST_CHARACTERS = 300

Word = Annotated[str, Field(max_length=MOST_CHARACTERS)]


class WorkflowsAsked(Query):
    """Which workflows; `after`: where the list goes on."""

    type: Type | None = None
    status: Status | None = None
    repository: Word | None = None
    subject: Word | None = None
    after: After | None = None


def list_workflows(visit: Visit) -> Response:
    """A part of those that fit, newest first."""
    asked = visit.read(WorkflowsAsked)
    if isinstance(asked, Response):
        return asked
    which = Which(type=asked.type, status=asked.status, repository=asked.repository, subject=asked.subject)
    found = workflows.page(visit.tx, which, visit.at, limit=SHOWN, after=asked.after or NEWEST)
    further = pages.link(PATH, **{**visit.asked, "after": found.after}) if found.after else None
    return visit.page(
        "workflows.html",
        found=found.rows,
        next=further,
        counts=_counts(visit.tx),
        pauses=pausing.page(visit.tx, limit=PAUSES),
        types=TYPES,
        statuses=STATUSES,
        titles=titles,
    )


def show(visit: Visit, workflow_id: UUID) -> Response:
    """One workflow: what would unblock it, its steps, and what happened."""
    whole = workflows.show(visit.tx, workflow_id, visit.at)
    if isinstance(whole, Blocker):
        return pages.trouble(404, whole.sentence)
    return visit.page("workflow.html", **whole.__dict__, titles=titles)


def _counts(tx: Transaction) -> dict[Status, str]:
    """How many of all have which status, with a + where counting ended before all were counted."""
    counted = Counter[Status]()
    for (_, status), count in counts(tx, Which()).items():
        counted[status] += count
    return {each: f"{counted[each]}{'+' if counted[each] >= MOST_COUNTED else ''}" for each in STATUSES}
