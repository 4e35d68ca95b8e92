"""Intents: each write wished for, where it stands, and which worker is at it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from app.database import Transaction
from app.records.steps import DUE_BATCH, REQUEUE_SECONDS, LeaseLost
from policies.contents import Kind, read
from policies.intents import Intent

End = Literal["written", "denied", "refused", "blocked", "superseded"]

OF_INTENT = "kind, sequence, run_id, repository_id, full_name, installation_id, number, content, epoch, part_of"
_COLUMNS = f"id, key, stage, status, attempts, lease, {OF_INTENT}"


@dataclass(frozen=True)
class Claimed:
    """An intent in this worker's hands. `sent`: a permit was spent and its end is not known.

    `recorded_key`: the key under which it was stored, which its content must still have.
    """

    id: UUID
    lease: UUID
    attempts: int
    sent: bool
    intent: Intent
    recorded_key: str
    stage: int


def lock(tx: Transaction, target: str) -> None:
    """Nobody else adds an intent for this target until the transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtextextended(%(target)s, 0))", {"target": target})


def newest(tx: Transaction, target: str) -> dict[str, Any] | None:
    """The newest intent for a target, with the id GitHub gave to it."""
    return tx.execute(
        "SELECT intents.*, (SELECT permits.remote_id FROM permits WHERE permits.intent_id = intents.id"
        " AND permits.outcome = 'written') AS remote_id"
        " FROM intents WHERE target = %(target)s ORDER BY sequence DESC LIMIT 1",
        {"target": target},
    ).fetchone()


def tried(tx: Transaction, target: str) -> list[dict[str, Any]]:
    """The contents of those that were not kept from leaving."""
    rows = tx.execute(
        "SELECT content FROM intents WHERE target = %(target)s"
        " AND status IN ('sent', 'written', 'refused', 'blocked') ORDER BY sequence",
        {"target": target},
    ).fetchall()
    return [row["content"] for row in rows]


def withdraw(
    tx: Transaction, kind: Kind, *, repository_id: int, number: int, wished: Sequence[UUID], now: datetime
) -> None:
    """No verdict of this kind is to be written about a pull request any more, but what is `wished` for."""
    which = (
        "repository_id = %(repository)s AND number = %(number)s AND kind = %(kind)s AND id <> ALL(%(wished)s)"
        " AND evaluation_id IS NOT NULL"
    )
    facts = {"repository": repository_id, "number": number, "kind": kind, "wished": list(wished), "now": now}
    take_back(tx, which, facts)


def put_aside(tx: Transaction, target: str, now: datetime) -> None:
    """What waits to be written to a target is of no interest any more."""
    take_back(tx, "target = %(target)s", {"target": target, "now": now})


def take_back(tx: Transaction, which: str, facts: dict[str, Any]) -> None:
    """What waits ends; what was sent is read to its end, and is not made again."""
    tx.execute(
        "UPDATE intents SET status = 'superseded', settled_at = %(now)s, lease = NULL, lease_until = NULL"  # noqa: S608
        f" WHERE {which} AND status IN ('pending', 'waiting')",
        facts,
    )
    tx.execute(f"UPDATE intents SET withdrawn_at = %(now)s WHERE {which} AND status = 'sent'", facts)  # noqa: S608


def record(
    tx: Transaction,
    intent: Intent,
    evaluation_id: UUID | None,
    now: datetime,
    *,
    stage: int = 0,
    status: Literal["pending", "waiting"] = "pending",
) -> UUID:
    """Store a new intent and put aside the older ones for its target that were not sent.

    Git objects of one SHA are one object, so none of them takes the place of another run's.

    `evaluation_id`: None where a run of the API asks for it. `stage`: see `is_early`.
    """
    intent_id = uuid4()
    _put_aside_older(tx, intent.target, now)
    tx.execute(
        "INSERT INTO intents (id, key, kind, target, sequence, evaluation_id, run_id, repository_id, full_name,"
        " installation_id, number, content, epoch, part_of, stage, status, due_at, recorded_at)"
        " VALUES (%(id)s, %(key)s, %(kind)s, %(target)s, %(sequence)s, %(evaluation)s, %(run_id)s, %(repository_id)s,"
        " %(repository)s, %(installation_id)s, %(number)s, %(content)s, %(epoch)s, %(part_of)s, %(stage)s, %(status)s,"
        " %(now)s, %(now)s)",
        {
            "id": intent_id,
            "key": intent.key,
            "kind": intent.kind,
            "target": intent.target,
            "evaluation": evaluation_id,
            "stage": stage,
            "status": status,
            "now": now,
            **intent.model_dump(exclude={"content"}),
            "content": Jsonb(intent.content.model_dump(mode="json")),
        },
    )
    return intent_id


def _put_aside_older(tx: Transaction, target: str, now: datetime) -> None:
    """What was not sent to a target gives way to what is wished for now."""
    tx.execute(
        "UPDATE intents SET status = 'superseded', settled_at = %(now)s, lease = NULL, lease_until = NULL"
        " WHERE target = %(target)s AND kind <> 'git_object' AND status IN ('pending', 'waiting', 'denied', 'blocked')",
        {"target": target, "now": now},
    )


def wish_again(tx: Transaction, intent_id: UUID, now: datetime) -> None:
    """An intent is wished for once more: a denied one is decided again, since what it was denied for may have changed.

    What was withdrawn after it was sent is made again, should it prove not to be written.
    """
    tx.execute("UPDATE intents SET withdrawn_at = NULL WHERE id = %(id)s AND status = 'sent'", {"id": intent_id})
    tx.execute(
        "UPDATE intents SET status = 'pending', attempts = 0, due_at = %(now)s, queued_at = NULL, settled_at = NULL"
        " WHERE id = %(id)s AND status IN ('denied', 'waiting')",
        {"id": intent_id, "now": now},
    )


def claim(tx: Transaction, intent_id: UUID, now: datetime, lease_seconds: int) -> Claimed | None:
    """Take a due intent; None when it isn't due, was taken, or another one for its target is under way."""
    until = now + timedelta(seconds=lease_seconds)
    try:
        with tx.transaction():
            row = tx.execute(
                "UPDATE intents SET lease = %(lease)s, lease_until = %(until)s, attempts = attempts + 1"  # noqa: S608
                " WHERE id = %(id)s AND status IN ('pending', 'sent') AND due_at <= %(now)s"
                " AND (lease IS NULL OR lease_until < %(now)s) AND NOT EXISTS (SELECT FROM intents AS other"
                " WHERE other.target = intents.target AND other.status = 'sent' AND other.id <> intents.id)"
                f" RETURNING {_COLUMNS}",
                {"id": intent_id, "now": now, "lease": uuid4(), "until": until},
            ).fetchone()
    except UniqueViolation:  # intents_one_leased
        return None
    try:
        return _claimed(row) if row else None
    except ValueError:  # a row of another version
        tx.execute(
            "UPDATE intents SET status = 'blocked', error = 'This version does not understand the write.',"
            " settled_at = %(now)s, lease = NULL, lease_until = NULL WHERE id = %(id)s",
            {"id": intent_id, "now": now},
        )
        return None


def _claimed(row: dict[str, Any]) -> Claimed:
    sent = row["status"] == "sent"
    return Claimed(row["id"], row["lease"], row["attempts"], sent, parsed(row), row["key"], row["stage"])


def parsed(row: dict[str, Any]) -> Intent:
    """The intent of a row. Raises `ValueError` where another version has written it."""
    return Intent(
        run_id=str(row["run_id"]),
        repository=row["full_name"],
        repository_id=row["repository_id"],
        installation_id=row["installation_id"],
        number=row["number"],
        sequence=row["sequence"],
        content=read(row["kind"], row["content"]),
        epoch=row["epoch"],
        part_of=str(row["part_of"]) if row["part_of"] else None,
    )


def hold(tx: Transaction, claimed: Claimed) -> None:
    """Lock the intent's row before anything else is locked, and only while it is ours. Raises `LeaseLost`."""
    row = tx.execute(
        "SELECT id FROM intents WHERE id = %(id)s AND lease = %(lease)s FOR UPDATE",
        {"id": claimed.id, "lease": claimed.lease},
    ).fetchone()
    if row is None:
        raise LeaseLost


def superseded_by(tx: Transaction, claimed: Claimed) -> int | None:
    """The sequence of a newer intent for the same target."""
    row = tx.execute(
        "SELECT max(sequence) AS newest FROM intents WHERE target = %(target)s AND sequence > %(sequence)s"
        " AND kind <> 'git_object'",
        {"target": claimed.intent.target, "sequence": claimed.intent.sequence},
    ).fetchone()
    return row["newest"] if row else None


def is_withdrawn(tx: Transaction, claimed: Claimed) -> bool:
    """Whether nothing wishes for it any more."""
    row = tx.execute("SELECT FROM intents WHERE id = %(id)s AND withdrawn_at IS NOT NULL", {"id": claimed.id})
    return row.fetchone() is not None


def mark_sent(tx: Transaction, claimed: Claimed) -> None:
    """The request is about to be made; from here only a receipt or a reading tells. Raises `LeaseLost`."""
    _change(tx, claimed, "status = 'sent'", {})


def end(tx: Transaction, claimed: Claimed, status: End, now: datetime, error: str | None = None) -> None:
    """The intent is settled. Raises `LeaseLost`."""
    changes = "status = %(status)s, settled_at = %(now)s, error = %(error)s, lease = NULL, lease_until = NULL"
    _change(tx, claimed, changes, {"status": status, "now": now, "error": error})


def put_off(
    tx: Transaction, claimed: Claimed, status: Literal["pending", "sent", "waiting"], due_at: datetime, why: str
) -> None:
    """Leave it: to be decided anew, to be read again, or until somebody does something. Raises `LeaseLost`."""
    changes = (
        "status = %(status)s, due_at = %(due)s, error = %(why)s, lease = NULL, lease_until = NULL, queued_at = NULL"
    )
    _change(tx, claimed, changes, {"status": status, "due": due_at, "why": why})


def await_turn(
    tx: Transaction, claimed: Claimed, status: Literal["pending", "sent"], due_at: datetime, why: str
) -> None:
    """Leave it until GitHub's limits let it go on; that was no attempt. Raises `LeaseLost`."""
    put_off(tx, claimed, status, due_at, why)
    tx.execute("UPDATE intents SET attempts = attempts - 1 WHERE id = %(id)s", {"id": claimed.id})


def _change(tx: Transaction, claimed: Claimed, changes: str, values: dict[str, Any]) -> None:
    changed = tx.execute(
        f"UPDATE intents SET {changes} WHERE id = %(id)s AND lease = %(lease)s",  # noqa: S608
        {**values, "id": claimed.id, "lease": claimed.lease},
    )
    if changed.rowcount != 1:
        raise LeaseLost


def written_ids(tx: Transaction, target: str) -> set[str]:
    """The ids that GitHub gave to what we are known to have written to a target."""
    rows = tx.execute(
        "SELECT remote_id FROM permits JOIN intents ON intents.id = intent_id"
        " WHERE target = %(target)s AND remote_id IS NOT NULL",
        {"target": target},
    ).fetchall()
    return {row["remote_id"] for row in rows}


def take_due(tx: Transaction, now: datetime) -> list[UUID]:
    """The due intents that nobody works on and no message of the last minute points at, now marked as queued."""
    rows = tx.execute(
        "UPDATE intents SET queued_at = %(now)s WHERE id IN (SELECT id FROM intents"
        " WHERE status IN ('pending', 'sent') AND due_at <= %(now)s AND (lease IS NULL OR lease_until < %(now)s)"
        " AND (queued_at IS NULL OR queued_at < %(stale)s OR lease_until < %(now)s)"
        " ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING id",
        {"now": now, "stale": now - timedelta(seconds=REQUEUE_SECONDS), "limit": DUE_BATCH},
    ).fetchall()
    return [row["id"] for row in rows]


def next_waiting(tx: Transaction, claimed: Claimed) -> UUID | None:
    """A newer intent for the same target that could not be claimed while this one was under way."""
    row = tx.execute(
        "SELECT id FROM intents WHERE target = %(target)s AND status = 'pending' AND lease IS NULL"
        " AND sequence > %(sequence)s ORDER BY sequence DESC LIMIT 1",
        {"target": claimed.intent.target, "sequence": claimed.intent.sequence},
    ).fetchone()
    return row["id"] if row else None
