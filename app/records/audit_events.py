"""Entries of the audit that somebody looks for, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import ledger
from app.database import Transaction
from app.ledger import COLUMNS, Entry

MOST_LISTED = 200
STRETCH = 10_000
"""So many entries at once are looked up for any of a span of time, as an index has them (`audit_events_stretch`)."""
CONDITIONS = {
    "subject": "subject = %(subject)s",
    "actor": "actor = %(actor)s",
    "kind": "kind = %(kind)s",
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
    "after": "seq > %(after)s",
    "before": "seq < %(before)s",
}
_IN_SPAN = """
SELECT stretch FROM (SELECT generate_series({order}) AS stretch
    FROM (SELECT min(seq) / {rows} AS oldest, max(seq) / {rows} AS newest FROM audit_events) AS chain) AS stretches
WHERE EXISTS (SELECT FROM audit_events WHERE seq / {rows} = stretch AND {conditions}) LIMIT 1
"""
_NARROWED = """
AND seq >= {rows} * coalesce(({oldest}), 0) AND seq < {rows} * (1 + coalesce(({newest}), -1))
"""
"""By numbers: an entry is appended at about its time, so that a span of time is a few stretches of the chain."""


@dataclass(frozen=True, kw_only=True)
class Sought:
    """What an entry has to fit, as far as it is said; `since` counts, `until` does not any more."""

    subject: str | None = None
    actor: str | None = None
    kind: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Window:
    """Which of them: the oldest ones after a number where that alone is said, else the newest ones before one."""

    after: int | None = None
    before: int | None = None
    limit: int = MOST_LISTED

    @property
    def is_forward(self) -> bool:
        """Whether the list begins with the oldest."""
        return self.after is not None and self.before is None


@dataclass(frozen=True)
class Page:
    """Entries in the order of the list, and the number with which it goes on; None where there are no more."""

    entries: tuple[Entry, ...]
    next: int | None


def page(tx: Transaction, sought: Sought, window: Window) -> Page:
    """Those that fit. What is appended meanwhile changes no page but the newest one."""
    given: dict[str, Any] = {**sought.__dict__, "after": window.after, "before": window.before}
    conditions = "".join(f" AND {condition}" for name, condition in CONDITIONS.items() if given[name] is not None)
    conditions += _narrowed(sought)
    order = "seq" if window.is_forward else "seq DESC"
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM audit_events WHERE true{conditions} ORDER BY {order} LIMIT %(rows)s",  # noqa: S608
        {**given, "rows": window.limit + 1},
    ).fetchall()
    entries = tuple(map(ledger.entry_of, rows[: window.limit]))
    return Page(entries, entries[-1].seq if len(rows) > window.limit else None)


def _narrowed(sought: Sought) -> str:
    """Nothing that fits is left out, whatever the order of times; nothing at all fits where no stretch does."""
    times = [CONDITIONS[name] for name in ("since", "until") if getattr(sought, name) is not None]
    if not times:
        return ""
    said = {"rows": STRETCH, "conditions": " AND ".join(times)}
    oldest = _IN_SPAN.format(order="oldest, newest", **said)
    newest = _IN_SPAN.format(order="newest, oldest, -1", **said)
    return _NARROWED.format(rows=STRETCH, oldest=oldest, newest=newest)
