"""A base with GitHub's merge queue: put the pull request into it at the judged head, and see what became of that."""

from datetime import timedelta

from app.github import enqueuing
from app.github.answers import Unavailable
from app.records import attempts
from app.records.attempts import Attempt
from policies.merging import replies
from policies.merging.answer import Against
from tasks import bypass
from tasks.context import Context
from tasks.merging import recording, sending, settling
from tasks.merging.finding import Job, Target
from tasks.merging.judging import Judged
from tasks.merging.recording import Ended
from tasks.merging.sending import Sent, Wanted
from tasks.merging.waiting import Later

OK = 200
GONE_POLL_SECONDS = (5, 20, 60)


def wanted(context: Context, target: Target, judged: Judged) -> Wanted | None:
    """The one request; None where the base has no queue. Raises `Unavailable`."""
    if not judged.loaded.facts.protection.merge_queue:
        return None
    node = context.reader.afresh().queued_pull(target.place, target.full_name, target.number)
    if node is None or node.head_ref_oid != judged.head_sha:
        raise Unavailable("HEAD_MOVED", "The pull request has another head than was judged.")
    return Wanted(kind="enqueue", request=enqueuing.enqueue(node.id, judged.head_sha), method=judged.rules.method)


def already_queued(context: Context, job: Job, target: Target, judged: Judged) -> Ended | None:
    """Where we have put this head into the queue before: it waits there, or GitHub has taken it out again."""
    with context.pool.connection() as tx:
        known = attempts.succeeded_of(tx, target.place.repository_id, target.number)
    entry = next((each for each in known if each.kind == "enqueue" and each.head_sha == judged.head_sha), None)
    if entry is None:
        return None
    node = context.reader.afresh().queued_pull(target.place, target.full_name, target.number)
    if node is not None and node.merge_queue_entry is not None:
        return _waits(target, judged)
    _look_again(context, job)
    _left(context, job, entry)
    sentence = "GitHub took the pull request out of its merge queue; see why there, and ask again."
    against = Against(code="MERGE_FAILED", detail="GITHUB_REJECTED", sentence=sentence)
    return recording.against(against, target=target, judged=judged)


def came_of(context: Context, job: Job, target: Target, sent: Sent, judged: Judged) -> Ended:
    """What came of the request. Where that is not known, the queue shows it. Raises `Later` until it does."""
    now, reply = context.clock(), sent.reply
    if reply.status == OK and reply.merged:
        with context.pool.connection() as tx:
            attempts.succeed(tx, sent.attempt, now, job.by, merge_sha=None, response=sending.response(reply))
        return _waits(target, judged)
    if replies.first(reply) == "unknown" or (reply.status == OK and not reply.merged):
        return _unknown(context, job, target, sent, judged)
    against = _against(context, target, sent)
    with context.pool.connection() as tx:
        detail = against.detail or against.code
        attempts.fail(tx, sent.attempt, now, job.by, detail=detail, response=sending.response(reply))
    return recording.against(against, target=target, judged=judged)


def _against(context: Context, target: Target, sent: Sent) -> Against:
    reply = sent.reply
    step = replies.first(reply)
    if step in ("not_sent", "limited", "reauthenticate"):
        return settling.refused(context, reply)
    try:
        pull = context.reader.afresh().merge_pull(target.place, target.number)
    except Unavailable as trouble:
        return replies.unread(reply, trouble.sentence)
    ruled = replies.after_reread(reply, settling.seen(pull, None), sent.attempt.head_sha)
    return ruled if isinstance(ruled, Against) else replies.moved_base(reply)


def _unknown(context: Context, job: Job, target: Target, sent: Sent, judged: Judged) -> Ended:
    settle(context, job, target, sent.attempt)
    with context.pool.connection() as tx:
        attempt = attempts.get(tx, sent.attempt.id)
    if attempt is not None and attempt.state == "SUCCEEDED":
        return _waits(target, judged)
    sentence = "GitHub did not take the pull request into its merge queue; it is looked at again."
    against = Against(code="MERGE_FAILED", detail="OUTCOME_UNKNOWN", sentence=sentence, outcome="retry_scheduled")
    return recording.against(against, target=target, judged=judged)


def settle(context: Context, job: Job, target: Target, attempt: Attempt) -> None:
    """Find out whether GitHub took what was sent: its queue shows it, or it has merged it. Raises `Later` until then.

    What it has not taken by the end is asked for anew: GitHub takes one entry of a pull request.
    """
    now, since = context.clock(), attempt.in_doubt_at or context.clock()
    with context.pool.connection() as tx:
        if attempt.state == "SENT":
            attempts.doubt(tx, attempt, now, job.by)
    took, seconds = _took(context, target, attempt), (now - since).total_seconds()
    last = context.settings.merge_settle_seconds
    if not took and seconds < last:
        later = next((each for each in settling.READ_AFTER_SECONDS if seconds < each < last), last)
        raise Later(since + timedelta(seconds=later), "It is not known yet whether it is in GitHub's merge queue.")
    with context.pool.connection() as tx:
        if took:
            attempts.succeed(tx, attempt, now, job.by, merge_sha=None, response=None)
        else:
            attempts.fail(tx, attempt, now, job.by, detail="OUTCOME_UNKNOWN")


def _took(context: Context, target: Target, attempt: Attempt) -> bool:
    """Whether GitHub shows the pull request in its queue at that head, or merged by it."""
    reader = context.reader.unbounded()
    try:
        node = reader.queued_pull(target.place, target.full_name, target.number)
        if node is not None and node.merge_queue_entry is not None:
            return node.head_ref_oid == attempt.head_sha
        pull = reader.merge_pull(target.place, target.number)
    except Unavailable:
        return False
    merged_by = pull.merged_by.login if pull is not None and pull.merged_by is not None else None
    return merged_by == bypass.QUEUE_LOGIN and pull is not None and pull.head.sha == attempt.head_sha


def _waits(target: Target, judged: Judged) -> Ended:
    sentence = "It waits in GitHub's merge queue, which merges it; this gate looks after it."
    against = Against(code="MERGE_FAILED", detail="MERGE_QUEUE_REQUIRED", sentence=sentence, outcome="retry_scheduled")
    return recording.against(against, target=target, judged=judged)


def _look_again(context: Context, job: Job) -> None:
    """GitHub takes an entry out shortly before it shows what it merged. Raises `Later` while that may be so."""
    polls = int(job.step.memory.get("queue", 0))
    if polls < len(GONE_POLL_SECONDS):
        due = context.clock() + timedelta(seconds=GONE_POLL_SECONDS[polls])
        raise Later(due, "GitHub's merge queue has let go of it.", {**job.step.memory, "queue": polls + 1})


def _left(context: Context, job: Job, entry: Attempt) -> None:
    with context.pool.connection() as tx:
        attempts.leave_queue(tx, entry, context.clock(), job.by)
