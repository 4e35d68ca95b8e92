"""Reconciliations: how far GitHub's list of deliveries was compared with what is recorded, and by whom just now."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from app.database import Transaction
from app.records.runs import LeaseLost


@dataclass(frozen=True)
class Round:
    """One walk through the list, newest first, in this worker's hands; it may take several tasks.

    `settled_until`: what was delivered until then was settled by earlier rounds; None before the first one.
    `cursor`: where the walk goes on; None at its beginning.
    """

    app_id: int
    lease: UUID
    began_at: datetime
    settled_until: datetime | None
    cursor: str | None


def claim(tx: Transaction, app_id: int, now: datetime, *, young_seconds: int, lease_seconds: int) -> Round | None:
    """Take the round under way, or begin one; None where another worker is at it.

    A round settles what is older than `young_seconds` when it begins.
    """
    tx.execute("INSERT INTO reconciliations (app_id) VALUES (%(app)s) ON CONFLICT DO NOTHING", {"app": app_id})
    row = tx.execute(
        "UPDATE reconciliations SET lease = %(lease)s, lease_until = %(until)s, began_at = coalesce(began_at, %(now)s),"
        " settles_until = coalesce(settles_until, %(settles)s)"
        " WHERE app_id = %(app)s AND (lease IS NULL OR lease_until < %(now)s)"
        " RETURNING app_id, lease, began_at, settled_until, cursor",
        {
            "app": app_id,
            "lease": uuid4(),
            "until": now + timedelta(seconds=lease_seconds),
            "now": now,
            "settles": now - timedelta(seconds=young_seconds),
        },
    ).fetchone()
    return Round(**row) if row else None


def go_on(tx: Transaction, current: Round, cursor: str) -> None:
    """All before this place in the list is settled. Raises `LeaseLost`, as all that follow."""
    _change(tx, current, "cursor = %(cursor)s", {"cursor": cursor})


def hold_back(tx: Transaction, current: Round, at: datetime) -> None:
    """What was delivered then could not be read, so the next round comes back to it."""
    _change(tx, current, "settles_until = least(settles_until, %(at)s)", {"at": at})


def begin_again(tx: Transaction, current: Round) -> None:
    """Give the round up: the next one begins at the newest delivery."""
    _change(tx, current, "began_at = NULL, settles_until = NULL, cursor = NULL, lease = NULL", {})


def release(tx: Transaction, current: Round) -> None:
    """Leave the rest of the round to another task."""
    _change(tx, current, "lease = NULL", {})


def settle(tx: Transaction, current: Round) -> None:
    """The round is over."""
    changes = "settled_until = settles_until, began_at = NULL, settles_until = NULL, cursor = NULL, lease = NULL"
    _change(tx, current, changes, {})


def _change(tx: Transaction, current: Round, changes: str, values: dict[str, object]) -> None:
    changed = tx.execute(
        f"UPDATE reconciliations SET {changes} WHERE app_id = %(app)s AND lease = %(lease)s",  # noqa: S608
        {**values, "app": current.app_id, "lease": current.lease},
    )
    if changed.rowcount != 1:
        raise LeaseLost
