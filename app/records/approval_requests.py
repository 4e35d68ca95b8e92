"""Approval requests: workflows that wait for an operator's word on what a run of the API wishes to write."""

from datetime import datetime
from uuid import UUID, uuid4

from app.database import Transaction
from app.handed import AskedWord
from app.records import resting, runs

OPEN = ("pending", "running", "waiting")
ANSWERABLE = ("waiting", "blocked")
CODES = ("APPROVAL_MISSING", "APPROVAL_EXPIRED", "APPROVAL_CONTENT_CHANGED")
"""What stands against a write that an operator has to approve."""


def ask(tx: Transaction, run_id: UUID, *, epoch: int, remote: str, asked_by: str, now: datetime) -> None:
    """Somebody has to approve what the run wishes for in this epoch; once, also where it was denied.

    Whoever asks holds the binding of the run.
    """
    known = tx.execute(
        "SELECT FROM workflows WHERE subject = %(subject)s AND input ->> 'epoch' = %(epoch)s"
        " AND status IN ('pending', 'running', 'waiting', 'blocked') LIMIT 1",
        {"subject": _subject(run_id), "epoch": str(epoch)},
    ).fetchone()
    if known is not None:
        return
    runs.add(
        tx,
        "approval",
        run_id=uuid4(),
        subject=_subject(run_id),
        due_at=now,
        full_name=remote,
        asked_by=asked_by,
        input=AskedWord(run=run_id, epoch=epoch),
        waits_for=waits_for(run_id),
    )


def waits_for(run_id: UUID) -> str:
    """What a request waits for, for a person."""
    return f"An operator has to approve what the run {run_id} wishes to write, or to deny it."


def answer(tx: Transaction, run_id: UUID, now: datetime) -> UUID | None:
    """A word was given: the request that a worker has to look at now; None where nothing was asked."""
    row = tx.execute(
        "SELECT id FROM workflows WHERE subject = %(subject)s AND status = ANY(%(answerable)s)"
        " ORDER BY created_at DESC, id DESC LIMIT 1",
        {"subject": _subject(run_id), "answerable": list(ANSWERABLE)},
    ).fetchone()
    if row is None or not resting.reopen(tx, row["id"], now, kind="approval", resting=ANSWERABLE):
        return None
    request_id: UUID = row["id"]
    return request_id


def hold_run(tx: Transaction, request_id: UUID) -> None:
    """Lock the binding of the run that a request is about, as it is before any workflow."""
    tx.execute(
        "SELECT FROM bindings WHERE run_id ="
        " (SELECT (input ->> 'run')::uuid FROM workflows WHERE id = %(id)s AND kind = 'approval') FOR UPDATE",
        {"id": request_id},
    )


def is_missing(tx: Transaction, run_id: UUID, epoch: int) -> bool:
    """Whether a write of a run was decided on, and waits for a word that was not given yet."""
    row = tx.execute(
        "SELECT FROM intents CROSS JOIN LATERAL (SELECT blockers FROM decisions WHERE intent_id = intents.id"
        " ORDER BY audit_seq DESC LIMIT 1) AS newest WHERE run_id = %(run)s AND epoch = %(epoch)s"
        " AND status = 'waiting' AND EXISTS (SELECT FROM jsonb_array_elements(blockers) AS against"
        " WHERE against ->> 'code' = ANY(%(codes)s)) LIMIT 1",
        {"run": run_id, "epoch": epoch, "codes": list(CODES)},
    ).fetchone()
    return row is not None


def withdraw(tx: Transaction, run_id: UUID, now: datetime) -> None:
    """Nobody has to approve anything of the run any more: it is over, or in its next epoch."""
    rows = tx.execute(
        "SELECT id FROM workflows WHERE subject = %(subject)s AND status = ANY(%(open)s)",
        {"subject": _subject(run_id), "open": [*OPEN, "blocked"]},
    ).fetchall()
    for row in rows:
        runs.cancel(tx, row["id"], now)


def _subject(run_id: UUID) -> str:
    return f"approval:{run_id}"
