"""What the API takes and says about runs, their evidence, their writes and the operators' word on them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue

from app import definitions
from app.database import Transaction
from app.records import evidence, run_intents, shown_intents, wishes
from app.records.bindings import Binding
from app.records.shown_intents import Row
from app.web.api.bodies import Paging, RequestBody, ResponseBody
from policies import contents, standing
from policies.contents.fields import MOST_NAMES, branch
from policies.gates import PREDECESSOR_PENDING
from policies.intents import digest

WishKind = Literal[
    "comment",
    "pull_request_create",
    "pull_request_update",
    "status",
    "check_run",
    "label_add",
    "label_remove",
    "review_approve",
    "review_dismiss",
    "review_request",
    "project_field",
]
RunStatus = Literal["running", "waiting", "blocked", "succeeded", "cancelled"]

ENDED = {
    "refused": "GITHUB_API_ERROR",
    "absent": "GITHUB_API_ERROR",
    "limited": "GITHUB_AUTH_FAILED",
    "unspent": "ARTIFACT_STORE_UNAVAILABLE",
}
"""The code by how the last permit of an ended write ended; all that was not sent for want of bytes is unspent."""


def _repository(name: str) -> str:
    if not {".", ".."}.isdisjoint(name.split("/")):
        raise ValueError("should be owner/name")
    return name


def _said(text: str) -> str:
    if not text.strip():
        raise ValueError("should say something")
    return text


RepositoryName = Field(pattern=r"^[A-Za-z0-9._-]{1,100}/[A-Za-z0-9._-]{1,100}$")
Repository = Annotated[str, RepositoryName, AfterValidator(_repository)]
Branch = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(branch)]
Title = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_said)]
Sha = Annotated[str, Field(pattern="^([0-9a-f]{40}|[0-9a-f]{64})$")]
Reference = Annotated[str, Field(min_length=1, max_length=1_000)]
Text = Annotated[str, Field(max_length=60_000)]
Label = Annotated[str, Field(min_length=1, max_length=255)]
Labels = Annotated[tuple[Label, ...], Field(max_length=MOST_NAMES)]


class RunRequest(RequestBody):
    """A run bound to a repository and two branches; `headSha` where the head is there already."""

    repository: Repository
    base: Branch
    head: Branch
    head_sha: Sha | None = None


class EpochRequest(RequestBody):
    """The next epoch: a new head, or a new attempt at the work."""

    head_sha: Sha | None = None


class EvidenceRequest(RequestBody):
    """What was found out about the run's present head in its present epoch; `artifact`: what that rests on."""

    kind: Literal["verification", "internal_review"]
    verdict: Literal["PASS", "FAIL"]
    epoch: Annotated[int, Field(ge=1, le=2**31 - 1)]
    head_sha: Sha
    artifact: Reference | None = None


class WriteRequest(RequestBody):
    """One write wished for: a kind of `docs/writes.md`, or `comment`, and its content."""

    kind: WishKind
    content: dict[str, JsonValue]


class PullRequestRequest(RequestBody):
    """A pull request from a stored artifact (its digest) into `base`; its branch is made where it is not there."""

    artifact: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    repository: Repository
    base: Branch
    branch: Branch
    title: Title
    body: Text = ""
    message: Annotated[str, Field(max_length=10_000)] = ""
    draft: bool = False
    labels: Labels = ()
    reviewers: Labels = ()
    team_reviewers: Labels = ()


class WordRequest(RequestBody):
    """An operator's word on exactly what has this digest."""

    digest: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    reason: Annotated[str, Field(max_length=1_000)] | None = None


class IntentQuery(Paging):
    """Which intents."""

    status: Literal["waiting", "pending", "sent", "written", "denied", "refused", "blocked", "superseded"] = "waiting"


class BlockerShape(ResponseBody):
    """One thing that is in the way."""

    code: str
    sentence: str
    subject: str


class IntentShape(ResponseBody):
    """One write: `digest` is what an operator approves, `content` exactly what would be written."""

    intent_id: UUID
    run_id: UUID
    repository: str
    epoch: int | None
    kind: str
    sentence: str
    digest: str
    content: dict[str, Any]
    status: str
    blockers: tuple[BlockerShape, ...]
    error: str | None
    remote_id: str | None
    parts: int
    recorded_at: datetime
    settled_at: datetime | None


class EvidenceShape(ResponseBody):
    """A piece of evidence; the newest of its kind counts, if it is of the present epoch and head."""

    kind: str
    verdict: str
    epoch: int
    head_sha: str
    artifact: str | None
    given_by: str
    given_at: datetime


class PullRequestShape(ResponseBody):
    """The run's pull request."""

    number: int
    url: str


class RunSummary(ResponseBody):
    """A run: `digest` is what an operator approves as a whole; `blockers`: all that is in its way, each once.

    `artifact`: the digest of what its pull request is made of, which is to be read at `/api/v1/artifacts`.
    """

    run_id: UUID
    status: RunStatus
    repository: str
    base: str
    head: str
    head_sha: str | None
    epoch: int
    proposed_by: str
    digest: str | None
    artifact: str | None
    pull_request: PullRequestShape | None
    blockers: tuple[BlockerShape, ...]
    opened_at: datetime


class RunShape(RunSummary):
    """A run with all that it wishes to write, and the evidence."""

    intents: tuple[IntentShape, ...]
    evidence: tuple[EvidenceShape, ...]


def intent(row: Row) -> IntentShape:
    """An intent as the API says it."""
    found = row["blockers"] if row["status"] in ("waiting", "denied", "pending") else _ended(row)
    return IntentShape(
        intent_id=row["id"],
        run_id=row["run_id"],
        repository=row["full_name"],
        epoch=row["epoch"],
        kind=row["kind"],
        sentence=contents.sentence(row["kind"], row["content"]),
        digest=digest(row["content"]),
        content=row["content"],
        status=row["status"],
        blockers=tuple(BlockerShape(**blocker) for blocker in found or ()),
        error=row["error"],
        remote_id=row["remote_id"],
        parts=row["parts"],
        recorded_at=row["recorded_at"],
        settled_at=row["settled_at"],
    )


def run(tx: Transaction, binding: Binding, url: str) -> RunShape:
    """A run as the API says it; `url`: of GitHub's pages."""
    intents = tuple(intent(row) for row in shown_intents.of_run(tx, binding.run_id, binding.epoch))
    held_up = tuple(intent(row) for row in shown_intents.held_up(tx, binding.run_id, binding.epoch))
    blockers = _blockers(binding, (*intents, *held_up))
    wished = [each for _, each in run_intents.of_run(tx, binding.run_id, binding.epoch) if each.part_of is None]
    number = binding.number
    return RunShape(
        run_id=binding.run_id,
        status=_status(tx, binding, blockers, intents),
        repository=binding.remote,
        base=binding.base_ref,
        head=binding.head_ref,
        head_sha=binding.head_sha,
        epoch=binding.epoch,
        proposed_by=binding.proposed_by,
        digest=standing.run_digest(wished) if wished else None,
        artifact=wishes.artifact(tx, binding.run_id, binding.epoch),
        pull_request=PullRequestShape(number=number, url=f"{url}/{binding.remote}/pull/{number}") if number else None,
        blockers=blockers,
        intents=intents,
        evidence=tuple(_evidence(given) for given in evidence.of_run(tx, binding.run_id)),
        opened_at=binding.opened_at,
    )


def summary(shape: RunShape) -> RunSummary:
    """A run in a list, without what it would write, which may be much."""
    return RunSummary.model_validate({name: getattr(shape, name) for name in RunSummary.model_fields})


def _blockers(binding: Binding, intents: tuple[IntentShape, ...]) -> tuple[BlockerShape, ...]:
    """Those of the run and of its writes, each sentence once; that one write comes after another blocks nothing."""
    own = [BlockerShape(**blocker) for blocker in binding.blockers]
    if binding.error is not None:
        own.append(BlockerShape(code="RUN_STOPPED", sentence=binding.error, subject=binding.subject))
    found = [*own, *(each for shown in intents for each in shown.blockers if each.code != PREDECESSOR_PENDING)]
    return tuple({(each.code, each.subject, each.sentence): each for each in found}.values())


def _ended(row: Row) -> list[dict[str, str]]:
    """Why a write that was tried is not there, and is not tried again by itself."""
    if row["status"] not in ("refused", "blocked"):
        return []
    is_given_up = row["attempts"] > definitions.WRITE.most_attempts and row["outcome"] != "unknown"
    code = "TOO_MANY_ATTEMPTS" if is_given_up else ENDED.get(row["outcome"], "OUTCOME_UNKNOWN")
    sentence = row["error"] or "A person must look."
    return [{"code": code, "sentence": sentence, "subject": f"intent:{row['id']}"}]


def _status(
    tx: Transaction, binding: Binding, blockers: tuple[BlockerShape, ...], intents: tuple[IntentShape, ...]
) -> RunStatus:
    if binding.status == "cancelled":
        return "cancelled"
    if binding.status in ("pending", "running") and binding.error is None:
        return "running" if binding.woken or binding.status == "running" else "waiting"
    if shown_intents.unsettled(tx, binding.run_id):
        return "running"
    if blockers:
        return "blocked"
    return "succeeded" if binding.status == "succeeded" else "waiting"


def _evidence(given: evidence.Given) -> EvidenceShape:
    return EvidenceShape(
        kind=given.kind,
        verdict=given.verdict,
        epoch=given.epoch,
        head_sha=given.head_sha,
        artifact=given.artifact,
        given_by=given.given_by,
        given_at=given.given_at,
    )
