"""Jobs that follow a merge: each is done once, apart from the merge, and never changes what that came to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.database import Transaction

Job = Literal["delete_branch"]
BATCH = 100


@dataclass(frozen=True)
class Due:
    """A job of a merge; `attempts` counts the earlier tries."""

    attempt_id: UUID
    job: Job
    attempts: int


def plan(tx: Transaction, attempt_id: UUID, job: Job, now: datetime) -> None:
    """Want a job done; belongs into the transaction that records the merge."""
    tx.execute(
        "INSERT INTO after_merge_jobs (attempt_id, job, due_at) VALUES (%(attempt)s, %(job)s, %(now)s)"
        " ON CONFLICT DO NOTHING",
        {"attempt": attempt_id, "job": job, "now": now},
    )


def of(tx: Transaction, attempt_id: UUID, now: datetime) -> list[Due]:
    """The jobs of a merge that are due, locked for this transaction."""
    rows = tx.execute(
        "SELECT attempt_id, job, attempts FROM after_merge_jobs WHERE attempt_id = %(attempt)s"
        " AND status = 'pending' AND due_at <= %(now)s FOR UPDATE SKIP LOCKED",
        {"attempt": attempt_id, "now": now},
    ).fetchall()
    return [Due(**row) for row in rows]


def take_due(tx: Transaction, now: datetime) -> list[UUID]:
    """The merges that have jobs due."""
    rows = tx.execute(
        "SELECT DISTINCT attempt_id FROM after_merge_jobs WHERE status = 'pending' AND due_at <= %(now)s"
        " LIMIT %(most)s",
        {"now": now, "most": BATCH},
    ).fetchall()
    return [row["attempt_id"] for row in rows]


def end(tx: Transaction, due: Due, status: Literal["done", "given_up"], error: str | None = None) -> None:
    """The job is over."""
    tx.execute(
        "UPDATE after_merge_jobs SET status = %(status)s, error = %(error)s"
        " WHERE attempt_id = %(attempt)s AND job = %(job)s",
        {"attempt": due.attempt_id, "job": due.job, "status": status, "error": error},
    )


def put_off(tx: Transaction, due: Due, due_at: datetime, error: str, *, attempts: int) -> None:
    """The job is tried again."""
    tx.execute(
        "UPDATE after_merge_jobs SET due_at = %(due)s, error = %(error)s, attempts = %(attempts)s"
        " WHERE attempt_id = %(attempt)s AND job = %(job)s",
        {"attempt": due.attempt_id, "job": due.job, "due": due_at, "error": error, "attempts": attempts},
    )
