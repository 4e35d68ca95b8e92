"""Evaluate one pull request: facts at its head, the policy of its base, a verdict, and the status that it asks for."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app import ledger
from app.database import Transaction
from app.github import documents
from app.github.answers import Unavailable
from app.github.reader import Place, PolicyFile
from app.limits import LimitsUnavailable
from app.records import evaluations, pulls, runs
from app.records.evaluations import Evaluation
from app.records.runs import Run
from policies import document, verdict
from policies.evaluation import evaluate
from policies.facts import PullSnapshot
from policies.intents import StatusContent
from policies.verdict import Verdict
from tasks import gathering, names, proposing, putting_off
from tasks.context import Context

PASSING = frozenset({"GITHUB_API_ERROR", "RATE_LIMITED", "HEAD_MOVED"})
"""Codes of trouble that the next attempt may not meet again; any other trouble is the verdict at once."""


@dataclass(frozen=True)
class Judged:
    """An open pull request and what came of judging it. `shown`: the status that GitHub shows at its head."""

    pull: documents.Pull
    source: str
    policy_digest: str | None
    snapshot: PullSnapshot | None
    verdict: Verdict
    result: dict[str, Any] | None
    shown: documents.Status | None


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
    place = Place(run.installation_id, run.repository_id)
    pull = context.reader.pull(place, run.number or 0)
    if pull is None or pull.state == "closed":
        _record_nothing_to_judge(context, run, "closed" if pull else "not found")
        return None
    judged = _judge(context, run, place, pull)
    context.checkpoint("evaluate.judged")
    return _record(context, run, judged)


def _take_a_turn(context: Context, run: Run) -> None:
    """Raise `Unavailable`, with a time, where the installation's evaluations of this minute are used up."""
    try:
        not_before = context.limits.take_evaluation(run.installation_id)
    except LimitsUnavailable:
        raise putting_off.until_limits_answer(context) from None
    if not_before is not None:
        raise Unavailable("RATE_LIMITED", f"The evaluations of this minute are used up until {not_before}.", not_before)


def _judge(context: Context, run: Run, place: Place, pull: documents.Pull) -> Judged:
    shown = context.reader.current_status(place, pull.head.sha, context_name(context, pull.base.ref))
    source = f"{run.full_name}:{pull.base.ref}:{context.settings.policy_path}"
    try:
        file = context.reader.policy_file(place, pull.base.ref, context.settings.policy_path)
        return _apply(context, run, place, pull, file, shown)
    except Unavailable as trouble:
        if trouble.code in PASSING and run.attempts < runs.MOST_ATTEMPTS:
            raise
        return Judged(pull, source, None, None, verdict.of_trouble(trouble.sentence), None, shown)


def _apply(
    context: Context,
    run: Run,
    place: Place,
    pull: documents.Pull,
    file: PolicyFile | None,
    shown: documents.Status | None,
) -> Judged:
    path = context.settings.policy_path
    if file is None or file.text is None:
        source = f"{run.full_name}:{pull.base.ref}:{path}"
        return Judged(pull, source, None, None, verdict.of_no_policy(path, pull.base.ref), None, shown)
    source = f"{run.full_name}@{file.sha}:{path}"
    digest = hashlib.sha256(file.text.encode()).hexdigest()
    try:
        policy = document.parse(file.text)
    except document.PolicyError as wrong:
        return Judged(pull, source, digest, None, verdict.of_policy_error(wrong, source), None, shown)
    snapshot = gathering.snapshot(context, place, pull, run.full_name, policy)
    result = evaluate(policy, snapshot)
    return Judged(
        pull, source, digest, snapshot, verdict.of_result(result, source), result.model_dump(mode="json"), shown
    )


def context_name(context: Context, base_ref: str) -> str:
    """The context of our status: one for each base branch, as policy-bot does it."""
    return f"{context.settings.status_context}: {base_ref}"[:255]


def _record(context: Context, run: Run, judged: Judged) -> UUID | None:
    """Evaluation, audit entry and intent in one transaction, and only while the run is still ours."""
    now = context.clock()
    with context.pool.connection() as tx:
        runs.finish(tx, run, now)
        page_key = _see(tx, run, judged, now)
        evaluation_id = evaluations.record(tx, _evaluation(run, judged, now))
        intent_id = proposing.status(
            tx,
            run=run,
            content=_content(context, judged, page_key),
            evaluation_id=evaluation_id,
            shown=judged.shown,
            now=now,
        )
        _attest(tx, run, judged, evaluation_id, intent_id, now)
        context.checkpoint("evaluate.before_commit")
    return intent_id


def _see(tx: Transaction, run: Run, judged: Judged, now: datetime) -> str:
    pulls.first_seen_at(tx, run.repository_id, judged.pull.head.sha, now)
    return pulls.seen(
        tx,
        repository_id=run.repository_id,
        number=judged.pull.number,
        full_name=run.full_name,
        installation_id=run.installation_id,
        head_sha=judged.pull.head.sha,
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


def _content(context: Context, judged: Judged, page_key: str) -> StatusContent:
    return StatusContent(
        sha=judged.pull.head.sha,
        context=context_name(context, judged.pull.base.ref),
        state=judged.verdict.state,
        description=judged.verdict.description,
        target_url=f"{context.settings.public_url}/pulls/{page_key}",
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
    subject = f"pull:{run.repository_id}#{run.number}"
    ledger.append(tx, kind="pull_request_evaluated", subject=subject, actor="mergegate", body=body, at=now)


def _record_nothing_to_judge(context: Context, run: Run, why: str) -> None:
    now = context.clock()
    subject = f"pull:{run.repository_id}#{run.number}"
    with context.pool.connection() as tx:
        runs.finish(tx, run, now)
        body = {"run": str(run.id), "why": why}
        ledger.append(tx, kind="nothing_to_evaluate", subject=subject, actor="mergegate", body=body, at=now)
