"""The endpoints of the audit: entries that somebody looks for, an export of the chain, its newest entry."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from app import exports, ledger
from app.database import Pool
from app.ledger import HIGHEST_SEQ, Entry
from app.records import audit_events
from app.records.audit_events import Sought, Window
from app.web.api.bodies import FEWEST_ITEMS, MOST_ITEMS, Query, ResponseBody
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.api.streaming import LINES, Lines
from app.web.replies import Reply

AUDIT = "/api/v1/audit"
OK, INVALID, NOT_FOUND = 200, 422, 404
MOST_CHARACTERS = 300
PROVES_NOTHING = "What was chosen proves nothing of what was left out; an export of the chain does."

Word = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS)]
Seq = Annotated[int, Field(ge=1, le=HIGHEST_SEQ)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class AuditQuery(Query):
    """Which entries. `before`: older ones than that number, newest first; `after` alone: newer ones, oldest first."""

    subject: Word | None = None
    actor: Word | None = None
    kind: Word | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    after: Annotated[int, Field(ge=0, le=HIGHEST_SEQ)] | None = None
    before: Seq | None = None
    limit: Annotated[int, Field(ge=1, le=MOST_ITEMS)] = FEWEST_ITEMS

    def sought(self) -> Sought:
        """What they have to fit."""
        return Sought(subject=self.subject, actor=self.actor, kind=self.kind, since=self.since, until=self.until)


class ExportQuery(Query):
    """Which part of the chain; all of it where nothing is said."""

    first: Annotated[Seq, Field(alias="from")] = 1
    last: Annotated[Seq | None, Field(alias="to")] = None


class AuditEntryShape(ResponseBody):
    """An entry of the audit chain, as it is exported."""

    seq: int
    at: str
    kind: str
    subject: str
    actor: str
    body: dict[str, Any]
    previous: Hash
    hash: Hash


class AuditPage(ResponseBody):
    """Entries that fit; `next`: the number with which the list goes on, null at its end."""

    items: tuple[AuditEntryShape, ...]
    limit: int
    next: int | None
    note: str = PROVES_NOTHING


def list_audit_entries(call: Call, query: AuditQuery) -> Answer:
    """The entries of the audit that fit, newest first.

    What is chosen proves nothing of what is left out: that is what the export is for.
    """
    window = Window(after=query.after, before=query.before, limit=query.limit)
    page = audit_events.page(call.tx, query.sought(), window)
    return Answer(AuditPage(items=tuple(map(_shape, page.entries)), limit=query.limit, next=page.next))


def show_audit_head(call: Call) -> Answer | Reply:
    """The newest entry of the audit; noted elsewhere, its hash proves later that nothing before it was changed."""
    newest = ledger.head(call.tx)
    return Reply(NOT_FOUND, "AUDIT_EMPTY", "The audit chain is empty.") if newest is None else Answer(_shape(newest))


def export_audit(call: Call, query: ExportQuery) -> Lines | Reply:
    """The audit chain or a part of it without gaps, a JSON line for each entry, which proves itself.

    An answer that breaks off was not made to its end. `mergegate audit verify` reads it without the database.
    """
    newest = ledger.head(call.tx)
    end = newest.seq if newest else 0
    until = end if query.last is None else query.last
    if not query.first <= until <= end:
        return Reply(INVALID, "INVALID", f"from, to: should be in this order, of the chain's entries 1 to {end}.")

    def make(pool: Pool) -> Iterator[str]:
        after = query.first - 1
        while after < until:
            with pool.connection() as tx:
                entries = ledger.batch(tx, after=after, until=until)
            if not entries:
                return
            yield "".join(map(exports.line, entries))
            after = entries[-1].seq

    return Lines(make)


def _shape(entry: Entry) -> AuditEntryShape:
    return AuditEntryShape(**entry.document())


ENDPOINTS = (
    Endpoint(
        method="GET",
        path=AUDIT,
        work=list_audit_entries,
        scope="read",
        query=AuditQuery,
        answers={OK: AuditPage},
    ),
    Endpoint(
        method="GET",
        path=f"{AUDIT}/head",
        work=show_audit_head,
        scope="read",
        answers={OK: AuditEntryShape},
        refuses=(NOT_FOUND,),
    ),
    Endpoint(
        method="GET",
        path=f"{AUDIT}/export",
        work=export_audit,
        scope="read",
        query=ExportQuery,
        answers={OK: AuditEntryShape},
        says=LINES,
    ),
)
