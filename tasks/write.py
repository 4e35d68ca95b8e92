"""Make one write: decide, spend the permit, make exactly one request, record the receipt.

The one module of `tasks` that imports the code that writes to GitHub. Where a permit was spent and no receipt is
known (the worker died, GitHub did not answer), only readings follow until they settle it.
"""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from app import definitions, permits
from app.artifacts.blocked import Blocked
from app.github.answers import Unavailable
from app.github.projector import LiveProjector, LocalProjector, Projector
from app.governor import DOWN_SECONDS, LimitsUnavailable
from app.permits import Open, Permit, Request
from app.records import bindings, intents, run_intents
from app.records.intents import Claimed
from tasks import commenting, deciding, names, receipts
from tasks.context import Context, github_app

__all__ = ["Projector", "perform", "projector"]

MOST_ABSENT = 5


def projector(context: Context) -> Projector:
    """The projector that the settings bind."""
    if context.settings.github_projector == "local":
        return LocalProjector()
    app = github_app(context.settings, context.governor, context.clock)
    return LiveProjector(app, context.clock, partial(_stored, context))


def _stored(context: Context, digest: str) -> bytes:
    """The bytes of a blob. Raises `Unavailable`."""
    try:
        return context.artifacts.get(digest)
    except Blocked as trouble:
        raise Unavailable(trouble.blockers[0].code, str(trouble)) from None


def perform(context: Context, bound: Projector, intent_id: UUID) -> None:
    """Bring an intent one step nearer to its end. Nothing happens if it isn't due or another worker has it.

    Raises `LeaseLost` where another worker has taken the intent over meanwhile, or a newer one took its place.
    """
    with context.pool.connection() as tx:
        claimed = intents.claim(tx, intent_id, context.clock(), context.settings.lease_seconds)
    if claimed is None:
        return
    context.checkpoint("write.claimed")
    if claimed.attempts > definitions.WRITE.most_attempts:
        receipts.give_up(context, claimed)
    else:
        _go_on(context, bound, claimed)
    _wake_next(context, claimed)


def _go_on(context: Context, bound: Projector, claimed: Claimed) -> None:
    try:
        if _way_is_clear(context, bound, claimed) and not commenting.replaced(context, claimed):
            _decide_and_send(context, bound, claimed)
    except LimitsUnavailable:
        due = context.clock() + timedelta(seconds=DOWN_SECONDS)
        with context.pool.connection() as tx:
            intents.await_turn(tx, claimed, "pending", due, "Redis does not answer, so nothing is written.")


def _way_is_clear(context: Context, bound: Projector, claimed: Claimed) -> bool:
    """Whether no earlier permit of this intent is open any more."""
    with context.pool.connection() as tx:
        earlier = permits.open_of(tx, claimed.id)
        if earlier is not None and earlier.spent_at is None:
            permits.close(tx, earlier.id, "unspent", context.clock())
    if earlier is None or earlier.spent_at is None:
        return True
    return _settle(context, bound, claimed, earlier, earlier.spent_at)


def _settle(context: Context, bound: Projector, claimed: Claimed, permit: Open, spent_at: datetime) -> bool:
    """Read what became of a spent permit; True where it is certain that nothing was written."""
    with context.pool.connection() as tx:
        known = intents.written_ids(tx, claimed.intent.target)
    try:
        found = bound.find(claimed.intent, known)
    except Unavailable as trouble:
        receipts.read_after_trouble(context, claimed, permit.id, trouble)
        return False
    context.checkpoint("write.read_back")
    if found is not None:
        receipts.receive(context, claimed, permit.id, found)
        return False
    certain_at = _ended_by(context, permit, spent_at) + timedelta(seconds=context.settings.settle_seconds)
    if context.clock() < certain_at:
        receipts.read_again(context, claimed, permit.id, "GitHub does not show the write yet.", certain_at)
        return False
    return _record_absent(context, claimed, permit.id)


def _ended_by(context: Context, permit: Open, spent_at: datetime) -> datetime:
    """When the request had surely ended: a token may have been fetched before it, and each may take its time."""
    return permit.unknown_at or spent_at + timedelta(seconds=2 * context.settings.github_timeout_seconds)


def _record_absent(context: Context, claimed: Claimed, permit_id: UUID) -> bool:
    """Whether it may be tried again."""
    now = context.clock()
    with context.pool.connection() as tx:
        bindings.hold_write(tx, claimed)
        permits.close(tx, permit_id, "absent", now)
        stopped = permits.count(tx, claimed.id, "absent") >= MOST_ABSENT
        if stopped:
            intents.end(tx, claimed, "blocked", now, f"GitHub took none of {MOST_ABSENT} writes; a person must look.")
            bindings.tell(tx, claimed, now)
        receipts.attest(tx, claimed, "write_blocked" if stopped else "write_absent", {"permit": str(permit_id)}, now)
    return not stopped


def _decide_and_send(context: Context, bound: Projector, claimed: Claimed) -> None:
    context.checkpoint("write.before_decision")
    permit_id = deciding.decide(context, claimed, bound.simulated(claimed.intent))
    if permit_id is None:
        return
    context.checkpoint("write.decided")
    try:
        wanted = bound.request(claimed.intent)
    except Unavailable as trouble:
        receipts.put_off(context, claimed, permit_id, trouble)
        return
    permit = _spend(context, claimed, permit_id, wanted)
    if permit is None:
        return
    context.checkpoint("write.spent")
    ending = bound.write(permit, claimed.intent, wanted)
    context.checkpoint("write.requested")
    receipts.receive(context, claimed, permit_id, ending)
    context.checkpoint("write.receipted")


def _spend(context: Context, claimed: Claimed, permit_id: UUID, wanted: Request) -> Permit | None:
    with context.pool.connection() as tx:
        intents.mark_sent(tx, claimed)
        permit = permits.spend(tx, permit_id, wanted, context.clock())
        if permit is None:
            tx.rollback()
    return permit


def _wake_next(context: Context, claimed: Claimed) -> None:
    """Whatever waited for this intent: a newer one for its target, and the run that asked for it."""
    with context.pool.connection() as tx:
        waiting = intents.next_waiting(tx, claimed)
        is_woken = claimed.intent.epoch is not None and run_intents.concerns_run(tx, claimed.id)
    if waiting is not None:
        context.send(names.WRITE, waiting, 0)
    if is_woken:
        context.send(names.WORK, UUID(claimed.intent.run_id), 0)
