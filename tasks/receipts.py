"""Record how a write ended: written, refused, put off, or left to be read back until that settles it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from app import ledger, permits
from app.database import Transaction
from app.github.answers import Unavailable
from app.github.endings import RATE_LIMITED, Again, Ending, Refused, Unknown, Written
from app.handed import Made
from app.records import bindings, intents
from app.records.intents import Claimed
from app.records.steps import backoff_seconds
from tasks import names
from tasks.context import Context

MOST_READINGS = 30
MOST_TOKENS = 20
SKEW_SECONDS = 0.05
"""By so much clocks may differ: what comes too early finds nothing to do."""


def receive(context: Context, claimed: Claimed, permit_id: UUID, ending: Ending) -> None:
    """Record the receipt, or leave the write to be read back."""
    body = {"permit": str(permit_id)}
    match ending:
        case Written(status_code, remote_id):
            said = {**body, "status_code": status_code, "remote_id": remote_id}
            receipt = _Receipt("written", "written", "write_receipted", said, None, status_code, remote_id)
            _end(context, claimed, permit_id, receipt)
        case Refused(status_code, code, sentence):
            said = {**body, "status_code": status_code, "code": code}
            receipt = _Receipt("refused", "refused", "write_refused", said, sentence, status_code)
            _end(context, claimed, permit_id, receipt)
        case Again():
            _record_again(context, claimed, permit_id, ending)
        case Unknown(sentence):
            with context.pool.connection() as tx:
                permits.note_unknown(tx, permit_id, context.clock())
            read_again(context, claimed, permit_id, sentence, None)


@dataclass(frozen=True)
class _Receipt:
    """How a permit and its intent end, and what the audit says of it."""

    permit: permits.Ending
    intent: intents.End
    kind: str
    body: Mapping[str, object]
    error: str | None = None
    status_code: int | None = None
    remote_id: str | None = None

    @property
    def said(self) -> Made | str | None:
        """What was made, or why it was not."""
        return Made(remote_id=self.remote_id, status_code=self.status_code) if self.intent == "written" else self.error


def put_off(context: Context, claimed: Claimed, permit_id: UUID, trouble: Unavailable) -> None:
    """What would be sent can't be had now; after many attempts, to a person. The permit was not spent."""
    now = context.clock()
    if claimed.attempts >= MOST_TOKENS:
        body = {"permit": str(permit_id), "code": trouble.code}
        _end(context, claimed, permit_id, _Receipt("unspent", "blocked", "write_blocked", body, trouble.sentence))
        return
    due = trouble.not_before or now + timedelta(seconds=backoff_seconds(claimed.attempts, claimed.id))
    with context.pool.connection() as tx:
        intents.put_off(tx, claimed, "pending", due, trouble.sentence, now=now)


def _record_again(context: Context, claimed: Claimed, permit_id: UUID, ending: Again) -> None:
    """Not written: put off, longer each time where it is our token; after many refused tokens, to a person."""
    now = context.clock()
    body = {"permit": str(permit_id), "status_code": ending.status_code, "code": ending.code}
    if ending.code != RATE_LIMITED and claimed.attempts >= MOST_TOKENS:
        receipt = _Receipt("limited", "blocked", "write_blocked", body, ending.sentence, ending.status_code)
        _end(context, claimed, permit_id, receipt)
        return
    is_turn = ending.code == RATE_LIMITED
    backoff = timedelta(seconds=0 if is_turn else backoff_seconds(claimed.attempts, claimed.id))
    due = max(ending.not_before, now + backoff)
    with context.pool.connection() as tx:
        intents.hold(tx, claimed)
        permits.close(tx, permit_id, "limited", now, status_code=ending.status_code)
        if is_turn:
            intents.await_turn(tx, claimed, "pending", due, ending.sentence)
        else:
            intents.put_off(tx, claimed, "pending", due, ending.sentence, now=now)
        attest(tx, claimed, "write_put_off", {**body, "not_before": due.isoformat()}, now)
    send_for_later(context, claimed, due)


def read_after_trouble(context: Context, claimed: Claimed, permit_id: UUID, trouble: Unavailable) -> None:
    """Leave the write to a later reading. One that GitHub's limits did not allow tells nothing and does not count."""
    if trouble.code != RATE_LIMITED or trouble.not_before is None:
        read_again(context, claimed, permit_id, trouble.sentence, trouble.not_before)
        return
    with context.pool.connection() as tx:
        intents.await_turn(tx, claimed, "sent", trouble.not_before, trouble.sentence)
    send_for_later(context, claimed, trouble.not_before)


def read_again(context: Context, claimed: Claimed, permit_id: UUID, why: str, not_before: datetime | None) -> None:
    """Leave the write to a later reading; after many attempts and a reading that told nothing, to a person."""
    now = context.clock()
    if claimed.sent and claimed.attempts >= MOST_READINGS:
        body = {"permit": str(permit_id), "code": "OUTCOME_UNKNOWN", "readings": claimed.attempts}
        _end(context, claimed, permit_id, _Receipt("unknown", "blocked", "write_blocked", body, why))
        return
    readings = claimed.attempts if claimed.sent else 1  # the first reading does not pay for what came before it
    due = not_before or now + timedelta(seconds=backoff_seconds(readings, claimed.id))
    with context.pool.connection() as tx:
        intents.put_off(tx, claimed, "sent", due, why, now=now)
    send_for_later(context, claimed, due)


def give_up(context: Context, claimed: Claimed) -> None:
    """Leave to a person what was tried as often as it may be, also where a worker died each time."""
    now, tried = context.clock(), claimed.attempts - 1
    with context.pool.connection() as tx:
        bindings.hold_write(tx, claimed)
        permit, code = permits.open_of(tx, claimed.id), "TOO_MANY_ATTEMPTS"
        if permit is not None and permit.spent_at is None:
            permits.close(tx, permit.id, "unspent", now)
        elif permit is not None:
            permits.close(tx, permit.id, "unknown", now)
            code = "OUTCOME_UNKNOWN"
        intents.end(tx, claimed, "blocked", now, f"It was tried {tried} times; a person must look.")
        bindings.tell(tx, claimed, now)
        attest(tx, claimed, "write_blocked", {"code": code, "attempts": tried}, now)


def _end(context: Context, claimed: Claimed, permit_id: UUID, receipt: _Receipt) -> None:
    now = context.clock()
    with context.pool.connection() as tx:
        bindings.hold_write(tx, claimed)
        permits.close(tx, permit_id, receipt.permit, now, status_code=receipt.status_code, remote_id=receipt.remote_id)
        intents.end(tx, claimed, receipt.intent, now, receipt.said)
        bindings.tell(tx, claimed, now)
        attest(tx, claimed, receipt.kind, receipt.body, now)


def attest(tx: Transaction, claimed: Claimed, kind: str, body: Mapping[str, object], now: datetime) -> ledger.Entry:
    """The audit entry about a write."""
    intent = claimed.intent
    about = {"intent": str(claimed.id), "kind": intent.kind, "target": intent.target, "key": intent.key}
    subject = f"pull:{intent.repository_id}#{intent.number}"
    return ledger.append(tx, kind=kind, subject=subject, actor=ledger.BY_GATE, body={**about, **body}, at=now)


def send_for_later(context: Context, claimed: Claimed, due: datetime) -> None:
    """Wake the write in time, unless the sweep does."""
    seconds = (due - context.clock()).total_seconds()
    if seconds <= context.settings.sweep_seconds:
        context.send(names.WRITE, claimed.id, max(0, seconds) + SKEW_SECONDS)
