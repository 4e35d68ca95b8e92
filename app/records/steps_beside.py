"""Steps beside the line of their workflows, several at a time, whoever has them in hand."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.database import Transaction
from app.records.steps import DUE_BATCH
from app.records.troubles import LAPSED


def lock(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Nobody claims, changes or ends them until the transaction ends."""
    tx.execute("SELECT FROM steps WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE", {"ids": list(ids)})


def cancel(tx: Transaction, ids: Sequence[UUID], now: datetime) -> None:
    """They are done no more; a worker that is at one loses it."""
    tx.execute(
        "UPDATE steps SET status = 'cancelled', lease = NULL, lease_until = NULL, outcome = NULL, ended_at = %(now)s"
        " WHERE id = ANY(%(ids)s)",
        {"ids": list(ids), "now": now},
    )


def reopen(tx: Transaction, ids: Sequence[UUID], now: datetime) -> None:
    """They begin anew, now."""
    tx.execute(
        "UPDATE steps SET status = 'pending', attempts = 0, due_at = %(now)s, queued_at = NULL, lease = NULL,"
        " lease_until = NULL, outcome = NULL, error = NULL, ended_at = NULL WHERE id = ANY(%(ids)s)",
        {"ids": list(ids), "now": now},
    )


def take_away(tx: Transaction, ids: Sequence[UUID]) -> list[UUID]:
    """Those that a worker is at: it loses them, and they wait again."""
    rows = tx.execute(
        "UPDATE steps SET status = 'pending', lease = NULL, lease_until = NULL, queued_at = NULL"
        " WHERE id = ANY(%(ids)s) AND status = 'running' RETURNING id",
        {"ids": list(ids)},
    ).fetchall()
    return [row["id"] for row in rows]


def put_back_lapsed(tx: Transaction, now: datetime) -> None:
    """Those whose worker was not heard of in time wait again, for any other."""
    tx.execute(
        "WITH lapsed AS (UPDATE steps SET status = 'pending', lease = NULL, lease_until = NULL, queued_at = NULL,"  # noqa: S608
        f" outcome = 'retry', error = {LAPSED} WHERE id IN (SELECT id FROM steps"
        " WHERE status = 'running' AND lease_until < %(now)s AND position IS NULL ORDER BY lease_until"
        " LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING id, attempts, error)"
        " INSERT INTO step_troubles (step_id, at, attempt, outcome, error)"
        " SELECT id, %(now)s, attempts, 'retry', error FROM lapsed",
        {"now": now, "limit": DUE_BATCH},
    )
