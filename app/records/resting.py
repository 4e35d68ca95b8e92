"""Resting runs: left as they are until somebody or something has them looked at again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal
from uuid import UUID

from app import definitions
from app.database import Transaction
from app.definitions import Kind
from app.handed import Handed
from app.records import steps, troubles
from app.records.runs import Run


def rest(
    tx: Transaction,
    run: Run,
    status: Literal["waiting", "succeeded", "blocked", "pending"],
    now: datetime,
    output: Handed,
) -> None:
    """Leave the run as it is, until it is reopened; its attempts count from the beginning then.

    `output`: as the definition of the step has it.
    """
    tx.execute(
        "UPDATE workflows SET status = %(status)s, updated_at = %(now)s,"
        " finished_at = CASE WHEN %(status)s IN ('succeeded', 'blocked') THEN %(now)s END WHERE id = %(id)s",
        {"id": run.id, "status": status, "now": now},
    )
    steps.rest(tx, run.step, _RESTING[status], now, definitions.handed_on(run.kind, run.version, run.step.name, output))


_RESTING: dict[str, steps.Status] = {
    "waiting": "waiting",
    "succeeded": "done",
    "blocked": "stopped",
    "pending": "pending",
}


def wait(tx: Transaction, run: Run, why: str, now: datetime) -> None:
    """Leave the run until somebody does something; `why`, for a person. Raises `LeaseLost`."""
    tx.execute(
        "UPDATE workflows SET status = 'waiting', updated_at = %(now)s WHERE id = %(id)s", {"id": run.id, "now": now}
    )
    steps.wait(tx, run.step, why, now)


def reopen(tx: Transaction, run_id: UUID, now: datetime, *, kind: Kind, resting: Sequence[str]) -> bool:
    """Have a resting run looked at again, now; whether it was one of this kind that rested so."""
    troubles.keep_stopped(tx, _standing_at(tx, run_id))
    row = tx.execute(
        "WITH rested AS (SELECT id FROM workflows WHERE id = %(id)s AND kind = %(kind)s AND status = ANY(%(resting)s)"
        " FOR NO KEY UPDATE), reopened AS (UPDATE steps SET status = 'pending', due_at = %(now)s, queued_at = NULL,"
        " attempts = 0, error = NULL, ended_at = NULL, outcome = NULL FROM rested, workflows"
        " WHERE workflow_id = rested.id AND workflows.id = rested.id AND position IS NOT NULL"
        " AND name = workflows.current_step RETURNING workflow_id)"
        " UPDATE workflows SET status = 'pending', updated_at = %(now)s, finished_at = NULL FROM reopened"
        " WHERE id = workflow_id RETURNING id",
        {"id": run_id, "kind": kind, "resting": list(resting), "now": now},
    ).fetchone()
    return row is not None


def _standing_at(tx: Transaction, run_id: UUID) -> list[UUID]:
    """The step at which its line stands."""
    rows = tx.execute("SELECT step_id FROM runs WHERE id = %(id)s", {"id": run_id}).fetchall()
    return [row["step_id"] for row in rows]
