"""Run a step of an issue that is not its merge: see what it needs of GitHub, judge, and end with one outcome.

A step is asked for by somebody who can ask again, so trouble with GitHub ends it; only a rate limit is waited for.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from celery.exceptions import SoftTimeLimitExceeded

from app import issue_facts, ledger
from app.database import Transaction
from app.github.answers import Unavailable
from app.records import checks_snapshots, deployments, issues, runs, step_runs, timeline
from app.records.issues import Issue
from app.records.runs import Run
from app.records.step_runs import StepRun
from policies import lifecycle
from policies.decision import Blocker
from policies.lifecycle import AMBIGUOUS_LINK
from policies.merging.answer import Against
from tasks import names, step_endings, step_seeing
from tasks.context import Context
from tasks.step_seeing import Seen

DONE, BLOCKED, WOULD_BE_DONE = "done", "blocked", "would_be_done"
CHANGED_CODE = "INVARIANT_VIOLATION"


@dataclass(frozen=True)
class _Work:
    """A run in our hands, with the issue as it was when it was claimed."""

    run: Run
    step: StepRun
    issue: Issue


def run(context: Context, run_id: UUID) -> None:
    """Nothing happens if the run isn't due or another worker has it. Raises `LeaseLost`."""
    now = context.clock()
    with context.pool.connection() as tx:
        claimed = runs.claim(tx, run_id, now, context.settings.lease_seconds)
        work = _work(tx, claimed) if claimed is not None else None
        refusal = _refusal(context, tx, work.step, work.issue, now) if work is not None else None
    if work is None:
        return
    context.checkpoint("step.claimed")
    try:
        seen = refusal or step_seeing.look(context, work.run, work.step, work.issue)
    except SoftTimeLimitExceeded:
        seen = step_seeing.too_long()
    except Unavailable as limit:
        _put_off(context, work.run, limit)
        return
    context.checkpoint("step.read")
    _conclude(context, work, seen)


def _work(tx: Transaction, claimed: Run) -> _Work | None:
    step = step_runs.get(tx, claimed.id)
    issue = issues.get(tx, step.issue_id) if step is not None and step.issue_id is not None else None
    return None if step is None or issue is None else _Work(claimed, step, issue)


def _refusal(context: Context, tx: Transaction, step: StepRun, issue: Issue, now: datetime) -> Against | None:
    """What our own rows have against the step."""
    facts = issue_facts.of(tx, issue, now, context.settings.evidence_hours)
    blocker = lifecycle.refusal(step.step, issue.status, facts)
    return None if blocker is None else _against(blocker)


def _against(blocker: Blocker) -> Against:
    detail = AMBIGUOUS_LINK if blocker.subject == AMBIGUOUS_LINK else None
    return Against(code=blocker.code, detail=detail, sentence=blocker.sentence, subject=blocker.subject)


def _put_off(context: Context, run: Run, limit: Unavailable) -> None:
    now = context.clock()
    due_at = limit.not_before or now
    with context.pool.connection() as tx:
        runs.snooze(tx, run, due_at, limit.sentence, now=now)
    context.send(names.STEP, run.id, max(0.0, (due_at - now).total_seconds()))


def _conclude(context: Context, work: _Work, seen: Seen | Against | None) -> None:
    """Judged again on the rows as they are now: somebody may have held the issue meanwhile."""
    now = context.clock()
    with context.pool.connection() as tx:
        runs.hold(tx, work.run)
        issue = issues.hold(tx, work.issue.id)
        if issue is None:
            return
        against = _refusal(context, tx, work.step, issue, now) or _changed(issue, seen)
        against = against or (seen if isinstance(seen, Against) else None)
        if against is not None:
            _block(tx, work, issue, against, now)
        else:
            _do(tx, work, issue, seen if isinstance(seen, Seen) else None, now)
        context.checkpoint("step.before_commit")


def _changed(issue: Issue, seen: Seen | Against | None) -> Against | None:
    if not isinstance(seen, Seen) or seen.pr_url == issue.pr_url:
        return None
    sentence = "The issue was linked to another pull request meanwhile; ask for the step again."
    return Against(code=CHANGED_CODE, detail=None, sentence=sentence)


def _block(tx: Transaction, work: _Work, issue: Issue, against: Against, now: datetime) -> None:
    answer = {"code": against.code, "detail": against.detail, "sentence": against.sentence}
    step_endings.end(
        tx,
        work.run,
        work.step,
        ending="blocked",
        outcome=BLOCKED,
        answer=answer,
        code=against.code,
        state_before=issue.status,
        state_after=issue.status,
        now=now,
    )
    _attest(tx, work, issue, {"ending": "blocked", "code": against.code, "detail": against.detail}, now)


def _do(tx: Transaction, work: _Work, issue: Issue, seen: Seen | None, now: datetime) -> None:
    """The effect of the step, its event, and its end."""
    way, step = lifecycle.WAYS[work.step.step], work.step
    is_dry = step.mode == "dryRun"
    answer = _answer(issue, step, seen)
    if not is_dry:
        answer |= _effect(tx, work, issue, seen, now)
    after = issue.status if is_dry else way.after
    step_endings.end(
        tx,
        work.run,
        step,
        ending="finished",
        outcome=WOULD_BE_DONE if is_dry else DONE,
        answer=answer,
        code=None,
        state_before=issue.status,
        state_after=after,
        now=now,
    )
    _attest(tx, work, issue, {"ending": "finished", "state_after": after}, now)


def _effect(tx: Transaction, work: _Work, issue: Issue, seen: Seen | None, now: datetime) -> dict[str, Any]:
    """What the step changes, and what its answer says of that besides."""
    way, made = lifecycle.WAYS[work.step.step], {}
    if seen is not None and work.step.step == "S4_REVIEW":
        made = _request_review(tx, work, issue, seen, now)
    if seen is not None and work.step.step == "S6_DEPLOYMENT_OBSERVE":
        _observe(tx, work, issue, seen, now)
    if way.before != way.after:
        issues.move(tx, issue, way.after, now)
    return made


def _request_review(tx: Transaction, work: _Work, issue: Issue, seen: Seen, now: datetime) -> dict[str, Any]:
    """The event without which nothing is merged, and the checks as they were then."""
    said = step_endings.said_of(work.step, issue.status) | {"stateAfter": lifecycle.WAYS["S4_REVIEW"].after}
    timeline.append(tx, issue.id, work.run.id, "loop_review_requested", {**said, **_people(seen)}, now)
    if seen.checks is None or seen.head_sha is None:
        return {}
    owner, _, name = seen.full_name.partition("/")
    wanted = checks_snapshots.Wanted(
        run_id=work.run.id,
        issue_id=issue.id,
        repo_owner=owner,
        repo_name=name,
        ref=seen.head_sha,
        checks=seen.checks,
        step="S4",
        request_id=work.step.request_id,
    )
    snapshot_id = checks_snapshots.capture(tx, wanted, now)
    return {"review": {**_people(seen), "snapshotId": str(snapshot_id)}}


def _observe(tx: Transaction, work: _Work, issue: Issue, seen: Seen, now: datetime) -> None:
    deployments.observe(tx, issue.id, seen.deployments, now)
    said = step_endings.said_of(work.step, issue.status) | {"stateAfter": issue.status}
    ids = [each.deployment_id for each in seen.deployments]
    payload = {**said, **_counts(issue, seen), "deploymentIds": ids}
    timeline.append(tx, issue.id, work.run.id, "deployment_observed", payload, now)


def _answer(issue: Issue, step: StepRun, seen: Seen | None) -> dict[str, Any]:
    way = lifecycle.WAYS[step.step]
    moves = f"the issue goes from {way.before} to {way.after}" if way.before != way.after else "the issue stays"
    answer: dict[str, Any] = {"sentence": f"{step.step} can be done: {moves}."}
    if seen is not None and step.step == "S4_REVIEW":
        answer["review"] = _people(seen)
    if seen is not None and step.step == "S6_DEPLOYMENT_OBSERVE":
        answer["deployments"] = _counts(issue, seen)
    return answer


def _people(seen: Seen) -> dict[str, Any]:
    """The pull request and who is asked for a review of it."""
    people = {"reviewers": list(seen.reviewers), "teams": list(seen.teams)}
    return {"prUrl": seen.pr_url, "headSha": seen.head_sha, **people}


def _counts(issue: Issue, seen: Seen) -> dict[str, Any]:
    authentic = sum(each.is_authentic for each in seen.deployments)
    return {"mergeSha": issue.merge_sha, "count": len(seen.deployments), "authenticCount": authentic}


def _attest(tx: Transaction, work: _Work, issue: Issue, ended: dict[str, Any], now: datetime) -> None:
    """The last thing in the transaction: whoever waits for the audit chain holds all that he changes."""
    step = work.step
    said = {"run": str(work.run.id), "step": step.step, "mode": step.mode, "request": step.request_id}
    body = {**said, "state_before": issue.status, **ended}
    ledger.append(tx, kind="step_ended", subject=issue.subject, actor=ledger.BY_GATE, body=body, at=now)
