"""Evaluate one pull request: claim the run, judge, and record the verdict with what follows in one transaction."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from app import handed, ledger
from app.github import documents
from app.github.answers import Unavailable
from app.github.reader import Place
from app.governor import LimitsUnavailable
from app.records import bindings, groups, operator_settings, pulls, runs
from app.records.evaluations import Evaluation
from app.records.pulls import Sighting
from app.records.runs import Run
from policies.contents import CheckRunContent
from tasks import (
    approving,
    gate_file,
    judging,
    left_bases,
    merge_requesting,
    names,
    observing,
    policy_check,
    proposing,
    putting_off,
    reviewing,
    ruling,
    telling,
)
from tasks.context import Context
from tasks.judging import Judged
from tasks.merge_requesting import Told
from tasks.proposing import Cause
from tasks.reviewing import Asking
from tasks.ruling import Found


def pull_request(context: Context, run_id: UUID) -> None:
    """Evaluate the pull request of a run. Nothing happens if it isn't due or another worker has it.

    Raises `LeaseLost`, with nothing recorded, where another worker has taken the run over meanwhile.
    """
    with context.pool.connection() as tx:
        run = runs.claim(tx, run_id, context.clock(), context.settings.lease_seconds)
    if run is None:
        return
    context.checkpoint("evaluate.claimed")
    try:
        recorded = _evaluate(context, run)
    except Unavailable as trouble:
        putting_off.run(context, run, trouble)
        return
    except SoftTimeLimitExceeded:
        putting_off.run(context, run, Unavailable("GITHUB_API_ERROR", "Reading GitHub took too long."))
        return
    context.checkpoint("evaluate.committed")
    for intent_id in recorded.intent_ids:
        context.send(names.WRITE, intent_id, 0)
    for run_id in recorded.merge_ids:
        context.send(names.MERGE, run_id, 0)
    if recorded.asking is not None:
        reviewing.ask(context, recorded.asking)
        context.checkpoint("evaluate.asked")
    putting_off.wake_next(context, run)


@dataclass(frozen=True)
class _Recorded:
    """The intents and merges to work on, the status first; and whom to ask for a review, before the run is over."""

    intent_ids: tuple[UUID, ...] = ()
    merge_ids: tuple[UUID, ...] = ()
    asking: Asking | None = None


def _evaluate(context: Context, run: Run) -> _Recorded:
    _take_a_turn(context, run)
    pull = context.reader.pull(Place(run.installation_id, run.repository_id), run.number or 0)
    for intent_id in left_bases.take_back(context, run, pull) if pull else ():
        context.send(names.WRITE, intent_id, 0)
    if pull is None or pull.state == "closed":
        _record_nothing(context, run, pull)
        return _Recorded()
    run = _by_its_name_now(run, pull)
    _see(context, run, pull)
    judged = judging.judge(context, run, pull)
    context.checkpoint("evaluate.judged")
    gate = gate_file.of(context, run, judged.pull.base.ref)
    found = ruling.ask(context, run, judged, gate)
    context.checkpoint("evaluate.ruled")
    asked = merge_requesting.read(context, run, judged, gate)
    check = policy_check.content(context, run, judged, gate)
    return _record(context, run, judged, found=found, check=check, asked=asked)


def _by_its_name_now(run: Run, pull: documents.Pull) -> Run:
    """The run under the repository's name of today, since somebody else may have the old one by now."""
    return replace(run, full_name=pull.base.repo.full_name) if pull.base.repo else run


def _take_a_turn(context: Context, run: Run) -> None:
    """Raise `Unavailable`, with a time, where the installation's evaluations of this minute are used up."""
    try:
        with context.pool.connection() as tx:
            most = operator_settings.everywhere(tx, context.settings).evaluations_per_minute
        not_before = context.governor.take_evaluation(run.installation_id, context.clock(), most)
    except LimitsUnavailable:
        raise putting_off.until_limits_answer(context) from None
    if not_before is not None:
        sentence = f"The installation's evaluations of this minute are used up until {not_before.isoformat()}."
        raise Unavailable("RATE_LIMITED", sentence, not_before)


def _see(context: Context, run: Run, pull: documents.Pull) -> None:
    """Note the head at once: if the rest can't be read, that is where trouble is told."""
    with context.pool.connection() as tx:
        now = max(context.clock(), pull.updated_at)
        pulls.first_seen_at(tx, run.repository_id, pull.number, pull.head.sha, now)
        pulls.seen(tx, _sighting(run, pull))


def _record(
    context: Context, run: Run, judged: Judged, *, found: Found | None, check: CheckRunContent | None, asked: Told
) -> _Recorded:
    """The verdict with its writes. Where somebody is to be asked, the run goes on: a worker's death loses nothing."""
    evaluation = _evaluation(run, judged, context.clock())
    with context.pool.connection() as tx:
        runs.hold(tx, run)
        pulls.seen(tx, _sighting(run, judged.pull))
        pulls.ruled_from(tx, run.repository_id, judged.pull.number, judged.places)
        told = telling.verdict(context, tx, run, evaluation, judged.shown)
        cause = Cause(run, evaluation.number, told.evaluation_id, evaluation.evaluated_at)
        approved = approving.propose(context, tx, cause, judged, found)
        dismissed = reviewing.dismiss(context, tx, cause, judged, others=approved.dismissing if approved else ())
        checked = policy_check.propose(tx, cause, check)
        asking = reviewing.asking(tx, cause, judged)
        merging = merge_requesting.record(context, tx, run, judged.pull, told=asked)
        telling.attest(tx, run, evaluation, told)
        approving.attest(tx, cause, approved)
        if asking is None:
            of = handed.Judged(evaluation=told.evaluation_id, state=evaluation.state, head_sha=evaluation.head_sha)
            runs.finish(tx, run, evaluation.evaluated_at, of)
        context.checkpoint("evaluate.before_commit")
    statuses = tuple(each for each in (told.intent_id, told.bare_id) if each is not None)
    ours = approved.approving if approved else ()
    return _Recorded((*statuses, *dismissed, *ours, *checked), tuple(merging), asking)


def _evaluation(run: Run, judged: Judged, now: datetime) -> Evaluation:
    return Evaluation(
        run_id=run.id,
        repository_id=run.repository_id,
        number=judged.pull.number,
        head_sha=judged.pull.head.sha,
        base_ref=judged.pull.base.ref,
        policy_source=judged.source,
        policy_digest=judged.policy_digest,
        snapshot=judged.snapshot,
        state=judged.verdict.state,
        description=judged.verdict.summary,
        status_text=judged.verdict.description,
        result=None if judged.result is None else judging.tree(judged.result),
        evaluated_at=now,
        policy_text=judged.policy_text,
        mode=judged.mode,
        other=judged.other,
    )


def _record_nothing(context: Context, run: Run, pull: documents.Pull | None) -> None:
    """Nothing to judge; but those who shared the status with this pull request have it to themselves now."""
    now = context.clock()
    with context.pool.connection() as tx:
        runs.finish(tx, run, now, handed.Judged(evaluation=None, state=None, head_sha=pull.head.sha if pull else None))
        pulls.closed(tx, run.repository_id, run.number or 0)
        bindings.close_of_pull(tx, run.repository_id, run.number or 0, now)
        sharing = pulls.with_head(tx, run.repository_id, pull.head.sha) if pull else ()
        wanted = [runs.want_pull(tx, run, number, now) for number in sharing]
        watched = (run.repository_id, run.full_name, run.number or 0)
        looking = (
            observing.look_at_closed(context, tx, watched, head_sha=pull.head.sha, now=now)
            if pull and pull.merged
            else []
        )
        groups.want_of(tx, run, run.number or 0, now)
        proposing.withdraw_all(tx, run, now)
        merging = merge_requesting.closed(context, tx, run, now)
        body = {"run": str(run.id), "why": "closed" if pull else "not found"}
        subject = f"pull:{run.repository_id}#{run.number}"
        ledger.append(tx, kind="nothing_to_evaluate", subject=subject, actor=ledger.BY_GATE, body=body, at=now)
    for run_id in wanted:
        context.send(names.EVALUATE, run_id, 0)
    for run_id in merging:
        context.send(names.MERGE, run_id, 0)
    for task, run_id in looking:
        context.send(task, run_id, 0)


def _sighting(run: Run, pull: documents.Pull) -> Sighting:
    return Sighting(
        repository_id=run.repository_id,
        number=pull.number,
        full_name=run.full_name,
        installation_id=run.installation_id,
        head_sha=pull.head.sha,
        base_ref=pull.base.ref,
        is_open=True,
    )
