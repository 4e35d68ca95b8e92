"""Retries: a line led back to one of its steps, and the workflows that take the place of others."""

from uuid import UUID

from app.database import Transaction
from app.records import issues, merge_requests
from app.records.step_runs import StepRun


def rewind(tx: Transaction, workflow_id: UUID, step: str) -> None:
    """Let the line stand at an earlier step; what came after that is forgotten, but for the audit."""
    tx.execute(
        "DELETE FROM steps AS later USING steps AS first WHERE first.workflow_id = %(id)s AND first.name = %(step)s"
        " AND first.position IS NOT NULL AND later.workflow_id = %(id)s AND later.position > first.position",
        {"id": workflow_id, "step": step},
    )
    tx.execute("UPDATE workflows SET current_step = %(step)s WHERE id = %(id)s", {"id": workflow_id, "step": step})


def remember(tx: Transaction, retry_id: UUID, workflow_id: UUID) -> None:
    """A workflow takes the place of another one."""
    tx.execute("UPDATE workflows SET retry_of = %(of)s WHERE id = %(id)s", {"id": retry_id, "of": workflow_id})


def hold_wish(tx: Transaction, step: StepRun) -> None:
    """Nobody opens another run of a step's wish until the transaction ends; the issue of a merge is locked first."""
    if step.issue_id is not None:
        issues.hold(tx, step.issue_id)
    if step.merge_request_id is not None:
        merge_requests.hold(tx, step.merge_request_id)


def under_way(tx: Transaction, workflow_id: UUID) -> UUID | None:
    """What takes the place of a workflow and is not over: its retry, or another run of the same wish for a merge.

    Nobody opens one just then where the caller has the wish from `hold_wish`.
    """
    row = tx.execute(
        "SELECT id FROM workflows WHERE retry_of = %(id)s AND status IN ('pending', 'running', 'waiting')"
        " UNION ALL SELECT other.run_id FROM step_runs JOIN step_runs AS other USING (merge_request_id)"
        " WHERE step_runs.run_id = %(id)s AND other.run_id <> %(id)s AND other.ending IS NULL LIMIT 1",
        {"id": workflow_id},
    ).fetchone()
    return row["id"] if row else None
