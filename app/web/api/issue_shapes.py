"""What the API takes and says about issues: their links and drafts, evidence, the next step, their timeline."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, JsonValue

from app.cursors import Part
from app.records.issues import Issue
from app.records.step_runs import Step
from app.records.timeline import TimelineEvent
from app.web.api.bodies import Page, Paging, RequestBody, ResponseBody, Window
from policies import lifecycle
from policies.decision import Blocker
from policies.lifecycle import State

MOST_CANDIDATES = 20
MOST_FINDINGS = 100


def _line(text: str) -> str:
    if not text.isprintable() or not text.strip():
        raise ValueError("should be one line without control characters")
    return text


Line = Annotated[str, Field(min_length=1, max_length=1_000), AfterValidator(_line)]
Url = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_line)]
Word = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$")]
Sha = Annotated[str, Field(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$")]


class Validation(RequestBody):
    """What was found out about the draft."""

    valid: bool
    findings: Annotated[tuple[Line, ...], Field(max_length=MOST_FINDINGS)] = ()


class IssueRequest(RequestBody):
    """What is known of an issue; what is left out stays as it is, and null takes a link or the draft away.

    A new draft is neither committed nor validated, unless that is said with it. `prCandidates`: pull requests that may
    be meant, while it is not known which one is.
    """

    github_url: Url | None = None
    pr_url: Url | None = None
    pr_candidates: Annotated[tuple[Url, ...], Field(max_length=MOST_CANDIDATES)] = ()
    draft: dict[str, JsonValue] | None = None
    draft_committed: bool = False
    validation: Validation | None = None
    handoff_state: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,39}$")] = "NONE"

    def given(self) -> dict[str, Any]:
        """What was said, by the name of its column."""
        said = {name: getattr(self, name) for name in self.model_fields_set}
        if isinstance(said.get("validation"), Validation):
            said["validation"] = said["validation"].model_dump(mode="json")
        if "pr_candidates" in said:
            said["pr_candidates"] = list(dict.fromkeys(said["pr_candidates"]))
        return said


class HoldRequest(RequestBody):
    """Why the issue is held."""

    reason: Line


class IssueEvidenceRequest(RequestBody):
    """What was found out about a commit, and when; for the verification of what was merged (S7)."""

    kind: Word
    verdict: Literal["PASS", "FAIL"]
    sha: Sha
    at: AwareDatetime


class StepRequest(RequestBody):
    """How a step is run: a dry run decides and changes nothing. `requestId`: a UUID, made where it is left out."""

    mode: Literal["execute", "dryRun"] = "execute"
    request_id: UUID | None = None


class NextStepRequest(StepRequest):
    """The step to run; the next one where none is named."""

    step: Step | None = None


class MergeRequestBody(StepRequest):
    """`whenReady`: try again with each event of the pull request until it is merged, for `MERGE_REQUEST_HOURS`."""

    when_ready: bool = False


class IssueQuery(Paging):
    """Which issues."""

    status: State | None = None


class IssueSummary(ResponseBody):
    """An issue in a list. `mergeSha`: what its pull request was merged as, by this gate or somebody else."""

    id: UUID
    status: str
    github_url: str | None
    pr_url: str | None
    pr_candidates: tuple[str, ...]
    draft_committed_at: datetime | None
    handoff_state: str
    hold_reason: str | None
    merge_sha: str | None
    created_by: str
    created_at: datetime
    updated_at: datetime


class IssueShape(IssueSummary):
    """An issue with its draft and what the validation of that found."""

    draft: dict[str, Any] | None
    validation: dict[str, Any] | None


class NextStepShape(ResponseBody):
    """The step that can be run next, or what is in the way; `blockedStep`: of which one, where there is one."""

    issue_id: UUID
    status: str
    next_step: Step | None
    blocked: bool
    blocked_step: Step | None
    blocker_code: str | None
    blocker_message: str | None


class EventShape(ResponseBody):
    """One event of the timeline."""

    event_id: UUID
    type: str
    at: datetime
    payload: dict[str, Any]


class EventsShape(ResponseBody):
    """A part of the timeline of an issue, newest first, and how long the whole is."""

    schema_version: Literal["loop.events.v1"] = "loop.events.v1"
    issue_id: UUID
    events: tuple[EventShape, ...]
    total: int
    limit: int
    offset: int


def issue(found: Issue) -> IssueShape:
    """An issue as the API says it."""
    return IssueShape.model_validate({**found.__dict__, **_lists(found)})


def page(found: Part[Issue], limit: int) -> Page[IssueSummary]:
    """A part of the list of issues, as the API says it."""
    return Page[IssueSummary](items=tuple(map(summary, found.rows)), limit=limit, next=found.next)


def events(issue_id: UUID, found: list[TimelineEvent], window: Window, total: int) -> EventsShape:
    """A part of the timeline of an issue, as the API says it."""
    return EventsShape(
        issue_id=issue_id,
        events=tuple(map(event, found)),
        total=total,
        limit=window.limit,
        offset=window.offset,
    )


def next_step(found: Issue, facts: lifecycle.Facts) -> NextStepShape:
    """The step that comes next, or what is in its way."""
    step, following = lifecycle.step_of(found.status, facts), lifecycle.next_step(found.status, facts)
    blocker = following if isinstance(following, Blocker) else None
    return NextStepShape(
        issue_id=found.id,
        status=found.status,
        next_step=None if isinstance(following, Blocker) else following,
        blocked=blocker is not None,
        blocked_step=None if blocker is None or isinstance(step, Blocker) else step,
        blocker_code=blocker.code if blocker else None,
        blocker_message=blocker.sentence if blocker else None,
    )


def summary(found: Issue) -> IssueSummary:
    """An issue as a list says it, without the draft, which may be long."""
    return IssueSummary.model_validate(
        {name: getattr(found, name) for name in IssueSummary.model_fields} | _lists(found)
    )


def event(found: TimelineEvent) -> EventShape:
    """An event as the API says it."""
    return EventShape(event_id=found.id, type=found.type, at=found.at, payload=found.payload)


def _lists(found: Issue) -> dict[str, Any]:
    return {"pr_candidates": tuple(found.pr_candidates)}
