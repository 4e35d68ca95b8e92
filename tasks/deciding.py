"""Decide on one write: all that the gate asks as it is now, the decision, its audit entry and the permit."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app import permits
from app.database import Transaction
from app.github.answers import Unavailable
from app.records import intents, run_intents
from app.records.intents import Claimed
from app.records.runs import backoff_seconds
from policies import gates
from policies.decision import Decision
from policies.gates import Posture
from policies.standing import NOTHING, Place
from tasks import receipts, standing
from tasks.context import Context

NOWHERE = Place()


def decide(context: Context, claimed: Claimed) -> UUID | None:
    """Decision, audit entry and permit in one transaction; the id of the permit, or None where it is denied."""
    held_until = context.limits.writes_held_until(claimed.intent.installation_id)
    is_verdict = gates.is_verdict(claimed.intent)
    try:
        place = NOWHERE if is_verdict else standing.place(context, claimed.intent)
    except Unavailable as trouble:
        _put_off(context, claimed, trouble)
        return None
    now = context.clock()
    with context.pool.connection() as tx:
        intents.hold(tx, claimed)
        known = NOTHING if is_verdict else standing.of(context, tx, claimed.intent, place)
        decision = gates.decide(claimed.intent, _posture(context, tx, claimed, held_until), now, known)
        decision_id = _record_decision(tx, claimed, decision, now)
        if decision.allowed:
            return permits.issue(tx, claimed.id, decision_id, now)
        _deny(tx, claimed, decision, held_until, now)
    return None


def _posture(context: Context, tx: Transaction, claimed: Claimed, held_until: datetime | None) -> Posture:
    settings, intent = context.settings, claimed.intent
    listed = intent.repository in settings.allowed_repositories
    return Posture(
        live=settings.github_projector == "live",
        repositories=settings.allowed_repositories,
        kinds=settings.writes_of(intent.repository),
        pinned_id=intents.pin(tx, intent.repository, intent.repository_id) if listed else None,
        recorded_key=claimed.recorded_key,
        superseded_by=intents.superseded_by(tx, claimed),
        withdrawn=intents.is_withdrawn(tx, claimed),
        is_early=run_intents.is_early(tx, claimed),
        not_before=held_until,
    )


def _record_decision(tx: Transaction, claimed: Claimed, decision: Decision, now: datetime) -> UUID:
    blockers = [blocker.model_dump() for blocker in decision.blockers]
    body = {"allowed": decision.allowed, "grounds": list(decision.grounds), "blockers": blockers}
    entry = receipts.attest(tx, claimed, "write_decided", {**body, "facts_digest": decision.facts_digest}, now)
    decision_id = uuid4()
    tx.execute(
        "INSERT INTO decisions (id, intent_id, gate, allowed, facts_digest, grounds, blockers, audit_seq, decided_at)"
        " VALUES (%(id)s, %(intent)s, %(gate)s, %(allowed)s, %(digest)s, %(grounds)s, %(blockers)s, %(seq)s, %(now)s)",
        {
            "id": decision_id,
            "intent": claimed.id,
            "gate": decision.gate,
            "allowed": decision.allowed,
            "digest": decision.facts_digest,
            "grounds": Jsonb(list(decision.grounds)),
            "blockers": Jsonb(blockers),
            "seq": entry.seq,
            "now": now,
        },
    )
    return decision_id


def _deny(tx: Transaction, claimed: Claimed, decision: Decision, held_until: datetime | None, now: datetime) -> None:
    codes = {blocker.code for blocker in decision.blockers}
    sentences = " ".join(blocker.sentence for blocker in decision.blockers)
    if codes == {"RATE_LIMITED"} and held_until is not None:
        intents.put_off(tx, claimed, "pending", held_until, sentences)
    elif "INTENT_SUPERSEDED" in codes:
        intents.end(tx, claimed, "superseded", now, sentences)
    elif claimed.intent.epoch is not None:
        intents.put_off(tx, claimed, "waiting", now, sentences)
    else:
        intents.end(tx, claimed, "denied", now, sentences)


def _put_off(context: Context, claimed: Claimed, trouble: Unavailable) -> None:
    """It can't be told where the write would go, so nothing is decided."""
    due = trouble.not_before or context.clock() + timedelta(seconds=backoff_seconds(claimed.attempts))
    with context.pool.connection() as tx:
        intents.put_off(tx, claimed, "pending", due, trouble.sentence)
