"""The endpoints of workflows: started, listed, shown, cancelled and retried, and what of them is paused."""

import re
from collections.abc import Callable
from uuid import UUID

from pydantic import BaseModel

from app import workflows as work
from app.cursors import NEWEST
from app.database import Transaction
from app.records import workflows
from app.records.workflows import TYPES, Which
from app.settings import Settings
from app.tokens import Scope
from app.web.api import workflow_shapes
from app.web.api.bodies import Document, Page, Paging
from app.web.api.endpoint import Answer, Call, Endpoint
from app.web.api.workflow_shapes import (
    PauseRequest,
    PauseShape,
    ResumedShape,
    RetryRequest,
    WholeWorkflow,
    WorkflowQuery,
    WorkflowShape,
)
from app.web.api.workflow_starts import StartRequest
from app.web.replies import Reply
from app.work import By
from app.workflows import cancelling, pausing, retrying, starting
from policies.decision import Blocker

WRITE = "write.perform"
WORKFLOWS = "/api/v1/workflows"
WORKFLOW = f"{WORKFLOWS}/<uuid:workflow>"
PAUSES = "/api/v1/pauses"
STATUS_OF = {
    "WORKFLOW_NOT_FOUND": 404,
    "ISSUE_NOT_FOUND": 404,
    "PULL_REQUEST_NOT_SEEN": 404,
    "REPOSITORY_NOT_SEEN": 404,
    "BEGINS_OTHERWISE": 422,
    "BRANCH_MISMATCH": 422,
    "INVALID_PR_URL": 422,
    "STEP_NOT_BEGUN": 422,
}
OK, ACCEPTED, CONFLICT = 200, 202, 409
UNDER_WAY = ("pending", "running")
NO_TYPE = Reply(404, "TYPE_UNKNOWN", f"There are these types of workflows: {', '.join(TYPES)}.")
NO_REPOSITORY = Reply(422, "INVALID", "A repository is paused by its owner and its name.")

_NAME = re.compile(r"[A-Za-z0-9._-]{1,100}")


def start_workflow(call: Call, asked: StartRequest) -> Answer | Reply:
    """Start a workflow; one that waits for the same already is the one that is answered."""
    started = starting.start(call.tx, call.settings, _by(call), asked.root.wanted())
    if isinstance(started, Blocker):
        return _refused(started)
    call.send(started.task, started.workflow_id)
    return _shown(call, started.workflow_id, ACCEPTED)


def list_workflows(call: Call, query: WorkflowQuery) -> Answer:
    """The workflows, newest first."""
    which = Which(**{name: getattr(query, name) for name in Which.__dataclass_fields__})
    found = work.page(call.tx, which, call.at, limit=query.limit, after=query.after or NEWEST)
    items = tuple(map(workflow_shapes.summary, found.rows))
    following = None if found.after is None else str(found.after)
    return Answer(Page[WorkflowShape](items=items, limit=query.limit, next=following))


def show_workflow(call: Call, workflow: UUID) -> Answer | Reply:
    """A workflow with its steps, its timeline, and what would unblock it."""
    found = work.show(call.tx, workflow, call.at)
    return _refused(found) if isinstance(found, Blocker) else Answer(workflow_shapes.whole(found))


def cancel_workflow(call: Call, workflow: UUID) -> Answer | Reply:
    """Cancel a workflow: what was not sent is never sent, and what was is read to its end."""
    done = cancelling.cancel(call.tx, workflow, _by(call))
    return _refused(done) if isinstance(done, Blocker) else _shown(call, done.id, OK)


def retry_workflow(call: Call, asked: RetryRequest, workflow: UUID) -> Answer | Reply:
    """Retry a stopped workflow; of a step or a merge the answer is a new one, with `retryOf`."""
    done = retrying.retry(call.tx, call.settings, workflow, _by(call), asked.step)
    if isinstance(done, Blocker):
        return _refused(done)
    call.send(done.task, done.workflow_id)
    for write_id in done.writes:
        call.send(WRITE, write_id)
    return _shown(call, done.workflow_id, ACCEPTED)


def list_pauses(call: Call, query: Paging) -> Answer:
    """What is paused, the newest first."""
    found = pausing.page(call.tx, limit=query.limit, after=query.after or NEWEST)
    return Answer(workflow_shapes.pauses(found, query.limit))


def pause_type(call: Call, asked: PauseRequest, type: str) -> Answer | Reply:  # noqa: A002 -- as the address has it
    """Begin nothing of a type; what is under way goes on."""
    return _paused(call, _of_type(type), asked.reason)


def resume_type(call: Call, type: str) -> Answer | Reply:  # noqa: A002
    """Go on with a type."""
    return _resumed(call, _of_type(type))


def pause_repository(call: Call, asked: PauseRequest, owner: str, repo: str) -> Answer | Reply:
    """Begin nothing of a repository; what is under way goes on."""
    return _paused(call, _of_repository(owner, repo), asked.reason)


def resume_repository(call: Call, owner: str, repo: str) -> Answer | Reply:
    """Go on with a repository."""
    return _resumed(call, _of_repository(owner, repo))


def _of_type(name: str) -> pausing.Scope | Reply:
    return pausing.Scope("type", name) if name in TYPES else NO_TYPE


def _of_repository(owner: str, name: str) -> pausing.Scope | Reply:
    is_name = _NAME.fullmatch(owner) and _NAME.fullmatch(name)
    return pausing.Scope("repository", f"{owner}/{name}") if is_name else NO_REPOSITORY


def _paused(call: Call, scope: pausing.Scope | Reply, reason: str) -> Answer | Reply:
    if isinstance(scope, Reply):
        return scope
    paused = pausing.pause(call.tx, scope, _by(call), reason)
    return _refused(paused) if isinstance(paused, Blocker) else Answer(workflow_shapes.pause(paused))


def _resumed(call: Call, scope: pausing.Scope | Reply) -> Answer | Reply:
    if isinstance(scope, Reply):
        return scope
    return Answer(ResumedShape(scope=str(scope), was_paused=pausing.resume(call.tx, scope, _by(call))))


def _shown(call: Call, workflow_id: UUID, status: int) -> Answer | Reply:
    found = workflows.get(call.tx, workflow_id)
    if found is None:
        return _refused(work.not_found(workflow_id))
    location = f"{WORKFLOWS}/{workflow_id}" if status == ACCEPTED else None
    return Answer(workflow_shapes.summary(work.standing(call.tx, found, call.at)), status, location=location)


def _final(tx: Transaction, document: Document, settings: Settings) -> Answer | None:
    """The workflow that was answered, once nothing more happens to it by itself."""
    found = workflows.get(tx, UUID(document["id"]))
    if found is None or found.status in UNDER_WAY:
        return None
    standing = work.standing(tx, found, found.updated_at)
    return Answer(workflow_shapes.summary(standing), OK, location=f"{WORKFLOWS}/{found.id}")


def _by(call: Call) -> By:
    return By(call.caller.principal, call.at)


def _refused(blocker: Blocker) -> Reply:
    return Reply(STATUS_OF.get(blocker.code, CONFLICT), blocker.code, blocker.sentence, (blocker,))


def _post(
    path: str, work: Callable[..., Answer | Reply], scope: Scope, takes: type[BaseModel] | None, status: int
) -> Endpoint:
    """What changes a workflow, and answers with it."""
    return Endpoint(
        method="POST",
        path=path,
        work=work,
        scope=scope,
        takes=takes,
        otherwise=RetryRequest() if takes is RetryRequest else None,
        answers={status: WorkflowShape} | ({OK: WorkflowShape} if status == ACCEPTED else {}),
        refuses=(404, 409),
        awaits=_final if status == ACCEPTED else None,
    )


def _pause(
    path: str, pause: Callable[..., Answer | Reply], resume: Callable[..., Answer | Reply]
) -> tuple[Endpoint, Endpoint]:
    """What pauses one scope, and what goes on with it."""
    return (
        Endpoint(
            method="PUT",
            path=path,
            work=pause,
            scope="operate",
            takes=PauseRequest,
            answers={OK: PauseShape},
            refuses=(409,),
        ),
        Endpoint(method="DELETE", path=path, work=resume, scope="operate", answers={OK: ResumedShape}),
    )


ENDPOINTS = (
    _post(WORKFLOWS, start_workflow, "propose", StartRequest, ACCEPTED),
    Endpoint(
        method="GET",
        path=WORKFLOWS,
        work=list_workflows,
        scope="read",
        query=WorkflowQuery,
        answers={OK: Page[WorkflowShape]},
    ),
    Endpoint(method="GET", path=WORKFLOW, work=show_workflow, scope="read", answers={OK: WholeWorkflow}),
    _post(f"{WORKFLOW}/cancel", cancel_workflow, "operate", None, OK),
    _post(f"{WORKFLOW}/retry", retry_workflow, "operate", RetryRequest, ACCEPTED),
    Endpoint(method="GET", path=PAUSES, work=list_pauses, scope="read", query=Paging, answers={OK: Page[PauseShape]}),
    *_pause(f"{PAUSES}/types/<type>", pause_type, resume_type),
    *_pause(f"{PAUSES}/repositories/<owner>/<repo>", pause_repository, resume_repository),
)
