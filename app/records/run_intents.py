"""The intents of a run of the API: what it wishes for in an epoch, in which order, and what it waits for."""

from datetime import datetime
from typing import Any
from uuid import UUID

from app.database import Transaction
from app.records import intents
from app.records.intents import Claimed
from policies.gates import PREDECESSOR_PENDING
from policies.intents import Intent


def reopen(tx: Transaction, run_id: UUID, now: datetime) -> list[UUID]:
    """Something was done about a run: all that it waits for, less the parts of others, is to be decided anew."""
    return _reopen(tx, "run_id = %(run)s AND part_of IS NULL", {"run": run_id, "now": now})


def reopen_stage(tx: Transaction, run_id: UUID, stage: int, now: datetime) -> list[UUID]:
    """The turn of a stage has come."""
    return _reopen(tx, "run_id = %(run)s AND stage = %(stage)s", {"run": run_id, "stage": stage, "now": now})


def _reopen(tx: Transaction, which: str, facts: dict[str, Any]) -> list[UUID]:
    rows = tx.execute(
        "UPDATE intents SET status = 'pending', attempts = 0, due_at = %(now)s, queued_at = NULL"  # noqa: S608
        f" WHERE {which} AND status = 'waiting' RETURNING id",
        facts,
    ).fetchall()
    return [row["id"] for row in rows]


def put_aside_before(tx: Transaction, run_id: UUID, epoch: int, now: datetime) -> None:
    """What a run wished for before this epoch is of no interest any more."""
    intents.take_back(tx, "run_id = %(run)s AND epoch < %(epoch)s", {"run": run_id, "epoch": epoch, "now": now})


def of_run(tx: Transaction, run_id: UUID, epoch: int) -> list[tuple[UUID, Intent]]:
    """What a run wishes for in an epoch, parts included, as it was recorded; less what a newer wish has replaced."""
    rows = tx.execute(
        f"SELECT id, {intents.OF_INTENT} FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s"  # noqa: S608
        " AND status <> 'superseded' ORDER BY stage, recorded_at, id",
        {"run": run_id, "epoch": epoch},
    ).fetchall()
    return [(row["id"], intents.parsed(row)) for row in rows]


def is_early(tx: Transaction, claimed: Claimed) -> bool:
    """Whether something of a lower stage of the same run and epoch is not written yet."""
    row = tx.execute(
        "SELECT FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s AND stage < %(stage)s"
        " AND status NOT IN ('written', 'superseded') LIMIT 1",
        {"run": claimed.intent.run_id, "epoch": claimed.intent.epoch, "stage": claimed.stage},
    )
    return row.fetchone() is not None


def has_ended(tx: Transaction, intent_id: UUID) -> bool:
    """Whether nothing more happens to an intent by itself."""
    row = tx.execute("SELECT FROM intents WHERE id = %(id)s AND settled_at IS NOT NULL", {"id": intent_id})
    return row.fetchone() is not None


def waits_for_turn(tx: Transaction, intent_id: UUID) -> bool:
    """Whether it waits, and nothing but its turn was in the way when it was last decided on."""
    row = tx.execute(
        "SELECT blockers FROM decisions JOIN intents ON intents.id = intent_id"
        " WHERE intent_id = %(id)s AND status = 'waiting' ORDER BY audit_seq DESC LIMIT 1",
        {"id": intent_id},
    ).fetchone()
    return row is not None and {blocker["code"] for blocker in row["blockers"]} == {PREDECESSOR_PENDING}


def next_stage(tx: Transaction, run_id: UUID, epoch: int) -> int | None:
    """The lowest stage that is not wholly written; None where nothing is left, or something ended otherwise."""
    row = tx.execute(
        "SELECT min(stage) AS stage FROM intents WHERE run_id = %(run)s AND epoch = %(epoch)s AND stage > 0"
        " AND status NOT IN ('written', 'superseded')",
        {"run": run_id, "epoch": epoch},
    ).fetchone()
    return row["stage"] if row else None
