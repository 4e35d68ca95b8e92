"""What the API says about workflows of every type, their steps and their history, and what is paused."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, WithJsonSchema

from app import definitions
from app.cursors import Part
from app.definitions import Kind, Type
from app.records.histories import Happening
from app.records.pauses import Pause
from app.records.workflows import Shown, Status
from app.web.api.bodies import Page, Paging, RequestBody, ResponseBody
from app.web.api.issue_shapes import Line
from app.web.api.run_shapes import RepositoryName
from app.workflows import Standing, Whole

IMPORTED = {"type": "object", "title": "Imported", "description": "Of a step of the old system, as it was there."}
OUTPUT: dict[str, Any] = {
    "anyOf": [*(each.model_json_schema() for each in definitions.outputs()), IMPORTED, {"type": "null"}]
}
"""What steps hand on, each by its type."""
StepName = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,63}$")]


class RetryRequest(RequestBody):
    """From which step of its line; from where it stands, where none is named."""

    step: StepName | None = None


class PauseRequest(RequestBody):
    """Why it is paused."""

    reason: Line


class WorkflowQuery(Paging):
    """Which workflows; all that is said has to fit.

    `subject`: as a workflow has it, or `owner/name#7`, `pull:1#7`, `issue:...`, `run:...`.
    """

    type: Type | None = None
    kind: Kind | Literal["imported"] | None = None
    status: Status | None = None
    repository: Annotated[str, RepositoryName] | None = None
    subject: Annotated[str, Field(min_length=1, max_length=300)] | None = None


class PauseShape(ResponseBody):
    """What is not worked on for now. `scope`: `type:merge`, or `repository:owner/name` in lower case.

    `repositoryId`: by which the repository is held under whatever name, null while it is not known.
    """

    scope: str
    repository_id: int | None
    reason: str
    paused_by: str
    paused_at: datetime


class ResumedShape(ResponseBody):
    """What is worked on again; `wasPaused`: whether it was not."""

    scope: str
    was_paused: bool


class StepOfWorkflow(ResponseBody):
    """A step. `position`: its place in the line; null beside it. `about`: what a write would change."""

    id: UUID
    name: str
    position: int | None
    status: str
    attempts: int
    due_at: datetime
    outcome: str | None
    error: str | None
    about: str | None
    input: dict[str, Any]
    output: Annotated[dict[str, Any] | None, WithJsonSchema(OUTPUT)]
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None


class HappeningShape(ResponseBody):
    """One thing that happened; `source` and `what` are stable words, `said` ids, codes and sentences."""

    at: datetime
    source: str
    what: str
    actor: str
    said: dict[str, Any]


class WorkflowShape(ResponseBody):
    """A workflow as it stands; `dueAt`, `attempts` and `error` are of the step where its line stands.

    `unblock`: what is in its way and what would unblock it, null where nothing is. `paused`: what holds it up for now.
    """

    id: UUID
    type: str
    kind: str
    version: int
    subject: str
    repository: str | None
    number: int | None
    issue_id: UUID | None
    status: str
    current_step: str
    attempts: int
    due_at: datetime | None
    error: str | None
    unblock: str | None
    paused: PauseShape | None
    asked_by: str
    input: dict[str, Any]
    retry_of: UUID | None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None


class WholeWorkflow(WorkflowShape):
    """A workflow with its steps, and everything that happened to it, oldest first."""

    steps: tuple[StepOfWorkflow, ...]
    timeline: tuple[HappeningShape, ...]


def summary(standing: Standing) -> WorkflowShape:
    """A workflow as a list says it."""
    return WorkflowShape(**_said(standing))


def whole(found: Whole) -> WholeWorkflow:
    """A workflow with all there is to it."""
    return WholeWorkflow(
        **_said(found),
        steps=tuple(map(_step, found.steps)),
        timeline=tuple(map(_happening, found.history)),
    )


def pause(found: Pause) -> PauseShape:
    """A pause as the API says it."""
    return PauseShape(**{**found.__dict__, "repository_id": found.repository_id or None})


def pauses(found: Part[Pause], limit: int) -> Page[PauseShape]:
    """A part of what is paused."""
    return Page(items=tuple(map(pause, found.rows)), limit=limit, next=found.next)


def _said(found: Standing | Whole) -> dict[str, Any]:
    workflow = found.workflow
    said = {name: getattr(workflow, name) for name in WorkflowShape.model_fields if hasattr(workflow, name)}
    return {
        **said,
        "repository": workflow.full_name or None,
        "unblock": found.unblock,
        "paused": None if workflow.pause is None else pause(workflow.pause),
    }


def _step(step: Shown) -> StepOfWorkflow:
    return StepOfWorkflow(**step.__dict__)


def _happening(happening: Happening) -> HappeningShape:
    return HappeningShape(**happening.__dict__)
