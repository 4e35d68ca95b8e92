"""What operators said: yes or no to exactly one content of a write, or to all that a run wishes for."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from app.database import Transaction
from policies.standing import Approval


@dataclass(frozen=True)
class Given:
    """An operator's word. `intent_id` and `target` are None where it is about a whole run."""

    run_id: UUID
    intent_id: UUID | None
    target: str | None
    digest: str
    is_approved: bool
    reason: str | None
    given_by: str
    given_at: datetime
    expires_at: datetime


def add(tx: Transaction, given: Given) -> UUID:
    """Keep it; an earlier one on the same thing is kept too, and counts no more."""
    approval_id = uuid4()
    tx.execute(
        "INSERT INTO approvals (id, run_id, intent_id, target, digest, is_approved, reason, given_by, given_at,"
        " expires_at) VALUES (%(id)s, %(run_id)s, %(intent_id)s, %(target)s, %(digest)s, %(is_approved)s, %(reason)s,"
        " %(given_by)s, %(given_at)s, %(expires_at)s)",
        {**given.__dict__, "id": approval_id},
    )
    return approval_id


def of_target(tx: Transaction, run_id: UUID, target: str) -> Approval | None:
    """The newest word on what is written to a target, whichever content it was about."""
    return _newest(tx, run_id, target)


def of_whole_run(tx: Transaction, run_id: UUID) -> Approval | None:
    """The newest word on all that a run wishes for."""
    return _newest(tx, run_id, None)


def _newest(tx: Transaction, run_id: UUID, target: str | None) -> Approval | None:
    row = tx.execute(
        "SELECT digest, is_approved, given_by, expires_at FROM approvals"
        " WHERE run_id = %(run)s AND target IS NOT DISTINCT FROM %(target)s ORDER BY seq DESC LIMIT 1",
        {"run": run_id, "target": target},
    ).fetchone()
    return Approval(**row) if row else None


def of_run(tx: Transaction, run_id: UUID) -> list[Given]:
    """All that was said, newest first."""
    rows = tx.execute(
        "SELECT run_id, intent_id, target, digest, is_approved, reason, given_by, given_at, expires_at FROM approvals"
        " WHERE run_id = %(run)s ORDER BY seq DESC LIMIT 200",
        {"run": run_id},
    ).fetchall()
    return [Given(**row) for row in rows]
