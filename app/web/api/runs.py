"""The endpoints of runs: opened and bound, their epochs and evidence, what they wish to write, an operator's word."""

from collections.abc import Callable
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import RootModel

from app import wished, work
from app.cursors import NEWEST, OLDEST
from app.database import Transaction
from app.records import bindings, evidence, shown_intents, step_runs
from app.records.bindings import Binding
from app.records.wishes import Wish
from app.settings import Settings
from app.tokens import Scope
from app.web.api import run_shapes, step_shapes
from app.web.api.bodies import Document, Page, Paging, RequestBody
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.api.run_shapes import (
    EpochRequest,
    EvidenceRequest,
    IntentQuery,
    IntentShape,
    PullRequestRequest,
    RunRequest,
    RunShape,
    RunSummary,
    WordRequest,
    WriteRequest,
)
from app.web.api.step_shapes import StepBlocked, StepSucceeded, StepUnderWay
from app.web.replies import Reply
from app.work import By, Done, Word
from policies.decision import Blocker

WORK, WRITE, APPROVAL = "work.advance", "write.perform", "approval.follow"
RUNS = "/api/v1/runs"
RUN = f"{RUNS}/<uuid:run>"
INTENTS = "/api/v1/intents"
INTENT = f"{INTENTS}/<uuid:intent>"
STATUS_OF = {"RUN_NOT_FOUND": 404, "INTENT_NOT_FOUND": 404, "APPROVAL_OWN_PROPOSAL": 403}
OK, CREATED, ACCEPTED, CONFLICT = 200, 201, 202, 409
NO_INTENT = Reply(404, "INTENT_NOT_FOUND", "No run has asked for such a write.")
BRANCHES = Reply(422, "BRANCH_MISMATCH", "Base and head should be two branches.")


class AnyRunShape(RootModel[RunShape | StepUnderWay | StepSucceeded | StepBlocked]):
    """A run: one that writes, or one of a step of an issue."""


def open_run(call: Call, asked: RunRequest) -> Answer | Reply:
    """Open a run, bound to a repository and its branches."""
    if asked.base == asked.head:
        return BRANCHES
    opened = work.open_run(
        call.tx, _by(call), remote=asked.repository, base=asked.base, head=asked.head, head_sha=asked.head_sha
    )
    return _said(call, opened, CREATED)


def list_runs(call: Call, paging: Paging) -> Answer:
    """The runs, newest first."""
    found = bindings.page(call.tx, after=paging.after or NEWEST, limit=paging.limit)
    items = tuple(run_shapes.summary(_shape(call.tx, binding, call.settings)) for binding in found.rows)
    return Answer(Page[RunSummary](items=items, limit=paging.limit, next=found.next))


def show_run(call: Call, run: UUID) -> Answer | Reply:
    """A run, with its writes and everything that is in their way; of a step, how it stands or has ended."""
    binding = bindings.get(call.tx, run)
    if binding is not None:
        return Answer(_shape(call.tx, binding, call.settings))
    step = step_runs.get(call.tx, run)
    return _no_run(run) if step is None else Answer(step_shapes.shape(call.tx, step))


def open_epoch(call: Call, asked: EpochRequest, run: UUID) -> Answer | Reply:
    """A new head, or a new attempt: evidence of before counts no more, nor an approval of what would change."""
    return _said(call, work.next_epoch(call.tx, run, _by(call), asked.head_sha), CREATED)


def give_evidence(call: Call, asked: EvidenceRequest, run: UUID) -> Answer | Reply:
    """Say what was found out about the head of the present epoch."""
    given = evidence.Given(
        run_id=run,
        kind=asked.kind,
        verdict=asked.verdict,
        epoch=asked.epoch,
        head_sha=asked.head_sha,
        artifact=asked.artifact,
        given_by=call.caller.principal,
        given_at=call.at,
    )
    return _said(call, work.give_evidence(call.tx, given, _by(call)), CREATED)


def wish(call: Call, asked: WriteRequest, run: UUID) -> Answer | Reply:
    """Ask for a write; whether it leaves is told by the run."""
    content = dict(asked.content)
    found = wished.content(
        Wish(run, 1, asked.kind, content, call.caller.principal, call.at), call.settings.status_context
    )
    if isinstance(found, Blocker):
        return Reply(422, found.code, found.sentence, (found,))
    return _said(call, work.wish(call.tx, run, _by(call), asked.kind, content), ACCEPTED)


def open_pull_request(call: Call, asked: PullRequestRequest) -> Answer | Reply:
    """Ask for a pull request from a stored artifact; asked again, it is the same one, with whatever has changed."""
    if asked.base == asked.branch:
        return BRANCHES
    binding = _bound(call, asked)
    if isinstance(binding, Blocker):
        return _refused(binding)
    bound = (binding.proposed_by, binding.remote, binding.base_ref)
    if bound != (call.caller.principal, asked.repository, asked.base):
        return _refused(work.branch_taken(asked.repository, asked.branch, binding))
    content = asked.model_dump(mode="json", exclude={"repository", "base", "branch"})
    return _said(call, work.wish_pull_request(call.tx, binding.run_id, _by(call), content), ACCEPTED)


def _bound(call: Call, asked: PullRequestRequest) -> Binding | Blocker:
    """The run of the branch: the open one, which another request may just have opened, or a new one."""
    known = bindings.open_on(call.tx, asked.repository, asked.branch)
    if known is not None:
        return known
    ends = {"remote": asked.repository, "base": asked.base, "head": asked.branch}
    opened = work.open_run(call.tx, _by(call), **ends, head_sha=None)
    if isinstance(opened, Done):
        return opened.binding
    return bindings.open_on(call.tx, asked.repository, asked.branch) or opened


def cancel_run(call: Call, run: UUID) -> Answer | Reply:
    """End a run: what was not sent is not written any more."""
    return _said(call, work.cancel(call.tx, run, _by(call)), OK)


def approve_run(call: Call, asked: WordRequest, run: UUID) -> Answer | Reply:
    """Approve all that a run wishes for, as it is now."""
    return _said(call, work.judge_run(call.tx, run, _by(call), _word(call, asked, "approved")), OK)


def deny_run(call: Call, asked: WordRequest, run: UUID) -> Answer | Reply:
    """Deny all that a run wishes for, as it is now."""
    return _said(call, work.judge_run(call.tx, run, _by(call), _word(call, asked, "denied")), OK)


def list_intents(call: Call, query: IntentQuery) -> Answer:
    """The writes that runs ask for, by where they stand; those that wait first of all."""
    found = shown_intents.page(call.tx, query.status, after=query.after or OLDEST, limit=query.limit)
    items = tuple(run_shapes.intent(row) for row in found.rows)
    return Answer(Page[IntentShape](items=items, limit=query.limit, next=found.next))


def show_intent(call: Call, intent: UUID) -> Answer | Reply:
    """One write: exactly what would be written, and what is in its way."""
    row = shown_intents.get(call.tx, intent)
    return NO_INTENT if row is None or row["epoch"] is None else Answer(run_shapes.intent(row))


def approve_intent(call: Call, asked: WordRequest, intent: UUID) -> Answer | Reply:
    """Approve one write, as it is now."""
    return _judge(call, intent, _word(call, asked, "approved"))


def deny_intent(call: Call, asked: WordRequest, intent: UUID) -> Answer | Reply:
    """Deny one write, as it is now."""
    return _judge(call, intent, _word(call, asked, "denied"))


def _judge(call: Call, intent_id: UUID, word: Word) -> Answer | Reply:
    row = shown_intents.get(call.tx, intent_id)
    if row is None or row["epoch"] is None:
        return NO_INTENT
    return _said(call, work.judge_write(call.tx, row["run_id"], intent_id, _by(call), word), OK)


def _by(call: Call) -> By:
    return By(call.caller.principal, call.at)


def _word(call: Call, asked: WordRequest, said: Literal["approved", "denied"]) -> Word:
    seconds = call.settings.approval_seconds
    return Word(digest=asked.digest, is_approved=said == "approved", seconds=seconds, reason=asked.reason)


def _said(call: Call, done: Done | Blocker, status: int) -> Answer | Reply:
    """The run as it is now; what is to be done next is sent for after the commit."""
    if isinstance(done, Blocker):
        return _refused(done)
    run_id = done.binding.run_id
    if done.binding.is_open:
        call.send(WORK, run_id)
    for intent_id in done.reopened:
        call.send(WRITE, intent_id)
    if done.answered is not None:
        call.send(APPROVAL, done.answered)
    binding = bindings.get(call.tx, run_id) or done.binding
    return Answer(_shape(call.tx, binding, call.settings), status, location=f"{RUNS}/{run_id}")


def _refused(blocker: Blocker) -> Reply:
    return Reply(STATUS_OF.get(blocker.code, CONFLICT), blocker.code, blocker.sentence, (blocker,))


def _no_run(run_id: UUID) -> Reply:
    return Reply(404, "RUN_NOT_FOUND", "There is no such run.")


def _shape(tx: Transaction, binding: bindings.Binding, settings: Settings) -> RunShape:
    return run_shapes.run(tx, binding, _pages_of(settings.github_api_url))


def _pages_of(api_url: str) -> str:
    """Where GitHub's pages are: beside the API, at a GitHub Enterprise Server on the same host."""
    parts = urlsplit(api_url)
    return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"


def _final(tx: Transaction, document: Document, settings: Settings) -> Answer | None:
    """The run that was answered, once nothing more happens to it by itself."""
    binding = bindings.get(tx, UUID(document["runId"]))
    if binding is None:
        ended = step_shapes.final(tx, UUID(document["runId"]))
        return None if ended is None else Answer(ended, OK, location=f"{RUNS}/{document['runId']}")
    shape = _shape(tx, binding, settings)
    return None if shape.status == "running" else Answer(shape, OK, location=f"{RUNS}/{binding.run_id}")


def _post(
    path: str, work: Callable[..., Answer | Reply], scope: Scope, takes: type[RequestBody] | None, status: int
) -> Endpoint:
    """What changes a run, and answers with it."""
    return Endpoint(
        method="POST",
        path=path,
        work=work,
        scope=scope,
        takes=takes,
        answers={status: RunShape} | ({OK: RunShape} if status == ACCEPTED else {}),
        refuses=(404, 409),
        awaits=_final if status == ACCEPTED else None,
    )


ENDPOINTS = (
    _post(RUNS, open_run, "propose", RunRequest, CREATED),
    Endpoint(method="GET", path=RUNS, work=list_runs, scope="read", query=Paging, answers={200: Page[RunSummary]}),
    Endpoint(method="GET", path=RUN, work=show_run, scope="read", answers={OK: AnyRunShape}, awaits=_final),
    _post(f"{RUN}/epochs", open_epoch, "propose", EpochRequest, CREATED),
    _post(f"{RUN}/evidence", give_evidence, "evidence", EvidenceRequest, CREATED),
    _post(f"{RUN}/writes", wish, "propose", WriteRequest, ACCEPTED),
    _post(f"{RUN}/cancel", cancel_run, "propose", None, OK),
    _post(f"{RUN}/approve", approve_run, "approve", WordRequest, OK),
    _post(f"{RUN}/deny", deny_run, "approve", WordRequest, OK),
    _post("/api/v1/pull-requests", open_pull_request, "propose", PullRequestRequest, ACCEPTED),
    Endpoint(
        method="GET",
        path=INTENTS,
        work=list_intents,
        scope="read",
        query=IntentQuery,
        answers={200: Page[IntentShape]},
    ),
    Endpoint(method="GET", path=INTENT, work=show_intent, scope="read", answers={200: IntentShape}),
    _post(f"{INTENT}/approve", approve_intent, "approve", WordRequest, OK),
    _post(f"{INTENT}/deny", deny_intent, "approve", WordRequest, OK),
)
