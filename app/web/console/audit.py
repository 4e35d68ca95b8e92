"""The page of the audit: its entries, newest first, by subject, actor, kind and time."""

from typing import Annotated

from flask import Response
from pydantic import AwareDatetime, Field

from app.ledger import HIGHEST_SEQ
from app.records import audit_events
from app.records.audit_events import Sought, Window
from app.web.api.bodies import Query
from app.web.console.door import Visit
from app.web.console.pages import link

PATH = "/console/audit"
ENTRIES = 50
MOST_CHARACTERS = 300

Word = Annotated[str, Field(max_length=MOST_CHARACTERS)]


class AuditAsked(Query):
    """Which entries. `before`: those that are older than the one with this number."""

    subject: Word | None = None
    actor: Word | None = None
    kind: Word | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    before: Annotated[int, Field(ge=1, le=HIGHEST_SEQ)] | None = None


def show(visit: Visit) -> Response:
    """A part of the entries that fit."""
    asked = visit.read(AuditAsked)
    if isinstance(asked, Response):
        return asked
    sought = Sought(**asked.model_dump(exclude={"before"}))
    found = audit_events.page(visit.tx, sought, Window(before=asked.before, limit=ENTRIES))
    further = link(PATH, **{**visit.asked, "before": str(found.next)}) if found.next else None
    return visit.page("audit.html", entries=found.entries, next=further)
