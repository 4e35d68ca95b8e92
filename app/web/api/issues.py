"""The endpoints of issues: made, changed and held, their evidence, their steps and their timeline."""

from collections.abc import Callable
from datetime import UTC
from uuid import UUID, uuid4

from app import issues as work
from app.cursors import NEWEST
from app.database import Transaction
from app.issues import Ask, Started
from app.records import issue_evidence, issues, step_runs, timeline
from app.records.issues import Issue
from app.records.step_runs import Step
from app.settings import Settings
from app.tokens import Scope
from app.web.api import issue_shapes, step_shapes
from app.web.api.bodies import Document, Page, RequestBody, Window
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.api.issue_shapes import (
    EventsShape,
    HoldRequest,
    IssueEvidenceRequest,
    IssueQuery,
    IssueRequest,
    IssueShape,
    IssueSummary,
    MergeRequestBody,
    NextStepRequest,
    NextStepShape,
    StepRequest,
)
from app.web.api.step_shapes import StepShape
from app.web.replies import Reply
from app.work import By
from policies.decision import Blocker

ISSUES = "/api/v1/issues"
ISSUE = f"{ISSUES}/<uuid:issue>"
RUNS = "/api/v1/runs"
STATUS_OF = {"ISSUE_NOT_FOUND": 404, "INVALID": 422, "INVALID_GITHUB_URL": 422, "INVALID_PR_URL": 422}
OK, CREATED, ACCEPTED, CONFLICT = 200, 201, 202, 409


def create_issue(call: Call, asked: IssueRequest) -> Answer | Reply:
    """Make an issue, in CREATED."""
    return _said(work.create(call.tx, call.settings, _by(call), asked.given()), CREATED)


def list_issues(call: Call, query: IssueQuery) -> Answer:
    """The issues, newest first."""
    found = issues.page(call.tx, query.status, after=query.after or NEWEST, limit=query.limit)
    return Answer(issue_shapes.page(found, query.limit))


def show_issue(call: Call, issue: UUID) -> Answer | Reply:
    """An issue, as it stands."""
    return _said(issues.get(call.tx, issue) or work.not_found(issue), OK)


def change_issue(call: Call, asked: IssueRequest, issue: UUID) -> Answer | Reply:
    """Set the draft, its validation, the hand-off or the links of an issue; what is left out stays."""
    return _said(work.patch(call.tx, call.settings, issue, _by(call), asked.given()), OK)


def hold_issue(call: Call, asked: HoldRequest, issue: UUID) -> Answer | Reply:
    """Hold an issue for good: no step follows, and nothing of it is merged."""
    return _said(work.hold(call.tx, issue, _by(call), asked.reason), OK)


def give_issue_evidence(call: Call, asked: IssueEvidenceRequest, issue: UUID) -> Answer | Reply:
    """Say what was found out about the merged commit."""
    given = issue_evidence.Given(
        issue_id=issue,
        kind=asked.kind,
        verdict=asked.verdict,
        sha=asked.sha,
        at=asked.at.astimezone(UTC),
        given_by=call.caller.principal,
    )
    return _said(work.give_evidence(call.tx, given, _by(call)), CREATED)


def show_next_step(call: Call, issue: UUID) -> Answer | Reply:
    """The step that can be run next, or what is in the way, as far as that is known without GitHub."""
    found = issues.get(call.tx, issue)
    if found is None:
        return _refused(work.not_found(issue))
    return Answer(issue_shapes.next_step(found, work.facts(call.tx, call.settings, found, _by(call))))


def run_next_step(call: Call, asked: NextStepRequest, issue: UUID) -> Answer | Reply:
    """Run the next step of an issue, or the one that is named."""
    return _started(call, issue, _ask(asked, asked.step))


def request_review(call: Call, asked: StepRequest, issue: UUID) -> Answer | Reply:
    """Run S4: request the review of the issue's pull request."""
    return _started(call, issue, _ask(asked, "S4_REVIEW"))


def merge_issue(call: Call, asked: MergeRequestBody, issue: UUID) -> Answer | Reply:
    """Run S5: merge the issue's pull request, if the gate says PASS."""
    return _started(call, issue, _ask(asked, "S5_MERGE", when_ready=asked.when_ready))


def list_issue_events(call: Call, window: Window, issue: UUID) -> Answer | Reply:
    """The timeline of an issue, newest first."""
    if issues.get(call.tx, issue) is None:
        return _refused(work.not_found(issue))
    found, total = timeline.page(call.tx, issue, limit=window.limit, offset=window.offset)
    return Answer(issue_shapes.events(issue, found, window, total))


def _ask(asked: StepRequest, step: Step | None, *, when_ready: bool = False) -> Ask:
    request_id = asked.request_id or uuid4()
    return Ask(step=step, mode=asked.mode, request_id=request_id, source="api", waits=when_ready)


def _started(call: Call, issue_id: UUID, ask: Ask) -> Answer | Reply:
    """The run that was opened; its message leaves after the commit."""
    started = work.ask(call.tx, call.settings, issue_id, _by(call), ask)
    if not isinstance(started, Started):
        return _refused(started)
    call.send(started.task, started.run_id)
    step = step_runs.get(call.tx, started.run_id)
    assert step is not None  # noqa: S101 -- opened in this transaction
    return Answer(step_shapes.shape(call.tx, step), ACCEPTED, location=f"{RUNS}/{started.run_id}")


def _final(tx: Transaction, document: Document, settings: Settings) -> Answer | None:
    """How the run that was answered has ended, once it has."""
    ended = step_shapes.final(tx, UUID(document["runId"]))
    return None if ended is None else Answer(ended, OK, location=f"{RUNS}/{document['runId']}")


def _by(call: Call) -> By:
    return By(call.caller.principal, call.at)


def _said(done: Issue | Blocker, status: int) -> Answer | Reply:
    if isinstance(done, Blocker):
        return _refused(done)
    return Answer(issue_shapes.issue(done), status, location=f"{ISSUES}/{done.id}" if status == CREATED else None)


def _refused(blocker: Blocker) -> Reply:
    return Reply(STATUS_OF.get(blocker.code, CONFLICT), blocker.code, blocker.sentence, (blocker,))


def _step(path: str, work: Callable[..., Answer | Reply], takes: type[StepRequest]) -> Endpoint:
    """What runs a step; it may be asked for without a body."""
    return Endpoint(
        method="POST",
        path=path,
        work=work,
        scope="propose",
        takes=takes,
        otherwise=takes(),
        answers={ACCEPTED: StepShape, OK: StepShape},
        refuses=(409,),
        awaits=_final,
    )


def _issue(
    path: str, work: Callable[..., Answer | Reply], scope: Scope, takes: type[RequestBody], status: int
) -> Endpoint:
    """What changes an issue, and answers with it."""
    return Endpoint(
        method="POST", path=path, work=work, scope=scope, takes=takes, answers={status: IssueShape}, refuses=(409,)
    )


ENDPOINTS = (
    _issue(ISSUES, create_issue, "propose", IssueRequest, CREATED),
    Endpoint(
        method="GET", path=ISSUES, work=list_issues, scope="read", query=IssueQuery, answers={OK: Page[IssueSummary]}
    ),
    Endpoint(method="GET", path=ISSUE, work=show_issue, scope="read", answers={OK: IssueShape}),
    Endpoint(
        method="PATCH",
        path=ISSUE,
        work=change_issue,
        scope="propose",
        takes=IssueRequest,
        answers={OK: IssueShape},
        refuses=(409,),
    ),
    _issue(f"{ISSUE}/hold", hold_issue, "propose", HoldRequest, OK),
    _issue(f"{ISSUE}/evidence", give_issue_evidence, "evidence", IssueEvidenceRequest, CREATED),
    Endpoint(method="GET", path=f"{ISSUE}/next-step", work=show_next_step, scope="read", answers={OK: NextStepShape}),
    _step(f"{ISSUE}/run-next-step", run_next_step, NextStepRequest),
    _step(f"{ISSUE}/review", request_review, StepRequest),
    _step(f"{ISSUE}/merge", merge_issue, MergeRequestBody),
    Endpoint(
        method="GET",
        path=f"{ISSUE}/events",
        work=list_issue_events,
        scope="read",
        query=Window,
        answers={OK: EventsShape},
    ),
)
