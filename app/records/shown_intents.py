"""Intents as people look at them: what each would write, where it stands, and what was in its way when last decided."""

from typing import Any
from uuid import UUID

from app import cursors
from app.cursors import Mark, Part
from app.database import Transaction

_COLUMNS = (
    "writes.id, writes.kind, writes.target, writes.content, writes.status, writes.attempts, writes.error, writes.epoch,"
    " writes.number, writes.run_id, writes.full_name, writes.repository_id, writes.installation_id,"
    " writes.sequence, writes.part_of, writes.recorded_at, writes.settled_at,"
    " (SELECT blockers FROM decisions WHERE intent_id = writes.id ORDER BY audit_seq DESC LIMIT 1) AS blockers,"
    " (SELECT outcome FROM permits WHERE intent_id = writes.id ORDER BY issued_at DESC LIMIT 1) AS outcome,"
    " (SELECT remote_id FROM permits WHERE intent_id = writes.id AND outcome = 'written') AS remote_id,"
    " (SELECT count(*) FROM intents AS part WHERE part.run_id = writes.run_id AND part.part_of = writes.id) AS parts"
)
Row = dict[str, Any]


def of_run(tx: Transaction, run_id: UUID, epoch: int) -> list[Row]:
    """What a run wishes for in an epoch, in the order in which it is written; less the parts and what was replaced."""
    return tx.execute(
        f"SELECT {_COLUMNS} FROM writes WHERE run_id = %(run)s AND epoch = %(epoch)s AND part_of IS NULL"  # noqa: S608
        " AND status <> 'superseded' ORDER BY stage, recorded_at, id",
        {"run": run_id, "epoch": epoch},
    ).fetchall()


def parts_of(tx: Transaction, intent_id: UUID) -> list[Row]:
    """The parts of an intent, in the order in which they are written."""
    return tx.execute(
        f"SELECT {_COLUMNS} FROM writes WHERE part_of = %(id)s ORDER BY stage, recorded_at, id",  # noqa: S608
        {"id": intent_id},
    ).fetchall()


def held_up(tx: Transaction, run_id: UUID, epoch: int) -> list[Row]:
    """The parts of what a run wishes for in an epoch that nobody is at, and that are not written."""
    return tx.execute(
        f"SELECT {_COLUMNS} FROM writes WHERE run_id = %(run)s AND epoch = %(epoch)s AND part_of IS NOT NULL"  # noqa: S608
        " AND status IN ('waiting', 'denied', 'refused', 'blocked') ORDER BY stage, recorded_at, id",
        {"run": run_id, "epoch": epoch},
    ).fetchall()


def get(tx: Transaction, intent_id: UUID) -> Row | None:
    """One intent, of whatever kind and origin."""
    return tx.execute(
        f"SELECT {_COLUMNS} FROM writes WHERE id = %(id)s",  # noqa: S608
        {"id": intent_id},
    ).fetchone()


def page(tx: Transaction, status: str, *, after: Mark, limit: int) -> Part[Row]:
    """Intents of runs in a status, oldest first, less parts."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM writes WHERE status = %(status)s AND epoch IS NOT NULL AND part_of IS NULL"  # noqa: S608
        " AND (recorded_at, id) > (%(at)s, %(id)s) ORDER BY recorded_at, id LIMIT %(most)s",
        {"status": status, **after.key(), "most": limit + 1},
    ).fetchall()
    return cursors.part(rows, limit, lambda row: Mark(row["recorded_at"], row["id"]))


def unsettled(tx: Transaction, run_id: UUID) -> int:
    """How many of a run's are on their way, or to be decided on."""
    row = tx.execute(
        "SELECT count(*) AS moving FROM intents WHERE run_id = %(run)s AND status IN ('pending', 'sent')",
        {"run": run_id},
    ).fetchone()
    return row["moving"] if row else 0
