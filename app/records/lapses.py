"""Lapses: runs whose worker was not heard of in time."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app import definitions
from app.database import Transaction
from app.records import steps
from app.records.runs import COLUMNS, Run
from app.records.steps import Held
from app.records.troubles import LAPSED


def found(tx: Transaction, now: datetime) -> list[Run]:
    """Those that have lapsed, longest first."""
    rows = tx.execute(
        f"SELECT {COLUMNS}, step_id, current_step, attempts, lease FROM runs"  # noqa: S608
        f" WHERE status = 'running' AND lease_until < %(now)s AND {steps.IS_KNOWN}"
        " ORDER BY lease_until LIMIT %(limit)s",
        {"now": now, "limit": steps.DUE_BATCH, "known": definitions.for_workers()},
    ).fetchall()
    return [_running(row) for row in rows]


def _running(row: dict[str, Any]) -> Run:
    step = Held(
        id=row.pop("step_id"),
        workflow_id=row["id"],
        name=row.pop("current_step"),
        attempts=row.pop("attempts"),
        lease=row.pop("lease"),
        exclusive=row["subject"],
        input={},
    )
    return Run(**row, step=step)


def put_back(tx: Transaction, run_id: UUID, now: datetime) -> None:
    """Have one wait again, for whoever has its message in hand; nothing happens where it has not lapsed."""
    tx.execute(
        "WITH line AS (SELECT id FROM workflows WHERE id = %(id)s AND status = 'running' FOR NO KEY UPDATE),"  # noqa: S608
        " back AS (UPDATE steps SET status = 'pending', lease = NULL, lease_until = NULL,"
        " due_at = least(due_at, %(now)s) FROM line WHERE workflow_id = line.id AND position IS NOT NULL"
        " AND status = 'running' AND lease_until < %(now)s RETURNING workflow_id, steps.id AS step_id, attempts),"
        " noted AS (INSERT INTO step_troubles (step_id, at, attempt, outcome, error)"
        f" SELECT step_id, %(now)s, attempts, 'retry', {LAPSED} FROM back)"
        " UPDATE workflows SET status = 'pending', updated_at = %(now)s FROM back WHERE id = workflow_id",
        {"id": run_id, "now": now},
    )
