"""Record how a merge run ended: its answer, what it did to the issue, and whether the gate comes back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from app import ledger
from app.database import Transaction
from app.governor import LimitsUnavailable
from app.records import issues, merge_leases, merge_requests, runs, sealed_evaluations, step_runs
from app.records.issues import Issue
from app.records.runs import Wanted
from app.records.step_runs import Ending
from app.records.steps import backoff_seconds
from policies.merging.answer import Against, Answer
from tasks import names, step_endings
from tasks.context import Context
from tasks.merging.finding import TURN, Job, Target
from tasks.merging.judging import Judged

RETRY_SECONDS = 30
RETRY_SECONDS_OF = {
    "BEHIND_BASE": 60,
    "EVIDENCE_EXPIRED": 5,
    "FROZEN": 300,
    "GITHUB_BLOCKED_UNEXPLAINED": 60,
    "MERGE_NOT_PERFORMED": 60,
    "MERGE_QUEUE_REQUIRED": 300,
    "READ_BEHIND_WEBHOOK": 10,
}
"""After how many seconds the gate comes back by itself, where nobody has said a better time."""
OVERTAKEN_SECONDS = 5
"""After how many seconds a waiting request is looked at again of which something happened during its run."""
WANTS_EVALUATION = frozenset(
    {
        "BASE_CHANGED",
        "EVIDENCE_EXPIRED",
        "HEAD_MOVED",
        "HEAD_SHA_MISMATCH",
        "POLICY_CHANGED",
        "SNAPSHOT_CORRUPT",
        "SNAPSHOT_INVALIDATED",
    }
)
ENDING_OF: dict[str, Ending] = {
    "merged": "finished",
    "already_merged": "finished",
    "would_merge": "finished",
    "ignored": "finished",
    "blocked": "blocked",
    "retry_scheduled": "blocked",
    "needs_operator": "blocked",
}
Also = Callable[[Transaction, Issue | None, datetime], None]


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How a run ended. `also`: what else belongs into the same transaction, with the issue held.

    `merged_by`: the attempt that has merged it just now, whose jobs follow.
    """

    answer: Answer
    target: Target | None = None
    judged: Judged | None = None
    also: Also | None = None
    merged_by: UUID | None = None

    @property
    def wants_evaluation(self) -> bool:
        """Whether the stored evaluation does not fit the pull request any more."""
        answer = self.answer
        is_missing = answer.code == "SNAPSHOT_NOT_FOUND" and answer.detail is None
        return self.target is not None and (is_missing or answer.detail in WANTS_EVALUATION)


def against(
    first: Against,
    *others: Against,
    target: Target | None = None,
    judged: Judged | None = None,
    retry_at: datetime | None = None,
    gate_block_reason: str | None = None,
) -> Ended:
    """A run that ended without a merge, for these reasons, the primary one first."""
    gate = judged.decision.gate if judged else None
    answer = Answer(
        outcome=first.outcome,
        sentence=first.sentence,
        code=first.code,
        detail=first.detail,
        against=(first, *others),
        retry_at=retry_at,
        gate=gate.verdict if gate else None,
        gate_block_reason=gate_block_reason or (gate.against[0].code if gate and gate.against else None),
        **(_of(judged) if judged else {}),
    )
    return Ended(answer=answer, target=target, judged=judged)


def _of(judged: Judged) -> dict[str, Any]:
    evaluation = judged.situation.evaluation
    return {
        "head_sha": judged.head_sha,
        "snapshot_id": str(judged.snapshot_id) if judged.snapshot_id else None,
        "evaluation_id": evaluation.id if evaluation else None,
    }


def record(context: Context, job: Job, ended: Ended) -> Answer:
    """All that the run's end means in one transaction; the answer with the time of the next try. Raises `LeaseLost`."""
    now = context.clock()
    answer = _with_retry(context, job, ended, now)
    with context.pool.connection() as tx:
        runs.hold(tx, job.run)
        issue = issues.hold(tx, job.issue.id) if job.issue else None
        wanted = _want_evaluation(tx, job, ended, now)
        _leave_request(tx, job, ended, answer=answer, now=now)
        if ended.also is not None:
            ended.also(tx, issue, now)  # which may append to the audit, whose lock comes last
        after = issues.get(tx, issue.id) if issue else None
        _attest(tx, job, ended, answer, now)
        step_endings.end(
            tx,
            job.run,
            job.step,
            ending=ENDING_OF[answer.outcome],
            outcome=answer.outcome,
            answer=answer.model_dump(mode="json"),
            code=answer.code,
            state_before=issue.status if issue else None,
            state_after=after.status if after else None,
            now=now,
        )
        merge_leases.release(tx, job.run.id)
        context.checkpoint("merge.before_commit.result")
    context.checkpoint("merge.recorded")
    if ended.merged_by is not None:
        context.send(names.AFTER_MERGE, ended.merged_by, 0)
    if wanted is not None:
        context.send(names.EVALUATE, wanted, 0)
    return answer


def _with_retry(context: Context, job: Job, ended: Ended, now: datetime) -> Answer:
    """When the gate comes back: when GitHub or a window says, else after a while. A dry run never does."""
    answer = ended.answer
    if answer.outcome != "retry_scheduled" or job.is_dry:
        return answer
    seconds = RETRY_SECONDS_OF.get(answer.detail or "", RETRY_SECONDS)
    named = answer.retry_at or (_limit(context, ended.target, now) if answer.detail == "RATE_LIMITED" else None)
    later = now + timedelta(seconds=max(seconds, _pause(context, job))) if named is None else max(named, now)
    return answer.model_copy(update={"retry_at": later})


def _pause(context: Context, job: Job) -> float:
    """Longer after each run of one wish, up to a quarter of an hour: what does not get better is not asked for ever."""
    if job.request is None:
        return 0
    with context.pool.connection() as tx:
        return backoff_seconds(step_runs.count_of(tx, job.request.id), job.request.id)


def _limit(context: Context, target: Target | None, now: datetime) -> datetime | None:
    """Until when GitHub's limit holds, as far as the governor was told."""
    if target is None:
        return None
    try:
        return context.governor.next_turn(target.place.installation_id, TURN, target.subject, now)
    except LimitsUnavailable:
        return None


def _want_evaluation(tx: Transaction, job: Job, ended: Ended, now: datetime) -> UUID | None:
    target = ended.target
    if target is None or job.is_dry or not ended.wants_evaluation:
        return None
    place = (target.place.repository_id, target.full_name, target.place.installation_id)
    return runs.want(tx, Wanted("evaluate", *place, number=target.number), now)


def _leave_request(tx: Transaction, job: Job, ended: Ended, *, answer: Answer, now: datetime) -> None:
    """What the wish waits for now: a time, an event, or nothing."""
    if job.request is None:
        return
    if answer.retry_at is not None and not job.is_dry:
        merge_requests.come_back(tx, job.request.id, answer.retry_at)
    elif answer.outcome == "blocked" and job.request.waits:
        is_old = ended.judged is not None and _is_judged_anew(tx, ended.judged)
        merge_requests.come_back(tx, job.request.id, now + timedelta(seconds=OVERTAKEN_SECONDS) if is_old else None)
    else:
        merge_requests.end(tx, job.request.id, now)


def _is_judged_anew(tx: Transaction, judged: Judged) -> bool:
    """Whether there is a newer verdict than the one that was judged by, which could not wake a run under way."""
    known, pull = judged.situation.evaluation, judged.loaded.facts.pull
    newest = sealed_evaluations.stored_for_merge(tx, pull.repository_id, pull.number)
    return newest is not None and newest.id != (known.id if known else None)


def _attest(tx: Transaction, job: Job, ended: Ended, answer: Answer, now: datetime) -> None:
    """Ids, codes and sentences of ours; every blocker is kept, the primary one first."""
    subject = ended.target.subject if ended.target else f"run:{job.run.id}"
    body = {
        "run": str(job.run.id),
        "mode": job.step.mode,
        "request": job.step.request_id,
        "issue": str(job.issue.id) if job.issue else None,
        "outcome": answer.outcome,
        "code": answer.code,
        "detail": answer.detail,
        "blockers": [each.blocker().model_dump() | {"detail": each.detail} for each in answer.against],
        "head_sha": answer.head_sha,
        "merge_sha": answer.merge_sha,
        "evaluation": answer.evaluation_id,
        "snapshot": answer.snapshot_id,
        "retry_at": answer.retry_at.isoformat() if answer.retry_at else None,
    }
    if answer.outcome == "would_merge":
        said = {**body, "sha": answer.head_sha, "method": answer.method}
        ledger.append(tx, kind="WOULD_MERGE", subject=subject, actor=ledger.BY_GATE, body=said, at=now)
        return
    for veto in ended.judged.decision.gate.vetoes if ended.judged and not job.is_dry else ():
        ignored = {"user": veto.login, "permission": veto.permission}
        ledger.append(tx, kind="IGNORED_VETO", subject=subject, actor=ledger.BY_GATE, body=ignored, at=now)
    if answer.outcome != "merged":  # of which MERGED tells
        kind = "merge_decided" if answer.against else "merge_answered"
        ledger.append(tx, kind=kind, subject=subject, actor=ledger.BY_GATE, body={**body, "allowed": False}, at=now)
