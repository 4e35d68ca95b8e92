"""Evaluate one pull request: claim the run, judge, and record verdict, audit entry and intent in one transaction."""

from datetime import datetime
from uuid import UUID

from app import ledger
from app.database import Transaction
from app.github.answers import Unavailable
from app.github.reader import Place
from app.limits import LimitsUnavailable
from app.records import evaluations, pulls, runs
from app.records.evaluations import Evaluation
from app.records.runs import Run
from policies.intents import StatusContent
from tasks import judging, names, proposing, putting_off
from tasks.context import Context
from tasks.judging import Judged


def pull_request(context: Context, run_id: UUID) -> None:
    """Evaluate the pull request of a run. Nothing happens if it isn't due or another worker has it."""
    with context.pool.connection() as tx:
        run = runs.claim(tx, run_id, context.clock(), context.settings.lease_seconds)
    if run is None:
        return
    context.checkpoint("evaluate.claimed")
    try:
        intent_id = _evaluate(context, run)
    except Unavailable as trouble:
        putting_off.run(context, run, trouble)
        return
    except runs.LeaseLost:
        return
    context.checkpoint("evaluate.committed")
    if intent_id is not None:
        context.send(names.WRITE, intent_id, 0)
    putting_off.wake_next(context, run)


def _evaluate(context: Context, run: Run) -> UUID | None:
    _take_a_turn(context, run)
    pull = context.reader.pull(Place(run.installation_id, run.repository_id), run.number or 0)
    if pull is None or pull.state == "closed":
        _record_nothing(context, run, "closed" if pull else "not found")
        return None
    judged = judging.judge(context, run, pull)
    context.checkpoint("evaluate.judged")
    return _record(context, run, judged)


def _take_a_turn(context: Context, run: Run) -> None:
    """Raise `Unavailable`, with a time, where the installation's evaluations of this minute are used up."""
    try:
        not_before = context.limits.take_evaluation(run.installation_id)
    except LimitsUnavailable:
        raise putting_off.until_limits_answer(context) from None
    if not_before is not None:
        sentence = f"The installation's evaluations of this minute are used up until {not_before.isoformat()}."
        raise Unavailable("RATE_LIMITED", sentence, not_before)


def _record(context: Context, run: Run, judged: Judged) -> UUID | None:
    """The intent that follows, if any. Raises `LeaseLost`, and records nothing, where the run is not ours any more."""
    now = context.clock()
    with context.pool.connection() as tx:
        runs.finish(tx, run, now)
        content = _content(context, judged, _see(tx, run, judged, now))
        evaluation_id = evaluations.record(tx, _evaluation(run, judged, now))
        intent_id = proposing.status(
            tx, run=run, content=content, evaluation_id=evaluation_id, shown=judged.shown, now=now
        )
        _attest(tx, run, judged, evaluation_id, intent_id, now)
        context.checkpoint("evaluate.before_commit")
    return intent_id


def _see(tx: Transaction, run: Run, judged: Judged, now: datetime) -> str:
    """Note the pull request and its head; the key of its page."""
    head_sha = judged.pull.head.sha
    pulls.first_seen_at(tx, run.repository_id, head_sha, now)
    return pulls.seen(
        tx,
        repository_id=run.repository_id,
        number=judged.pull.number,
        full_name=run.full_name,
        installation_id=run.installation_id,
        head_sha=head_sha,
    )


def _content(context: Context, judged: Judged, page_key: str) -> StatusContent:
    return StatusContent(
        sha=judged.pull.head.sha,
        context=judging.status_context(context, judged.pull.base.ref),
        state=judged.verdict.state,
        description=judged.verdict.description,
        target_url=f"{context.settings.public_url}/pulls/{page_key}",
    )


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
        result=judged.result,
        evaluated_at=now,
    )


def _attest(
    tx: Transaction, run: Run, judged: Judged, evaluation_id: UUID, intent_id: UUID | None, now: datetime
) -> None:
    body = {
        "run": str(run.id),
        "evaluation": str(evaluation_id),
        "head_sha": judged.pull.head.sha,
        "policy_digest": judged.policy_digest,
        "snapshot_digest": judged.snapshot.digest() if judged.snapshot else None,
        "state": judged.verdict.state,
        "intent": str(intent_id) if intent_id else None,
    }
    ledger.append(tx, kind="pull_request_evaluated", subject=_subject(run), actor="mergegate", body=body, at=now)


def _record_nothing(context: Context, run: Run, why: str) -> None:
    now = context.clock()
    with context.pool.connection() as tx:
        runs.finish(tx, run, now)
        body = {"run": str(run.id), "why": why}
        ledger.append(tx, kind="nothing_to_evaluate", subject=_subject(run), actor="mergegate", body=body, at=now)


def _subject(run: Run) -> str:
    return f"pull:{run.repository_id}#{run.number}"
