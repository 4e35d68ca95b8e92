"""Rounds: workflows that come again and again, and are about everything; one of a kind at a time."""

from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation

from app import ledger
from app.database import Transaction
from app.records import runs

RoundKind = Literal["deliveries", "gates"]


def open_due(tx: Transaction, kind: RoundKind, *, every_seconds: int, now: datetime) -> UUID | None:
    """The next round, where the last one is over and was begun so long ago; None where it is not time yet.

    One that a clock which was wrong has begun in the future holds up none.
    """
    newest = tx.execute(
        "SELECT created_at, status FROM workflows WHERE subject = %(subject)s AND created_at <= %(now)s"
        " ORDER BY created_at DESC, id DESC LIMIT 1",
        {"subject": _subject(kind), "now": now},
    ).fetchone()
    if newest and (
        newest["status"] in ("pending", "running") or newest["created_at"] > now - timedelta(seconds=every_seconds)
    ):
        return None
    return begin(tx, kind, now)


def begin(tx: Transaction, kind: RoundKind, now: datetime, *, asked_by: str = ledger.BY_GATE) -> UUID | None:
    """A round; None where one waits."""
    round_id = uuid4()
    try:
        with tx.transaction():
            runs.add(tx, kind, run_id=round_id, subject=_subject(kind), due_at=now, asked_by=asked_by)
    except UniqueViolation:  # workflows_one_pending
        return None
    return round_id


def _subject(kind: RoundKind) -> str:
    return f"{kind}:{runs.NO_REPOSITORY}"
