"""Intents: each write wished for, and where it stands; the step of the same id is what a worker claims."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg import Rollback
from psycopg.types.json import Jsonb

from app import definitions
from app.database import Transaction
from app.handed import AskedWrite, Made
from app.records import steps, write_steps
from app.records.steps import Held
from app.records.write_steps import End
from policies.contents import Kind, read
from policies.intents import Intent

__all__ = ["Claimed", "End"]

OF_INTENT = "kind, sequence, run_id, repository_id, full_name, installation_id, number, content, epoch, part_of"


@dataclass(frozen=True)
class Claimed:
    """An intent in this worker's hands. `sent`: a permit was spent and its end is not known.

    `recorded_key`: the key under which it was stored, which its content must still have.
    """

    step: Held
    sent: bool
    intent: Intent
    recorded_key: str
    stage: int

    @property
    def id(self) -> UUID:
        """Of the intent, and of its step."""
        return self.step.id

    @property
    def attempts(self) -> int:
        """How often it was tried, this time included."""
        return self.step.attempts


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
    found = write_steps.locked(tx, f"{which} AND status IN ('pending', 'waiting', 'sent')", facts)
    sent = [intent_id for intent_id, status in found.items() if status == "sent"]
    write_steps.supersede(tx, [intent_id for intent_id in found if intent_id not in sent], facts["now"])
    if sent:
        tx.execute(
            "UPDATE intents SET withdrawn_at = %(now)s WHERE id = ANY(%(ids)s)", {"ids": sent, "now": facts["now"]}
        )


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
    _add_step(tx, intent_id, intent, status, now)
    tx.execute(
        "INSERT INTO intents (id, key, kind, target, sequence, evaluation_id, run_id, repository_id, full_name,"
        " installation_id, number, content, epoch, part_of, stage, status, recorded_at)"
        " VALUES (%(id)s, %(key)s, %(kind)s, %(target)s, %(sequence)s, %(evaluation)s, %(run_id)s, %(repository_id)s,"
        " %(repository)s, %(installation_id)s, %(number)s, %(content)s, %(epoch)s, %(part_of)s, %(stage)s, %(status)s,"
        " %(now)s)",
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


def _add_step(
    tx: Transaction, intent_id: UUID, intent: Intent, status: Literal["pending", "waiting"], now: datetime
) -> None:
    steps.add(
        tx,
        UUID(intent.run_id),
        definitions.WRITE.name,
        exclusive=intent.target,
        due_at=now,
        step_id=intent_id,
        waits_for=None if status == "pending" else "What comes before it in its run is not written yet.",
        input=AskedWrite(kind=intent.kind, number=intent.number),
    )


def _put_aside_older(tx: Transaction, target: str, now: datetime) -> None:
    """What was not sent to a target gives way to what is wished for now."""
    which = "target = %(target)s AND kind <> 'git_object' AND status IN ('pending', 'waiting', 'denied', 'blocked')"
    write_steps.supersede(tx, list(write_steps.locked(tx, which, {"target": target})), now)


def wish_again(tx: Transaction, intent_id: UUID, now: datetime) -> None:
    """An intent is wished for once more: a denied one is decided again, since what it was denied for may have changed.

    What was withdrawn after it was sent is made again, should it prove not to be written.
    """
    which = "id = %(id)s AND status IN ('denied', 'waiting', 'pending', 'sent')"
    for found, status in write_steps.locked(tx, which, {"id": intent_id}).items():
        if status in ("pending", "sent"):
            tx.execute("UPDATE intents SET withdrawn_at = NULL WHERE id = %(id)s", {"id": found})
        else:
            write_steps.reopen(tx, [found], now)


def claim(tx: Transaction, intent_id: UUID, now: datetime, lease_seconds: int) -> Claimed | None:
    """Take a due intent; None when it isn't due, was taken, or another one for its target is under way."""
    try:
        return _claim(tx, intent_id, now, lease_seconds)
    except ValueError:  # a row of another version
        _stop(tx, intent_id, now, lease_seconds)
        return None


def _claim(tx: Transaction, intent_id: UUID, now: datetime, lease_seconds: int) -> Claimed | None:
    """Raises `ValueError`, and has taken nothing then, where another version has written it."""
    with tx.transaction():
        held = steps.claim(tx, intent_id, now, lease_seconds)
        row = _in_hand(tx, held) if held else None
        if held is not None and row is not None:
            return Claimed(held, row["status"] == "sent", parsed(row), row["key"], row["stage"])
        raise Rollback  # another one may have been sent: the step is left as it was
    return None


def _stop(tx: Transaction, intent_id: UUID, now: datetime, lease_seconds: int) -> None:
    """A person has to look at it; its workflow, which shows that, is locked before its step."""
    row = tx.execute("SELECT run_id FROM intents WHERE id = %(id)s", {"id": intent_id}).fetchone()
    write_steps.lock_workflows(tx, [row["run_id"]] if row else [])
    held = steps.claim(tx, intent_id, now, lease_seconds)
    if held is not None:
        write_steps.end(tx, held, "blocked", now, "This version does not understand the write.")


def _in_hand(tx: Transaction, held: Held) -> dict[str, Any] | None:
    return tx.execute(
        f"SELECT key, stage, status, {OF_INTENT} FROM intents WHERE id = %(id)s"  # noqa: S608
        " AND status IN ('pending', 'sent') AND NOT EXISTS"
        " (SELECT FROM intents AS other WHERE other.target = intents.target AND other.status = 'sent'"
        " AND other.id <> intents.id)",
        {"id": held.id},
    ).fetchone()


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
    """Lock the intent before anything else is locked, and only while it is ours. Raises `LeaseLost`."""
    steps.hold(tx, claimed.step)


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
    write_steps.mark_sent(tx, claimed.step)


def end(tx: Transaction, claimed: Claimed, status: End, now: datetime, said: Made | str | None = None) -> None:
    """The intent is settled. `said`: what was made, or the error. Raises `LeaseLost`."""
    write_steps.end(tx, claimed.step, status, now, said)


def put_off(
    tx: Transaction, claimed: Claimed, status: Literal["pending", "sent"], due_at: datetime, why: str, *, now: datetime
) -> None:
    """Leave it, to be decided anew or to be read again. Raises `LeaseLost`."""
    write_steps.put_off(tx, claimed.step, status, due_at, why, now=now)


def await_turn(
    tx: Transaction, claimed: Claimed, status: Literal["pending", "sent"], due_at: datetime, why: str
) -> None:
    """Leave it until GitHub's limits let it go on; that was no attempt. Raises `LeaseLost`."""
    write_steps.await_turn(tx, claimed.step, status, due_at, why)


def await_somebody(tx: Transaction, claimed: Claimed, why: str, now: datetime) -> None:
    """Leave it until somebody does something. Raises `LeaseLost`."""
    write_steps.await_somebody(tx, claimed.step, why, now)


def written_ids(tx: Transaction, target: str) -> set[str]:
    """The ids that GitHub gave to what we are known to have written to a target."""
    rows = tx.execute(
        "SELECT remote_id FROM permits JOIN intents ON intents.id = intent_id"
        " WHERE target = %(target)s AND remote_id IS NOT NULL",
        {"target": target},
    ).fetchall()
    return {row["remote_id"] for row in rows}


def next_waiting(tx: Transaction, claimed: Claimed) -> UUID | None:
    """A newer intent for the same target that could not be claimed while this one was under way."""
    row = tx.execute(
        "SELECT id FROM writes WHERE target = %(target)s AND status = 'pending' AND lease IS NULL"
        " AND sequence > %(sequence)s ORDER BY sequence DESC LIMIT 1",
        {"target": claimed.intent.target, "sequence": claimed.intent.sequence},
    ).fetchone()
    return row["id"] if row else None
