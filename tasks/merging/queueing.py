"""A base with GitHub's merge queue: put the pull request into it at the judged head, and see what became of that."""

from datetime import timedelta

from app.github import enqueuing
from app.github.answers import Unavailable
from app.records import attempts
from app.records.attempts import Attempt
from policies.merging import replies
from policies.merging.answer import Against
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
    """What came of the request. Where that is not known, the next run finds the entry or makes it: GitHub takes one."""
    now, reply = context.clock(), sent.reply
    if reply.status == OK and reply.merged:
        with context.pool.connection() as tx:
            attempts.succeed(tx, sent.attempt, now, job.by, merge_sha=None, response=sending.response(reply))
        return _waits(target, judged)
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
    if step == "reread" and reply.status != OK:
        pull = context.reader.afresh().merge_pull(target.place, target.number)
        ruled = replies.after_reread(reply, settling.seen(pull, None), sent.attempt.head_sha)
        return ruled if isinstance(ruled, Against) else replies.moved_base(reply)
    sentence = "GitHub did not say whether it took the pull request into its merge queue; it is looked at again."
    return Against(code="MERGE_FAILED", detail="OUTCOME_UNKNOWN", sentence=sentence, outcome="retry_scheduled")


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
