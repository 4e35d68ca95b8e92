"""The status of an intent and that of the step that makes it, changed together here and nowhere else.

A step has the id of its intent. Whoever changes either holds the step's row, and before it that of its workflow where
the intent ends, or ended, for a person to look at.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg import Rollback

from app.database import Transaction
from app.handed import Made
from app.records import steps, steps_beside, troubles
from app.records.steps import Held

Status = Literal["pending", "waiting", "sent", "written", "denied", "refused", "blocked", "superseded"]
End = Literal["written", "denied", "refused", "blocked", "superseded"]
MOST_TURNS = 5
"""How often intents are looked for anew that were blocked meanwhile."""
STEPS_OF: dict[str, tuple[steps.Status, ...]] = {
    "pending": ("pending", "running"),
    "sent": ("pending", "running"),
    "waiting": ("waiting",),
    "written": ("done",),
    "denied": ("stopped",),
    "refused": ("stopped",),
    "blocked": ("stopped",),
    "superseded": ("cancelled",),
}
"""How the step of an intent may stand."""
_ENDS: dict[End, Literal["done", "stopped", "cancelled"]] = {
    "written": "done",
    "denied": "stopped",
    "refused": "stopped",
    "blocked": "stopped",
    "superseded": "cancelled",
}


def locked(tx: Transaction, which: str, facts: dict[str, Any]) -> dict[UUID, Status]:
    """The intents of which this is so, and stays so until the transaction ends. `which`: SQL of the caller's own.

    One that is blocked just now is let go of again, until its workflow is locked, which comes before its step.
    """
    blocked = set[UUID]()
    for turns_left in reversed(range(MOST_TURNS)):
        found = tx.execute(f"SELECT id, run_id, status FROM intents WHERE {which}".encode(), facts).fetchall()  # noqa: S608
        if not found:
            return {}
        blocked |= {row["run_id"] for row in found if row["status"] == "blocked"}
        if blocked:
            lock_workflows(tx, sorted(blocked))
        with tx.transaction():
            rows = _locked(tx, which, {**facts, "locked": [row["id"] for row in found]})
            late = {row["run_id"] for row in rows if row["status"] == "blocked"} - blocked
            if not late or not turns_left:
                return {row["id"]: row["status"] for row in rows}
            raise Rollback
        blocked |= late
    return {}


def _locked(tx: Transaction, which: str, facts: dict[str, Any]) -> list[dict[str, Any]]:
    steps_beside.lock(tx, facts["locked"])
    query = f"SELECT id, run_id, status FROM intents WHERE id = ANY(%(locked)s) AND ({which})"  # noqa: S608
    return tx.execute(query.encode(), facts).fetchall()


def lock_workflows(tx: Transaction, ids: Sequence[UUID]) -> None:
    """Nobody moves these workflows until the transaction ends."""
    tx.execute("SELECT FROM workflows WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE", {"ids": list(ids)})


def supersede(tx: Transaction, ids: Sequence[UUID], now: datetime) -> None:
    """They are not made any more. The caller has them from `locked`."""
    if not ids:
        return
    rows = tx.execute(
        "UPDATE intents SET status = 'superseded', settled_at = %(now)s WHERE id = ANY(%(ids)s) RETURNING run_id",
        {"ids": list(ids), "now": now},
    ).fetchall()
    steps_beside.cancel(tx, ids, now)
    _show(tx, {row["run_id"] for row in rows}, "blocked", now)


def reopen(tx: Transaction, ids: Sequence[UUID], now: datetime) -> None:
    """They are decided on anew. The caller has them from `locked`."""
    _reopen(tx, ids, "pending", now)


def _reopen(tx: Transaction, ids: Sequence[UUID], status: Literal["pending", "sent"], now: datetime) -> None:
    if not ids:
        return
    tx.execute(
        "UPDATE intents SET status = %(status)s, settled_at = NULL WHERE id = ANY(%(ids)s)",
        {"ids": list(ids), "status": status},
    )
    steps_beside.reopen(tx, ids, now)


def unblock(tx: Transaction, workflow_id: UUID, now: datetime) -> list[UUID]:
    """Decide anew on the writes of a workflow that need a person; where nobody knows whether one left, read it first.

    The caller holds the workflow.
    """
    found = list(locked(tx, "run_id = %(run)s AND status = 'blocked'", {"run": workflow_id}))
    opened = tx.execute(
        "UPDATE permits SET outcome = NULL, settled_at = NULL WHERE intent_id = ANY(%(ids)s)"
        " AND (outcome = 'unknown' OR outcome IS NULL AND spent_at IS NOT NULL) RETURNING intent_id",
        {"ids": found},
    ).fetchall()
    sent = [row["intent_id"] for row in opened]
    troubles.keep_stopped(tx, found)
    _reopen(tx, sent, "sent", now)
    _reopen(tx, [intent_id for intent_id in found if intent_id not in sent], "pending", now)
    _show(tx, {workflow_id}, "blocked", now)
    return found


def mark_sent(tx: Transaction, held: Held) -> None:
    """The request is about to be made. Raises `LeaseLost`."""
    steps.hold(tx, held)
    _set(tx, held, "sent", None)


def put_off(
    tx: Transaction,
    held: Held,
    status: Literal["pending", "sent"],
    due_at: datetime,
    why: str,
    *,
    now: datetime,
) -> None:
    """Put it off after an attempt that failed. Raises `LeaseLost`."""
    steps.retry(tx, held, due_at, why, now)
    _set(tx, held, status, None)


def await_turn(tx: Transaction, held: Held, status: Literal["pending", "sent"], due_at: datetime, why: str) -> None:
    """Put it off without counting an attempt. Raises `LeaseLost`."""
    steps.snooze(tx, held, due_at, why)
    _set(tx, held, status, None)


def await_somebody(tx: Transaction, held: Held, why: str, now: datetime) -> None:
    """Leave it until somebody does something. Raises `LeaseLost`."""
    steps.wait(tx, held, why, now)
    _set(tx, held, "waiting", None)


def end(tx: Transaction, held: Held, status: End, now: datetime, said: Made | str | None = None) -> None:
    """It is settled. `said`: what was made, or the error. Raises `LeaseLost`."""
    made, error = (said.document(), None) if isinstance(said, Made) else (None, said)
    steps.end(tx, held, _ENDS[status], now, error=error, output=made)
    _set(tx, held, status, now)
    if status == "blocked":
        _show(tx, {held.workflow_id}, "succeeded", now)


def is_blocked(tx: Transaction, workflow_id: UUID) -> bool:
    """Whether a write of a workflow needs a person. The caller holds the workflow, so that it stays as it is."""
    row = tx.execute(
        "SELECT FROM intents WHERE run_id = %(id)s AND status = 'blocked' LIMIT 1", {"id": workflow_id}
    ).fetchone()
    return row is not None


def _set(tx: Transaction, held: Held, status: Status, settled_at: datetime | None) -> None:
    tx.execute(
        "UPDATE intents SET status = %(status)s, settled_at = %(settled)s WHERE id = %(id)s",
        {"id": held.id, "status": status, "settled": settled_at},
    )


def _show(tx: Transaction, ids: set[UUID], shown: Literal["succeeded", "blocked"], now: datetime) -> None:
    """Workflows whose line is done, shown otherwise, are blocked while a write of theirs is; a handoff says so itself.

    A later evaluation that makes the write anew, or needs it no more, takes that back.
    """
    tx.execute(
        "UPDATE workflows SET updated_at = %(now)s, status = CASE WHEN EXISTS"
        " (SELECT FROM intents WHERE run_id = workflows.id AND status = 'blocked') THEN 'blocked' ELSE 'succeeded' END"
        " WHERE id = ANY(%(ids)s) AND status = %(shown)s AND kind <> 'work' AND EXISTS (SELECT FROM steps"
        " WHERE workflow_id = workflows.id AND position IS NOT NULL AND name = current_step AND steps.status = 'done')",
        {"ids": sorted(ids), "shown": shown, "now": now},
    )
