"""Reconciliations: how far GitHub's list of deliveries was compared with what is recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.database import Transaction


@dataclass(frozen=True)
class Round:
    """One walk through the list, newest first; it may take several tasks of one run.

    `settled_until`: what was delivered until then was settled by earlier rounds; None before the first one.
    `cursor`: where the walk goes on; None at its beginning.
    """

    app_id: int
    began_at: datetime
    settled_until: datetime | None
    cursor: str | None


def begin(tx: Transaction, app_id: int, now: datetime, *, young_seconds: int) -> Round:
    """The round under way, or a new one, which settles what is older than `young_seconds` now."""
    row = tx.execute(
        "INSERT INTO reconciliations (app_id, began_at, settles_until) VALUES (%(app)s, %(now)s, %(settles)s)"
        " ON CONFLICT (app_id) DO UPDATE SET began_at = coalesce(reconciliations.began_at, EXCLUDED.began_at),"
        " settles_until = coalesce(reconciliations.settles_until, EXCLUDED.settles_until)"
        " RETURNING app_id, began_at, settled_until, cursor",
        {"app": app_id, "now": now, "settles": now - timedelta(seconds=young_seconds)},
    ).fetchone()
    assert row is not None  # noqa: S101 -- an upsert always returns its row
    return Round(**row)


def go_on(tx: Transaction, current: Round, cursor: str) -> None:
    """All before this place in the list is settled. Whoever says so holds the run."""
    _change(tx, current, "cursor = %(cursor)s", {"cursor": cursor})


def hold_back(tx: Transaction, current: Round, at: datetime) -> None:
    """What was delivered then could not be read, so the next round comes back to it."""
    _change(tx, current, "settles_until = least(settles_until, %(at)s)", {"at": at})


def begin_again(tx: Transaction, current: Round) -> None:
    """Give the round up: the next one begins at the newest delivery."""
    _change(tx, current, "began_at = NULL, settles_until = NULL, cursor = NULL", {})


def settle(tx: Transaction, current: Round) -> None:
    """The round is over."""
    changes = "settled_until = settles_until, began_at = NULL, settles_until = NULL, cursor = NULL"
    _change(tx, current, changes, {})


def settled_until(tx: Transaction, current: Round) -> datetime | None:
    """All that was delivered until then is settled."""
    row = tx.execute(
        "SELECT settled_until FROM reconciliations WHERE app_id = %(app)s", {"app": current.app_id}
    ).fetchone()
    return row["settled_until"] if row else None


def _change(tx: Transaction, current: Round, changes: str, values: dict[str, object]) -> None:
    tx.execute(
        f"UPDATE reconciliations SET {changes} WHERE app_id = %(app)s",  # noqa: S608
        {**values, "app": current.app_id},
    )
