"""Deliveries: each webhook recorded once; the unique key here is the truth, Redis only a filter."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from app.database import Transaction
from app.events import Delivery


def record(tx: Transaction, delivery: Delivery) -> int | None:
    """The new row's id; None when this delivery was recorded before.

    Of one that is read from GitHub's list the very bytes are not known, so beside it the GUID alone counts.
    """
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(guid)s, 0))", {"guid": f"delivery:{delivery.guid}"})
    row = tx.execute(
        "INSERT INTO deliveries (hook_id, guid, body_digest, event, received_at, via)"
        " SELECT %(hook)s, %(guid)s, %(digest)s, %(event)s, %(at)s, %(via)s WHERE NOT EXISTS (SELECT FROM deliveries"
        " WHERE hook_id = %(hook)s AND guid = %(guid)s AND 'api' IN (via, %(via)s))"
        " ON CONFLICT (hook_id, guid, body_digest) DO NOTHING RETURNING id",
        {
            "hook": delivery.hook_id,
            "guid": delivery.guid,
            "digest": delivery.body_digest,
            "event": Jsonb(delivery.event.model_dump(mode="json")),
            "at": delivery.received_at,
            "via": delivery.via,
        },
    ).fetchone()
    return row["id"] if row else None


def settled(tx: Transaction, guids: Collection[str]) -> set[str]:
    """Those of the GUIDs whose deliveries were recorded, or were read and lead to nothing.

    Another hook has the same GUID for the same event, but names no installation, so that nothing follows from it.
    """
    rows = tx.execute(
        "SELECT guid FROM deliveries WHERE guid = ANY(%(guids)s) AND event -> 'installation_id' <> 'null'"
        " UNION SELECT guid FROM passed_deliveries WHERE guid = ANY(%(guids)s)",
        {"guids": list(guids)},
    ).fetchall()
    return {row["guid"] for row in rows}


def pass_over(tx: Transaction, guid: str, now: datetime) -> None:
    """Remember a delivery that leads to nothing."""
    tx.execute(
        "INSERT INTO passed_deliveries (guid, passed_at) VALUES (%(guid)s, %(now)s) ON CONFLICT DO NOTHING",
        {"guid": guid, "now": now},
    )


def forget_passed(tx: Transaction, before: datetime) -> None:
    """Forget those that GitHub lists no more."""
    tx.execute("DELETE FROM passed_deliveries WHERE passed_at < %(before)s", {"before": before})


def events_of(tx: Transaction, run_id: UUID) -> tuple[str, ...]:
    """The names of the events that led to a run, each once."""
    rows = tx.execute(
        "SELECT DISTINCT event ->> 'name' AS name FROM deliveries JOIN run_deliveries ON delivery_id = id"
        " WHERE run_id = %(run)s ORDER BY name",
        {"run": run_id},
    ).fetchall()
    return tuple(row["name"] for row in rows)
