"""Troubles: what went wrong with the attempts at a step, each with when; the step itself keeps the last of it alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from app.database import Transaction

MOST_OF_A_STEP = 50
"""The newest: about those of a day, since the pauses grow."""
LAPSED = "'The worker stopped in the middle of attempt ' || attempts || '.'"
"""What is said of a step whose worker was not heard of in time, as SQL."""


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """An attempt that went wrong. `outcome`: whether it was to be tried again, then at `due_at`, or stopped."""

    step_id: UUID
    at: datetime
    attempt: int
    outcome: Literal["retry", "stop"]
    error: str
    due_at: datetime | None = None


def note(tx: Transaction, trouble: Trouble) -> None:
    """Keep it, and of the step the newest ones alone. The caller holds the step."""
    tx.execute(
        "DELETE FROM step_troubles WHERE step_id = %(step)s AND id <= (SELECT id FROM step_troubles"
        " WHERE step_id = %(step)s ORDER BY id DESC OFFSET %(left)s LIMIT 1)",
        {"step": trouble.step_id, "left": MOST_OF_A_STEP - 1},
    )
    tx.execute(
        "INSERT INTO step_troubles (step_id, at, attempt, outcome, error, due_at) VALUES (%(step_id)s, %(at)s,"
        " %(attempt)s, %(outcome)s, %(error)s, %(due_at)s)",
        trouble.__dict__,
    )


def keep_stopped(tx: Transaction, step_ids: Sequence[UUID]) -> None:
    """How these steps have stopped, before they begin anew. The caller holds them."""
    rows = tx.execute(
        "SELECT id AS step_id, ended_at AS at, attempts AS attempt, 'stop' AS outcome, error FROM steps"
        " WHERE id = ANY(%(ids)s) AND status = 'stopped' AND error IS NOT NULL AND ended_at IS NOT NULL",
        {"ids": list(step_ids)},
    ).fetchall()
    for row in rows:
        note(tx, Trouble(**row))


def newest(tx: Transaction, step_ids: Sequence[UUID], limit: int) -> list[Trouble]:
    """Of these steps, newest first."""
    rows = tx.execute(
        "SELECT step_id, at, attempt, outcome, error, due_at FROM step_troubles WHERE step_id = ANY(%(ids)s)"
        " ORDER BY id DESC LIMIT %(limit)s",
        {"ids": list(step_ids), "limit": limit},
    ).fetchall()
    return [Trouble(**row) for row in rows]
