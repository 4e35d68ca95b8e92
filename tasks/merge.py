"""Merge one pull request: settle what is open, read all afresh, decide, record, make exactly one request, verify.

The one module of `tasks` that imports the code that merges. No worker waits here: a run that has to wait is put off
with its due time and has no outcome until then.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
from celery.exceptions import SoftTimeLimitExceeded

from app.github import merging
from app.github.answers import UNAUTHORIZED, Unavailable
from app.github.merge_documents import MergePull
from app.github.merger import LiveMerger, LocalMerger
from app.github.merging import Merger, Message
from app.governor import LimitsUnavailable
from app.records import lapses, looks, merge_leases, merge_requests, pulls, runs, step_runs
from app.records.merge_leases import MergeLease
from policies.merging import messages
from policies.merging.answer import Against, Answer
from tasks import names
from tasks.context import Context, github_app
from tasks.merging import (
    by_issue,
    finding,
    judging,
    lapsing,
    left_open,
    merged,
    obstacles,
    queueing,
    recording,
    sending,
    settling,
    updating,
    waiting,
)
from tasks.merging.finding import Job, Target
from tasks.merging.judging import Judged
from tasks.merging.recording import Ended
from tasks.merging.sending import Wanted
from tasks.merging.settling import Afresh
from tasks.merging.waiting import Later

MOST_ROUNDS = 3
"""How often all is read and judged afresh in one run, since the base moved or the token was refused."""
BASE_TAKEN_SECONDS = 5
TOO_LONG_SECONDS = 5

log = logging.getLogger("mergegate")


def merger(context: Context) -> Merger:
    """The merger that the settings bind."""
    if context.settings.github_merger == "local":
        return LocalMerger()
    return LiveMerger(github_app(context.settings, context.governor, context.clock))


def pull_request(context: Context, bound: Merger, run_id: UUID) -> Answer | None:
    """Bring a merge run to its outcome; None where it isn't due, another worker has it, or it has to wait.

    An answer that Postgres could not take is returned all the same; the sweep finds the run then. Raises `LeaseLost`
    where another worker has taken over meanwhile.
    """
    try:
        job = _claim(context, run_id)
        if job is None:
            return None
        context.checkpoint("merge.claimed")
        return _run(context, bound, job)
    except psycopg.OperationalError as trouble:
        log.warning("action=merge_unrecorded run=%s cause=%s", run_id, type(trouble).__name__)
        return recording.against(obstacles.NO_POSTGRES).answer


def _claim(context: Context, run_id: UUID) -> Job | None:
    now = context.clock()
    with context.pool.connection() as tx:
        lapses.put_back(tx, run_id, now)
        run = runs.claim(tx, run_id, now, context.settings.lease_seconds)
        job = finding.job(tx, run) if run is not None else None
    if job is not None:
        with context.pool.connection() as tx:
            looks.give_way(tx, job.run.id, now)
    return job


def _run(context: Context, bound: Merger, job: Job) -> Answer | None:
    try:
        return recording.record(context, job, _end(context, bound, job))
    except Later as later:
        _put_off(context, job, later)
    except SoftTimeLimitExceeded:
        due, sentence = context.clock() + timedelta(seconds=TOO_LONG_SECONDS), "It took too long, and goes on later."
        _put_off(context, job, Later(due, sentence, holds_base=True))  # a merge may have been sent
    return None


def _put_off(context: Context, job: Job, later: Later) -> None:
    with context.pool.connection() as tx:
        runs.snooze(tx, job.run, later.due_at, later.sentence, now=context.clock())
        if later.memory is not None:
            step_runs.remember(tx, job.run, later.memory)
        if later.holds_base:
            lasting = timedelta(seconds=context.settings.merge_lease_seconds)
            merge_leases.hold_on(tx, job.run.id, later.due_at + lasting)
        else:
            merge_leases.release(tx, job.run.id)
    seconds = max(0.0, (later.due_at - context.clock()).total_seconds())
    context.send(names.MERGE, job.run.id, seconds)


def _end(context: Context, bound: Merger, job: Job) -> Ended:
    """How it ends; where something could not be had, what that means. Raises `Later`."""
    target = None
    try:
        known = left_open.by_run(context, job) or _by_its_issue(context, job)
        if isinstance(known, Ended):
            return known
        context.governor.seen(context.clock())  # without Redis nothing is known of the limits, so nothing is begun
        _wait_for_base(context, job)
        found = finding.find(context, job)
        if isinstance(found, Against):
            return recording.against(found)
        target = found
        _remember_target(context, job, target)
        return _rounds(context, bound, job, target)
    except LimitsUnavailable:
        return recording.against(settling.NO_REDIS, target=target)
    except Unavailable as trouble:
        waiting.for_a_slot(context, trouble.not_before)
        waiting.to_read_again(context, job.step.memory, trouble)
        return obstacles.ended(context, trouble, target)


def _by_its_issue(context: Context, job: Job) -> Ended | None:
    """How it ends by the state of its issue alone: merged already, or not to be merged in it."""
    with context.pool.connection() as tx:
        objection = by_issue.objection(context, tx, job)  # which locks it: another run may be about to merge it
        stored = by_issue.stored(tx, job)
    if stored is not None:
        return Ended(answer=stored)
    return None if objection is None else recording.against(objection)


def _wait_for_base(context: Context, job: Job) -> None:
    """Where others merge into the branch that the pull request was last seen for, nothing is read. Raises `Later`."""
    request, now = job.request, context.clock()
    if request is None or request.repository_id is None or request.number is None or job.step.mode != "execute":
        return
    with context.pool.connection() as tx:
        base_ref = pulls.base_of(tx, request.repository_id, request.number)
        until = merge_leases.held_until(tx, job.run.id, request.repository_id, base_ref or "", now)
    if until is not None:
        raise _base_taken(until, now)


def _base_taken(until: datetime, now: datetime) -> Later:
    due = min(until, now + timedelta(seconds=BASE_TAKEN_SECONDS))
    return Later(max(due, now + timedelta(seconds=1)), "Another pull request is being merged into the branch.")


def _remember_target(context: Context, job: Job, target: Target) -> None:
    if job.request is not None and not job.is_dry:
        with context.pool.connection() as tx:
            merge_requests.set_pull(tx, job.request.id, target.place.repository_id, target.number)


def _rounds(context: Context, bound: Merger, job: Job, target: Target) -> Ended:
    """A merge that a fresh token may not make either is refused for good."""
    was_refused = False
    for _ in range(MOST_ROUNDS - 1):
        try:
            ended = _round(context, bound, job, target)
        except Unavailable as trouble:
            if trouble.status != UNAUTHORIZED:
                raise
            continue  # the token was refused and is forgotten: a new one is asked for
        if isinstance(ended, Ended):
            return ended
        is_refused = ended.against.detail == "NOT_PERMITTED"
        if is_refused and was_refused:
            return recording.against(ended.against, target=target)
        was_refused = is_refused
    last = _round(context, bound, job, target)
    return last if isinstance(last, Ended) else recording.against(last.against, target=target)


def _round(context: Context, bound: Merger, job: Job, target: Target) -> Ended | Afresh:
    """Everything once: what is open, the pull request's own state, the judgement, the one request."""
    if not job.is_dry and (settled := left_open.of_pull(context, job, target)) is not None:
        return settled
    pull = context.reader.afresh().merge_pull(target.place, target.number)
    if pull is None or pull.merged or pull.state == "closed":
        return _over(context, job, target, pull)
    if job.step.mode == "observe":
        sentence = "It is not merged, and this run was only to look who had merged it."
        return Ended(answer=Answer(outcome="ignored", sentence=sentence), target=target)
    if (unwished := lapsing.unwished(context, job, target)) is not None:
        return unwished
    if (reopened := merged.reopened(context, job, target, pull)) is not None:
        return reopened
    return _judge_and_merge(context, bound, job, target, pull)


def _over(context: Context, job: Job, target: Target, pull: MergePull | None) -> Ended:
    """What is gone, merged or closed can't be merged any more."""
    if pull is None:
        return recording.against(finding.missing(context, target), target=target)
    if pull.merged:
        return merged.already(context, job, target, pull)
    sentence = "The pull request is closed; open it again first."
    return recording.against(Against(code="PR_CLOSED", detail=None, sentence=sentence), target=target)


def _judge_and_merge(context: Context, bound: Merger, job: Job, target: Target, pull: MergePull) -> Ended | Afresh:
    lease = None if job.is_dry else _lease(context, job, target, pull.base.ref)
    context.checkpoint("merge.leased")
    judged = judging.judge(context, job, target)
    if lease is not None and lease.base_ref != judged.loaded.pull.base.ref:
        return _turned()
    if judged.loaded.pull.state == "closed":
        return _over(context, job, target, judged.loaded.pull)
    if judged.decision.against:
        return _denied(context, bound, job, target, judged=judged, lease=lease)
    if lease is None or judged.situation.posture.dry_run:
        return _would_merge(target, judged)
    if (queued := queueing.already_queued(context, job, target, judged)) is not None:
        return queued
    context.checkpoint("merge.final_read")
    wanted = queueing.wanted(context, target, judged) or _merge(target, judged)
    sent = sending.send(context, bound, job, target, judged=judged, lease=lease, wanted=wanted)
    if isinstance(sent, Against):
        return _by_its_issue(context, job) or recording.against(sent, target=target, judged=judged)
    if sent == "dry":
        return _would_merge(target, judged)
    if wanted.kind == "enqueue":
        return queueing.came_of(context, job, target, sent, judged)
    came = settling.came_of(context, job, target, sent)
    return merged.came(context, job, target, came, head_sha=judged.head_sha, judged=judged)


def _turned() -> Afresh:
    """The lease is of the base that it had before, which says nothing of the one that was judged."""
    sentence = "The pull request was turned to another branch meanwhile, and has to be judged there first."
    return Afresh(Against(code="SNAPSHOT_NOT_FOUND", detail="BASE_CHANGED", sentence=sentence))


def _merge(target: Target, judged: Judged) -> Wanted:
    pull, rules = judged.loaded.facts.pull, judged.rules
    said = Message(messages.title(rules, pull), messages.body(rules, pull))
    request = merging.merge(
        target.place.repository_id, target.number, head_sha=judged.head_sha, method=rules.method, said=said
    )
    return Wanted(kind="merge", request=request, method=rules.method)


def _denied(
    context: Context, bound: Merger, job: Job, target: Target, *, judged: Judged, lease: MergeLease | None
) -> Ended:
    """The gate says no. Where only GitHub's own work or an old base is in the way, that is seen to. Raises `Later`."""
    first, others = judged.decision.against[0], judged.decision.against[1:]
    if first.detail == "MERGEABILITY_UNKNOWN":
        waiting.for_mergeability(context, job.step.memory)
    if first.detail == "BEHIND_BASE" and first.outcome == "retry_scheduled" and lease is not None:
        refused = updating.update(context, bound, job, target, judged=judged, lease=lease)
        first = refused or first
    retry_at = judged.situation.posture.frozen_until if first.detail == "FROZEN" else None
    return recording.against(first, *others, target=target, judged=judged, retry_at=retry_at)


def _would_merge(target: Target, judged: Judged) -> Ended:
    evaluation = judged.situation.evaluation
    answer = Answer(
        outcome="would_merge",
        sentence=f"{target.full_name}#{target.number} would be merged at {judged.head_sha[:10]}; this is a dry run.",
        gate="PASS",
        method=judged.rules.method,
        head_sha=judged.head_sha,
        snapshot_id=str(judged.snapshot_id) if judged.snapshot_id else None,
        evaluation_id=evaluation.id if evaluation else None,
    )
    return Ended(answer=answer, target=target, judged=judged)


def _lease(context: Context, job: Job, target: Target, base_ref: str) -> MergeLease:
    """The base branch, for this run alone. Raises `Later` while another one has it."""
    now, seconds = context.clock(), context.settings.merge_lease_seconds
    with context.pool.connection() as tx:
        runs.hold(tx, job.run)
        lease = merge_leases.acquire(tx, job.run.id, target.place.repository_id, base_ref, now=now, seconds=seconds)
    if isinstance(lease, MergeLease):
        return lease
    raise _base_taken(lease, now)
