"""Causes: the deliveries that led to a run, by whatever way."""

from uuid import UUID

from app.database import Transaction


def add(tx: Transaction, run_id: UUID, delivery_id: int) -> None:
    """Remember that a delivery led to a run."""
    tx.execute(
        "INSERT INTO run_deliveries (run_id, delivery_id) VALUES (%(run)s, %(delivery)s) ON CONFLICT DO NOTHING",
        {"run": run_id, "delivery": delivery_id},
    )


def inherit(tx: Transaction, run_id: UUID, parent_id: UUID, most: int | None = None) -> None:
    """Remember that what led to one run led to another: all of it, or the newest so many."""
    tx.execute(
        "INSERT INTO run_deliveries (run_id, delivery_id)"
        " SELECT %(run)s, delivery_id FROM run_deliveries WHERE run_id = %(parent)s"
        " ORDER BY delivery_id DESC LIMIT %(most)s ON CONFLICT DO NOTHING",
        {"run": run_id, "parent": parent_id, "most": most},
    )


def exist(tx: Transaction, run_id: UUID) -> bool:
    """Whether any delivery led to a run."""
    row = tx.execute("SELECT 1 FROM run_deliveries WHERE run_id = %(run)s LIMIT 1", {"run": run_id}).fetchone()
    return row is not None
