"""Entries of the audit that somebody looks for, a page at a time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app import ledger
from app.database import Transaction
from app.ledger import COLUMNS, Entry

MOST_LISTED = 200
CONDITIONS = {
    "subject": "subject = %(subject)s",
    "actor": "actor = %(actor)s",
    "kind": "kind = %(kind)s",
    "since": "at >= %(since)s",
    "until": "at < %(until)s",
    "after": "seq > %(after)s",
    "before": "seq < %(before)s",
}


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
    order = "seq" if window.is_forward else "seq DESC"
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM audit_events WHERE true{conditions} ORDER BY {order} LIMIT %(rows)s",  # noqa: S608
        {**given, "rows": window.limit + 1},
    ).fetchall()
    entries = tuple(map(ledger.entry_of, rows[: window.limit]))
    return Page(entries, entries[-1].seq if len(rows) > window.limit else None)
