"""What became of a request of the merger: by GitHub's answer where that is definite, by readings where it is not."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from app.github.answers import Unavailable
from app.github.merge_documents import MergePull
from app.governor import LimitsUnavailable
from app.records import attempts, other_merges
from app.records.attempts import Attempt
from app.records.runs import LeaseLost
from policies.merging import replies, settling
from policies.merging.answer import Against
from policies.merging.replies import Reply, Seen
from policies.merging.settling import Unreadable
from tasks.context import Context
from tasks.merging import sending, waiting
from tasks.merging.finding import Job, Target
from tasks.merging.sending import Sent
from tasks.merging.waiting import Later

READ_AFTER_SECONDS = (1, 5, 20, 60)
"""When GitHub is read after a request whose end is not known; the last time is `MERGE_SETTLE_SECONDS`."""
PARTIAL = "MERGE_PARTIAL"
OUR_OWN_SECONDS = 600
"""For so long after its time a merge is not called partial while another one of ours may have moved the base."""
LOOK_AGAIN_SECONDS = 5
STAYS_IN_DOUBT = (PARTIAL, "OUTCOME_UNKNOWN")
"""A person is told, and nobody knows more than before: whoever asks again has it read again before anything is sent."""
UNAUTHORIZED, FORBIDDEN, TOO_MANY = 401, 403, 429
FIRST_REFUSAL = 400
NO_REDIS = Against(
    code="MERGE_FAILED",
    detail="IDEMPOTENCY_STORE_UNAVAILABLE",
    sentence="Redis does not answer, so GitHub's limits are not known and nothing is sent; it is tried again.",
    outcome="retry_scheduled",
)


@dataclass(frozen=True)
class Merged:
    """GitHub has merged it, by this attempt, as it shows now; what it is worth is still to be verified."""

    attempt: Attempt
    pull: MergePull
    response: dict[str, Any] | None


@dataclass(frozen=True)
class Elsewhere:
    """It is merged, and not by this attempt."""

    pull: MergePull


@dataclass(frozen=True)
class Afresh:
    """Nothing was merged, and everything is read and judged once more: the base moved, or the token was refused.

    `against`: what is said where that happens again and again.
    """

    against: Against


Came = Merged | Elsewhere | Afresh | Against
"""`Against`: nothing came of it, or a person must look."""


def came_of(context: Context, job: Job, target: Target, sent: Sent) -> Came:
    """What came of a request that was just made. Raises `Later` where only time and readings tell."""
    step = replies.first(sent.reply)
    if step == "verify":
        return _shown(context, job, target, sent)
    if step == "unknown":
        return _in_doubt(context, job, target, sent)
    if step == "reread":
        return _reread(context, job, target, sent)
    against = refused(context, sent.reply)
    _fail(context, job, sent.attempt, against.detail or against.code, sent.reply)
    if not sent.reply.is_sent:
        waiting.for_a_slot(context, sent.reply.limited_until)
    return Afresh(against) if sent.reply.status == UNAUTHORIZED else against


def refused(context: Context, reply: Reply) -> Against:
    """Surely nothing was done: no connection, a limit, a token that GitHub does not take, or no Redis."""
    if not reply.is_sent and reply.limited_until is not None:
        try:
            context.governor.seen(context.clock())
        except LimitsUnavailable:
            return NO_REDIS
        return replies.against(reply.model_copy(update={"is_sent": True, "status": TOO_MANY}))
    if not reply.is_sent and reply.status in (UNAUTHORIZED, FORBIDDEN):
        return replies.against(reply.model_copy(update={"is_sent": True, "status": UNAUTHORIZED}))
    return replies.against(reply)


def settle(context: Context, job: Job, target: Target, attempt: Attempt) -> Came:
    """What became of a merge that an earlier worker or turn has sent. Raises `Later` until it is known."""
    if attempt.state == "SENT":
        _doubt(context, job, attempt)
        attempt = _again(context, attempt)
    return _read(context, job, target, attempt)


def _read(context: Context, job: Job, target: Target, attempt: Attempt) -> Came:
    now, since = context.clock(), attempt.in_doubt_at or context.clock()
    pull, seen = _look(context, target, attempt)
    _keep(context, attempt, seen, now)
    sent, seconds = _sent(context, attempt), int((now - since).total_seconds())
    if seconds >= sent.settle_seconds and isinstance(seen, Seen):
        seen = _without_our_own(context, target, attempt, seen)
    settled = settling.settle(sent, seen, seconds)
    if isinstance(settled, Against) and settled.detail == PARTIAL:
        _wait_for_our_own(context, attempt, until=since + timedelta(seconds=sent.settle_seconds + OUR_OWN_SECONDS))
    if settled == "merged" and pull is not None:
        if _is_of_another(context, attempt, pull):
            _fail(context, job, attempt, "MERGED_ELSEWHERE")
            return Elsewhere(pull)
        return Merged(attempt, pull, attempt.response)
    if isinstance(settled, Against):
        if settled.detail not in STAYS_IN_DOUBT:
            _fail(context, job, attempt, settled.detail or settled.code)
        return settled
    last = sent.settle_seconds
    later = next((each for each in (*READ_AFTER_SECONDS, last) if seconds < each <= last), last)
    raise Later(since + timedelta(seconds=later), "It is not known yet whether GitHub has merged it.", holds_base=True)


def _without_our_own(context: Context, target: Target, attempt: Attempt, seen: Seen) -> Seen | Unreadable:
    """The reading with the base's tip as it was before, where nothing but our own other merges has moved it since.

    Each of those is one commit on what the base was before it, which GitHub says, so that nobody else's is passed by.
    """
    before, tip = attempt.evidence.get("base_tip"), seen.base_tip
    with context.pool.connection() as tx:
        ours = other_merges.merged_onto(tx, attempt)
    try:
        while tip is not None and tip != before and tip in ours:
            ours.remove(tip)
            made = context.reader.unbounded().merge_commit(target.place, tip)
            tip = made.parents[0].sha if made is not None and made.parents else None
    except Unavailable as trouble:
        return Unreadable(sentence=trouble.sentence)
    return seen.model_copy(update={"base_tip": tip}) if tip == before else seen


def _wait_for_our_own(context: Context, attempt: Attempt, *, until: datetime) -> None:
    """Where the base may have been moved by one that is not recorded yet, look again after that. Raises `Later`."""
    now = context.clock()
    with context.pool.connection() as tx:
        is_open = other_merges.are_under_way(tx, attempt)
    if is_open and now < until:
        sentence = "The branch has moved, perhaps by another merge of ours that is under way."
        raise Later(now + timedelta(seconds=LOOK_AGAIN_SECONDS), sentence, holds_base=True)


def _is_of_another(context: Context, attempt: Attempt, pull: MergePull) -> bool:
    """Whether GitHub names somebody else who has merged it, and has not said that it was this request."""
    if attempt.kind != "merge" or pull.merged_by is None or (attempt.response or {}).get("merged"):
        return False
    try:
        return pull.merged_by.login != context.reader.bot_login()
    except Unavailable:
        return False


def _look(context: Context, target: Target, attempt: Attempt) -> tuple[MergePull | None, Seen | Unreadable]:
    """The pull request and the tip of its base, as GitHub shows them now."""
    try:
        reader = context.reader.unbounded()
        pull = reader.merge_pull(target.place, target.number)
        tip = reader.branch_tip(target.place, attempt.base_ref)
    except Unavailable as trouble:
        return None, Unreadable(sentence=trouble.sentence)
    return pull, seen(pull, tip)


def seen(pull: MergePull | None, tip: str | None) -> Seen:
    """A reading in the words of the judgement."""
    if pull is None:
        return Seen(found=False)
    return Seen(
        found=True,
        is_open=pull.state == "open",
        merged=pull.merged,
        draft=pull.draft,
        mergeable=pull.mergeable,
        head_sha=pull.head.sha,
        base_ref=pull.base.ref,
        merge_sha=pull.merge_commit_sha if pull.merged else None,
        base_tip=tip,
    )


def _sent(context: Context, attempt: Attempt) -> settling.Sent:
    said = attempt.response or {}
    return settling.Sent(
        head_sha=attempt.head_sha,
        base_ref=attempt.base_ref,
        base_tip=attempt.evidence.get("base_tip"),
        said_merged=bool(said.get("merged")),
        said_yes=(said.get("status") or FIRST_REFUSAL) < FIRST_REFUSAL,
        settle_seconds=context.settings.merge_settle_seconds,
    )


def _shown(context: Context, job: Job, target: Target, sent: Sent) -> Came:
    """GitHub says merged; the pull request has to show it. Where it can't be read, time tells."""
    response = sending.response(sent.reply)
    try:
        pull = context.reader.unbounded().merge_pull(target.place, target.number)
    except Unavailable:
        pull = None
    if pull is not None and pull.merged and pull.head.sha == sent.attempt.head_sha:
        return Merged(sent.attempt, pull, response)
    return _in_doubt(context, job, target, sent)


def _in_doubt(context: Context, job: Job, target: Target, sent: Sent) -> Came:
    _doubt(context, job, sent.attempt, sent.reply)
    return _read(context, job, target, _again(context, sent.attempt))


def _reread(context: Context, job: Job, target: Target, sent: Sent) -> Came:
    """A definite no, or a strange yes: what is true is read before it is said."""
    try:
        pull = context.reader.unbounded().merge_pull(target.place, target.number)
    except Unavailable as trouble:
        if sent.reply.status is None or sent.reply.status < FIRST_REFUSAL:
            return _in_doubt(context, job, target, sent)
        against = replies.unread(sent.reply, trouble.sentence)
        _fail(context, job, sent.attempt, against.detail or against.code, sent.reply)
        return against
    ruled = replies.after_reread(sent.reply, seen(pull, None), sent.attempt.head_sha)
    if ruled == "unknown":
        return _in_doubt(context, job, target, sent)
    if ruled == "merged" and pull is not None:
        return Merged(sent.attempt, pull, sending.response(sent.reply))
    if ruled == "merged_elsewhere" and pull is not None:
        _fail(context, job, sent.attempt, "MERGED_ELSEWHERE", sent.reply)
        return Elsewhere(pull)
    against = ruled if isinstance(ruled, Against) else replies.moved_base(sent.reply)
    _fail(context, job, sent.attempt, against.detail or against.code, sent.reply)
    return Afresh(against) if ruled == "regate" else against


def _doubt(context: Context, job: Job, attempt: Attempt, reply: Reply | None = None) -> None:
    response = sending.response(reply) if reply else None
    with context.pool.connection() as tx:
        attempts.doubt(tx, attempt, context.clock(), job.by, response)
    context.checkpoint("merge.in_doubt")


def _fail(context: Context, job: Job, attempt: Attempt, detail: str, reply: Reply | None = None) -> None:
    response = sending.response(reply) if reply else None
    with context.pool.connection() as tx:
        attempts.fail(tx, attempt, context.clock(), job.by, detail=detail, response=response)


def _keep(context: Context, attempt: Attempt, found: Seen | Unreadable, now: datetime) -> None:
    with context.pool.connection() as tx:
        attempts.add_reading(tx, attempt, {"at": now.isoformat(), **found.model_dump(mode="json")})


def _again(context: Context, attempt: Attempt) -> Attempt:
    """The attempt as it is recorded now. Raises `LeaseLost` where it is gone, with its pull request's rows."""
    with context.pool.connection() as tx:
        found = attempts.get(tx, attempt.id)
    if found is None:
        raise LeaseLost
    return found
