"""What follows a merge: a step beside the line of its workflow, which never changes what that came to."""

from datetime import datetime
from uuid import UUID

from app.database import Transaction
from app.definitions import DELETE_BRANCH
from app.handed import AskedDeletion
from app.records import steps


def plan(tx: Transaction, workflow_id: UUID, attempt_id: UUID, now: datetime) -> None:
    """Want the head branch deleted, once; belongs into the transaction that records the merge.

    The step has the id of the attempt that merged.
    """
    if tx.execute("SELECT FROM steps WHERE id = %(id)s", {"id": attempt_id}).fetchone() is not None:
        return
    steps.add(
        tx,
        workflow_id,
        DELETE_BRANCH.name,
        exclusive=f"{DELETE_BRANCH.name}:{attempt_id}",
        due_at=now,
        step_id=attempt_id,
        input=AskedDeletion(attempt=attempt_id),
    )
