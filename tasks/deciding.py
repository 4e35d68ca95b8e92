"""Decide on one write: all that the gate asks as it is now, the decision, its audit entry and the permit."""

from dataclasses import asdict
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app import permits
from app.database import Transaction
from app.github.answers import Unavailable
from app.github.turns import TURNS
from app.permits import Request
from app.records import approval_requests, bindings, intents, operator_settings, pins, run_intents
from app.records.bindings import Binding
from app.records.intents import Claimed
from app.records.steps import backoff_seconds
from policies import gates
from policies.decision import Decision
from policies.gates import Posture
from policies.in_force import InForce
from policies.intents import Intent
from policies.standing import NOTHING, Place
from tasks import receipts, standing
from tasks.context import Context

NOWHERE = Place()


def decide(context: Context, claimed: Claimed, simulated: Request | None = None) -> UUID | None:
    """Decision, audit entry and permit in one transaction; the id of the permit, or None where it is denied.

    `simulated`: what would be sent, were the projector live; it is kept beside the decision.
    """
    is_verdict = gates.is_verdict(claimed.intent)
    try:
        place = NOWHERE if is_verdict else standing.place(context, claimed.intent)
    except Unavailable as trouble:
        _put_off(context, claimed, trouble)
        return None
    now = context.clock()
    with context.pool.connection() as tx:
        operator_settings.share(tx, claimed.intent.repository_id)
        binding = bindings.hold_write(tx, claimed)  # what is done about the run meanwhile, is done after this
        counts = operator_settings.in_force(
            tx, context.settings, claimed.intent.repository, claimed.intent.repository_id
        )
        known = NOTHING if is_verdict else standing.of(tx, claimed.intent, place, counts.approvals)
        posture = _posture(tx, claimed, binding, counts)
        decision = gates.decide(claimed.intent, posture, now, known)
        turn_at = _turn(context, claimed.intent, now, take=decision.allowed)
        if turn_at is not None:
            posture = posture.model_copy(update={"not_before": turn_at})
            decision = gates.decide(claimed.intent, posture, now, known)
        decision_id = _record_decision(tx, claimed, decision, simulated, now)
        if decision.allowed:
            return permits.issue(tx, claimed.id, decision_id, now)
        again_at = _again_at(context, turn_at or now, now)
        _deny(tx, claimed, decision, again_at, now)
        _ask_for_approval(tx, binding, decision, now)
        bindings.tell(tx, claimed, now)
    if turn_at is not None:
        receipts.send_for_later(context, claimed, again_at)
    return None


def _ask_for_approval(tx: Transaction, binding: Binding | None, decision: Decision, now: datetime) -> None:
    if binding is None or not any(blocker.code in approval_requests.CODES for blocker in decision.blockers):
        return
    by = binding.proposed_by
    approval_requests.ask(tx, binding.run_id, epoch=binding.epoch, remote=binding.remote, asked_by=by, now=now)


def _turn(context: Context, intent: Intent, now: datetime, *, take: bool) -> datetime | None:
    """When it is the write's turn; None: now. It is taken only where nothing else stands against the write."""
    ask = context.governor.take_turn if take else context.governor.next_turn
    return ask(intent.installation_id, TURNS[intent.kind], intent.target, now)


def _again_at(context: Context, turn_at: datetime, now: datetime) -> datetime:
    """When to ask again. The sweep may be late, so what it is to wake is woken early, and then asks once more."""
    sweep = timedelta(seconds=context.settings.sweep_seconds)
    return turn_at if turn_at - now <= sweep else turn_at - sweep


def _posture(tx: Transaction, claimed: Claimed, binding: Binding | None, counts: InForce) -> Posture:
    intent = claimed.intent
    listed = intent.repository in counts.repositories
    return Posture(
        live=counts.live,
        writes_off=counts.writes_off,
        withheld=counts.withheld,
        handed=counts.handed,
        repositories=counts.repositories,
        kinds=counts.kinds,
        pinned_id=pins.pin(tx, intent.repository, intent.repository_id) if listed else None,
        recorded_key=claimed.recorded_key,
        superseded_by=intents.superseded_by(tx, claimed),
        withdrawn=intents.is_withdrawn(tx, claimed) or (binding is not None and not binding.is_open),
        is_early=run_intents.is_early(tx, claimed),
    )


def _record_decision(
    tx: Transaction, claimed: Claimed, decision: Decision, simulated: Request | None, now: datetime
) -> UUID:
    blockers = [blocker.model_dump() for blocker in decision.blockers]
    body = {"allowed": decision.allowed, "grounds": list(decision.grounds), "blockers": blockers}
    entry = receipts.attest(tx, claimed, "write_decided", {**body, "facts_digest": decision.facts_digest}, now)
    decision_id = uuid4()
    tx.execute(
        "INSERT INTO decisions"
        " (id, intent_id, gate, allowed, facts_digest, grounds, blockers, simulated, audit_seq, decided_at)"
        " VALUES (%(id)s, %(intent)s, %(gate)s, %(allowed)s, %(digest)s, %(grounds)s, %(blockers)s, %(simulated)s,"
        " %(seq)s, %(now)s)",
        {
            "id": decision_id,
            "intent": claimed.id,
            "gate": decision.gate,
            "allowed": decision.allowed,
            "digest": decision.facts_digest,
            "grounds": Jsonb(list(decision.grounds)),
            "blockers": Jsonb(blockers),
            "simulated": Jsonb(asdict(simulated)) if simulated else None,
            "seq": entry.seq,
            "now": now,
        },
    )
    return decision_id


def _deny(tx: Transaction, claimed: Claimed, decision: Decision, again_at: datetime, now: datetime) -> None:
    codes = {blocker.code for blocker in decision.blockers}
    sentences = " ".join(blocker.sentence for blocker in decision.blockers)
    if codes == {"RATE_LIMITED"}:
        intents.await_turn(tx, claimed, "pending", again_at, sentences)
    elif "INTENT_SUPERSEDED" in codes:
        intents.end(tx, claimed, "superseded", now, sentences)
    elif claimed.intent.epoch is not None:
        intents.await_somebody(tx, claimed, sentences, now)
    else:
        intents.end(tx, claimed, "denied", now, sentences)


def _put_off(context: Context, claimed: Claimed, trouble: Unavailable) -> None:
    """It can't be told where the write would go, so nothing is decided."""
    now = context.clock()
    due = trouble.not_before or now + timedelta(seconds=backoff_seconds(claimed.attempts, claimed.id))
    with context.pool.connection() as tx:
        intents.put_off(tx, claimed, "pending", due, trouble.sentence, now=now)
