"""What the API says about a run of a step: that it is under way, that it succeeded, or what blocks it."""

from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from pydantic import RootModel

from app.database import Transaction
from app.records import issues, merge_requests, step_runs, timeline
from app.records.step_runs import MERGE_STEP, Step, StepMode, StepRun
from app.web.api.bodies import Document, ResponseBody
from policies import lifecycle

FAILED, IGNORED = "STEP_FAILED", "IGNORED"
MILLISECOND = timedelta(milliseconds=1)


class StepUnderWay(ResponseBody):
    """A run of a step that has no outcome yet."""

    run_id: UUID
    request_id: str
    issue_id: UUID | None = None
    step: Step
    mode: StepMode
    status: Literal["running"] = "running"
    state_before: str | None = None
    started_at: datetime


class MergeEvidence(ResponseBody):
    """By what a merge is proven; without an event and a verdict where it was not this gate's."""

    event_id: UUID | None = None
    pr_url: str | None = None
    merge_sha: str | None = None
    merge_method: str | None = None
    gate_verdict: Literal["PASS"] | None = None


class ReviewEvidence(ResponseBody):
    """What S4 has seen: the pull request, its head, and who is asked for a review."""

    pr_url: str | None = None
    head_sha: str | None = None
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    snapshot_id: str | None = None


class DeploymentEvidence(ResponseBody):
    """What S6 has seen of the merged commit."""

    merge_sha: str | None = None
    count: int
    authentic_count: int


class Would(ResponseBody):
    """What a dry run would have done."""

    state_after: str | None = None
    sentence: str


class StepSucceeded(ResponseBody):
    """A step that was done; of a dry run, that it would have been.

    `code`: `PR_ALREADY_MERGED` where it was before, and `IGNORED` where nobody wanted a merge any more; `message` says
    why then.
    """

    success: Literal[True] = True
    dry_run: Literal[True] | None = None
    code: str | None = None
    message: str | None = None
    run_id: UUID
    step: Step
    state_before: str | None = None
    state_after: str | None = None
    merge_evidence: MergeEvidence | None = None
    review_evidence: ReviewEvidence | None = None
    deployment_evidence: DeploymentEvidence | None = None
    would: Would | None = None
    duration_ms: int


class StepBlocked(ResponseBody):
    """A step that was not done, and why; `retryAt`: when the gate tries again by itself."""

    success: Literal[False] = False
    blocked: Literal[True] = True
    dry_run: Literal[True] | None = None
    blocker_code: str
    blocker_message: str
    detail: str | None = None
    run_id: UUID
    step: Step
    state_before: str | None = None
    state_after: str | None = None
    gate_verdict: Literal["FAIL"] | None = None
    gate_block_reason: str | None = None
    retry_at: datetime | None = None


class StepShape(RootModel[StepUnderWay | StepSucceeded | StepBlocked]):
    """A run of a step, as it stands."""


def shape(tx: Transaction, step: StepRun) -> Document:
    """A run as the API says it; what is not known is left out."""
    made = _under_way(step) if step.ending is None else _ended(tx, step)
    document: Document = made.model_dump(mode="json", by_alias=True, exclude_none=True)
    return document


def final(tx: Transaction, run_id: UUID) -> Document | None:
    """The same of a run that has ended; None while it has not, and where there is no such run."""
    step = step_runs.get(tx, run_id)
    return None if step is None or step.ending is None else shape(tx, step)


def _under_way(step: StepRun) -> StepUnderWay:
    return StepUnderWay(
        run_id=step.run_id,
        request_id=step.request_id,
        issue_id=step.issue_id,
        step=step.step,
        mode=step.mode,
        state_before=step.state_before,
        started_at=step.started_at,
    )


def _ended(tx: Transaction, step: StepRun) -> StepSucceeded | StepBlocked:
    answer = step.answer or {}
    return _succeeded(tx, step, answer) if step.ending == "finished" else _blocked(step, answer)


def _blocked(step: StepRun, answer: dict[str, Any]) -> StepBlocked:
    """A state that nothing has changed is the one that it was in before."""
    return StepBlocked(
        dry_run=_dry(step),
        blocker_code=answer.get("code") or FAILED,
        blocker_message=answer.get("sentence") or "The step did not come to an end; ask for it again.",
        detail=answer.get("detail"),
        run_id=step.run_id,
        step=step.step,
        state_before=step.state_before,
        state_after=step.state_after or step.state_before,
        gate_verdict="FAIL" if answer.get("gate") == "FAIL" else None,
        gate_block_reason=answer.get("gate_block_reason"),
        retry_at=None if _dry(step) else answer.get("retry_at"),
    )


def _succeeded(tx: Transaction, step: StepRun, answer: dict[str, Any]) -> StepSucceeded:
    ended_at = step.ended_at or step.started_at
    is_merged = step.step == MERGE_STEP and answer.get("merge_sha") is not None
    is_ignored = step.outcome == "ignored"
    return StepSucceeded(
        dry_run=_dry(step),
        code=IGNORED if is_ignored else answer.get("code"),
        message=answer.get("sentence") if is_ignored else None,
        run_id=step.run_id,
        step=step.step,
        state_before=step.state_before,
        state_after=step.state_after or step.state_before,
        merge_evidence=_merge_evidence(tx, step, answer) if is_merged else None,
        review_evidence=_seen(answer, "review", ReviewEvidence),
        deployment_evidence=_seen(answer, "deployments", DeploymentEvidence),
        would=_would(step, answer) if _dry(step) else None,
        duration_ms=(ended_at - step.started_at) // MILLISECOND,
    )


def _merge_evidence(tx: Transaction, step: StepRun, answer: dict[str, Any]) -> MergeEvidence:
    """By the event of the merge where it was ours; a merge of no issue has none."""
    event = timeline.newest(tx, step.issue_id, "loop_merged") if step.issue_id else None
    said = event.payload if event is not None else {}
    is_ours = event is not None or (step.issue_id is None and step.outcome == "merged")
    return MergeEvidence(
        event_id=event.id if event is not None else None,
        pr_url=said.get("prUrl") or _pr_url(tx, step),
        merge_sha=said.get("mergeSha") or answer.get("merge_sha"),
        merge_method=said.get("mergeMethod") or (answer.get("method") if is_ours else None),
        gate_verdict="PASS" if is_ours else None,
    )


def _pr_url(tx: Transaction, step: StepRun) -> str | None:
    issue = issues.get(tx, step.issue_id) if step.issue_id else None
    asked = merge_requests.get(tx, step.merge_request_id) if step.merge_request_id else None
    return (issue.pr_url if issue else None) or (asked.pr_url if asked else None)


def _would(step: StepRun, answer: dict[str, Any]) -> Would:
    known = step.state_before == lifecycle.WAYS[step.step].before
    after = lifecycle.WAYS[step.step].after if known else step.state_before
    return Would(state_after=after, sentence=answer.get("sentence") or "The step would be done.")


def _seen(answer: dict[str, Any], name: str, kind: type[Any]) -> Any:
    return kind.model_validate(answer[name]) if answer.get(name) else None


def _dry(step: StepRun) -> Literal[True] | None:
    """Asked for as one, or made one by operators and settings: nothing was done in either case."""
    return True if step.mode == "dryRun" or step.outcome == "would_merge" else None
