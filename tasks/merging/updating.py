"""Bring a head up to date with its base, where the rules want that; the new head is judged anew."""

from app.github import merging
from app.github.answers import Unavailable
from app.github.merging import Merger
from app.github.reader import Place
from app.records import attempts
from app.records.attempts import Attempt
from app.records.merge_leases import MergeLease
from policies.merging import replies
from policies.merging.answer import Against
from tasks.context import Context
from tasks.merging import sending, settling
from tasks.merging.finding import Job, Target
from tasks.merging.judging import Judged
from tasks.merging.sending import Sent, Wanted

ACCEPTED, UNPROCESSABLE = 202, 422


def update(
    context: Context, bound: Merger, job: Job, target: Target, *, judged: Judged, lease: MergeLease
) -> Against | None:
    """None where GitHub does it or was asked before, and where it is a dry run. Raises `Later`."""
    with context.pool.connection() as tx:
        asked = attempts.has_updated(tx, target.place.repository_id, target.number, judged.head_sha)
    if asked or judged.situation.posture.dry_run:
        return None
    context.checkpoint("merge.final_read")
    request = merging.update_branch(target.place.repository_id, target.number, judged.head_sha)
    wanted = Wanted(kind="update_branch", request=request)
    sent = sending.send(context, bound, job, target, judged=judged, lease=lease, wanted=wanted)
    if isinstance(sent, Sent):
        return _came_of(context, job, sent)
    return sent if isinstance(sent, Against) else None


def give_up(context: Context, job: Job, attempt: Attempt) -> None:
    """What never left, and an update of which nobody knows: it is asked for anew where the head is still the same."""
    detail = "UNSENT" if attempt.state == "INTENT" else "OUTCOME_UNKNOWN"
    with context.pool.connection() as tx:
        attempts.fail(tx, attempt, context.clock(), job.by, detail=detail)


def _came_of(context: Context, job: Job, sent: Sent) -> Against | None:
    """Where that is not known nothing is lost: GitHub moves no other head than the one that was named."""
    reply, said = sent.reply, sending.response(sent.reply)
    against = None if reply.status == ACCEPTED else _against(context, sent)
    now = context.clock()
    with context.pool.connection() as tx:
        if reply.status == ACCEPTED:
            attempts.succeed(tx, sent.attempt, now, job.by, merge_sha=None, response=said)
        else:
            detail = (against.detail if against else None) or "OUTCOME_UNKNOWN"
            attempts.fail(tx, sent.attempt, now, job.by, detail=detail, response=said)
    return against


def _has_moved(context: Context, attempt: Attempt) -> bool:
    """GitHub refuses for other reasons, too, so that the head is read before it is said to have moved."""
    try:
        pull = context.reader.unbounded().merge_pull(
            Place(attempt.installation_id, attempt.repository_id), attempt.number
        )
    except Unavailable:
        return False
    return pull is not None and pull.head.sha != attempt.head_sha


def _against(context: Context, sent: Sent) -> Against | None:
    reply, step = sent.reply, replies.first(sent.reply)
    if reply.status == UNPROCESSABLE and _has_moved(context, sent.attempt):
        sentence = "The head moved before it could be brought up to date; the new one is evaluated first."
        return Against(code="MERGE_FAILED", detail="HEAD_SHA_MISMATCH", sentence=sentence)
    if step in ("not_sent", "limited", "reauthenticate"):
        return settling.refused(context, reply)
    if step == "reread":
        sentence = f"GitHub did not bring the branch up to date ({reply.status}); do it by hand, or permit the App to."
        return Against(code="MERGE_FAILED", detail="BEHIND_BASE", sentence=sentence)
    return None
