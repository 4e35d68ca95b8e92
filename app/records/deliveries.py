"""Deliveries: each webhook recorded once; the unique key here is the truth, Redis only a filter."""

from uuid import UUID

from psycopg.types.json import Jsonb

from app.database import Transaction
from app.events import Delivery


def record(tx: Transaction, delivery: Delivery) -> int | None:
    """The new row's id; None when this delivery was recorded before."""
    row = tx.execute(
        "INSERT INTO deliveries (hook_id, guid, body_digest, event, received_at)"
        " VALUES (%(hook)s, %(guid)s, %(digest)s, %(event)s, %(at)s)"
        " ON CONFLICT (hook_id, guid, body_digest) DO NOTHING RETURNING id",
        {
            "hook": delivery.hook_id,
            "guid": delivery.guid,
            "digest": delivery.body_digest,
            "event": Jsonb(delivery.event.model_dump(mode="json")),
            "at": delivery.received_at,
        },
    ).fetchone()
    return row["id"] if row else None


def events_of(tx: Transaction, run_id: UUID) -> tuple[str, ...]:
    """The names of the events that led to a run, each once."""
    rows = tx.execute(
        "SELECT DISTINCT event ->> 'name' AS name FROM deliveries JOIN run_deliveries ON delivery_id = id"
        " WHERE run_id = %(run)s ORDER BY name",
        {"run": run_id},
    ).fetchall()
    return tuple(row["name"] for row in rows)
