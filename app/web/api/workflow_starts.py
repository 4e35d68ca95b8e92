"""What the API takes to start a workflow: its type, and the input that this type takes."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, RootModel, model_validator

from app.web.api.bodies import RequestBody
from app.web.api.issue_shapes import Url
from app.web.api.run_shapes import Branch, Repository, Sha
from app.workflows import starting
from app.workflows.starting import AnyWish, Mode

NotMerge = Literal[
    "S1_PICK_ISSUE", "S2_SPEC_READY", "S3_IMPLEMENT_PREP", "S4_REVIEW", "S6_DEPLOYMENT_OBSERVE", "S7_VERIFY_GATE"
]


class EvaluationInput(RequestBody):
    """The pull request to judge now."""

    repository: Repository
    number: Annotated[int, Field(ge=1, le=2**63 - 1)]


class HandoffInput(RequestBody):
    """A repository and two branches that a run that writes is bound to; `headSha` where the head is there already."""

    remote: Repository
    base: Branch
    head: Branch
    head_sha: Sha | None = None


class MergeInput(RequestBody):
    """The pull request of an address, or that of an issue.

    `whenReady`: try again with each event of the pull request until it is merged, for `MERGE_REQUEST_HOURS`.
    """

    pr_url: Url | None = None
    issue_id: UUID | None = None
    mode: Mode = "execute"
    when_ready: bool = False

    @model_validator(mode="after")
    def _is_one(self) -> "MergeInput":
        if (self.pr_url is None) == (self.issue_id is None):
            raise ValueError("should have prUrl or issueId, and not both")
        return self


class LoopStepInput(RequestBody):
    """A step of an issue that is not its merge."""

    issue_id: UUID
    step: NotMerge
    mode: Mode = "execute"


class ReconciliationInput(RequestBody):
    """What to compare with GitHub; of `merges` that of one repository, of the others all that there is."""

    what: Literal["deliveries", "gates", "merges"]
    repository: Repository | None = None

    @model_validator(mode="after")
    def _has_its_repository(self) -> "ReconciliationInput":
        if (self.what == "merges") != (self.repository is not None):
            raise ValueError("should have a repository for merges, and for nothing else")
        return self


class StartEvaluation(RequestBody):
    """Judge a pull request."""

    type: Literal["policy_evaluation"]
    input: EvaluationInput

    def wanted(self) -> AnyWish:
        """As the service takes it."""
        return starting.Evaluation(self.input.repository, self.input.number)


class StartHandoff(RequestBody):
    """Open a run that writes."""

    type: Literal["pull_request_handoff"]
    input: HandoffInput

    def wanted(self) -> AnyWish:
        """As the service takes it."""
        return starting.Handoff(**self.input.model_dump())


class StartMerge(RequestBody):
    """Merge a pull request, if the gate says PASS."""

    type: Literal["merge"]
    input: MergeInput

    def wanted(self) -> AnyWish:
        """As the service takes it."""
        asked = self.input
        return starting.Merge(asked.mode, asked.when_ready, pr_url=asked.pr_url, issue_id=asked.issue_id)


class StartLoopStep(RequestBody):
    """Run a step of an issue."""

    type: Literal["loop_step"]
    input: LoopStepInput

    def wanted(self) -> AnyWish:
        """As the service takes it."""
        return starting.LoopStep(**self.input.model_dump())


class StartReconciliation(RequestBody):
    """Look for what got lost."""

    type: Literal["reconciliation"]
    input: ReconciliationInput

    def wanted(self) -> AnyWish:
        """As the service takes it."""
        return starting.Reconciliation(self.input.what, self.input.repository)


class StartOtherwise(RequestBody):
    """A type that begins in another way; the answer says in which."""

    type: Literal["approval", "legacy_import"]
    input: dict[str, Any] = Field(default_factory=dict)

    def wanted(self) -> AnyWish:
        """As the service takes it."""
        return starting.Otherwise(self.type)


AnyStart = StartEvaluation | StartHandoff | StartMerge | StartLoopStep | StartReconciliation | StartOtherwise


class StartRequest(RootModel[Annotated[AnyStart, Field(discriminator="type")]]):
    """The type of a workflow, and the input that this type takes."""
