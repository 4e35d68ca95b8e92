"""Start a workflow by what is wanted of it: each type through the one service that opens its runs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol
from uuid import UUID, uuid4

from app import definitions, issues, ledger, pull_urls, work
from app.database import Transaction
from app.definitions import Kind, Type
from app.issues import Ask
from app.records import issues as recorded
from app.records import merge_requests, pulls, rounds, runs, step_runs, workflows
from app.records.issues import Issue
from app.records.merge_requests import Source, Wish
from app.records.rounds import RoundKind
from app.records.runs import Wanted
from app.records.step_runs import MERGE_STEP, Step, WantedStep
from app.records.workflows import Which
from app.work import By
from policies.decision import Blocker

Mode = Literal["execute", "dryRun"]


class Terms(issues.Terms, Protocol):
    """The settings that count here."""

    @property
    def github_reader(self) -> str:
        """Whether GitHub is read at all."""

    @property
    def github_deliveries(self) -> str:
        """Whether GitHub's list of deliveries is."""


@dataclass(frozen=True)
class Evaluation:
    """Judge a pull request now. `repository`: owner/name."""

    repository: str
    number: int


@dataclass(frozen=True)
class Handoff:
    """A run that writes, bound to its repository and branches. `remote`: owner/name."""

    remote: str
    base: str
    head: str
    head_sha: str | None = None


@dataclass(frozen=True)
class Merge:
    """Merge the pull request of an address or of an issue; just one of them is given. `waits`: until that may be."""

    mode: Mode
    waits: bool
    pr_url: str | None = None
    issue_id: UUID | None = None


@dataclass(frozen=True)
class LoopStep:
    """Run a step of an issue that is not its merge."""

    issue_id: UUID
    step: Step
    mode: Mode


@dataclass(frozen=True)
class Reconciliation:
    """Compare what GitHub lists with what is recorded. `repository`: of `merges`, and of nothing else."""

    what: Literal["deliveries", "gates", "merges"]
    repository: str | None = None


@dataclass(frozen=True)
class Otherwise:
    """A type that nobody starts so."""

    type: Literal["approval", "legacy_import"]


AnyWish = Evaluation | Handoff | Merge | LoopStep | Reconciliation | Otherwise


@dataclass(frozen=True)
class Started:
    """A workflow that is due, and the task that its message is for."""

    workflow_id: UUID
    task: str


def start(tx: Transaction, terms: Terms, by: By, wanted: AnyWish, *, source: Source = "api") -> Started | Blocker:
    """Open it, or answer the one that waits for the same already. What is in its own way is what it then says."""
    started = _started(tx, terms, by, wanted, source)
    if isinstance(started, Started):
        runs.ask(tx, started.workflow_id, by.name)
        found = workflows.get(tx, started.workflow_id)
        assert found is not None  # noqa: S101 -- opened or found in this transaction
        body = {"run": str(found.id), "type": found.type, "kind": found.kind, "version": found.version}
        ledger.append(tx, kind="workflow_started", subject=f"run:{found.id}", actor=by.name, body=body, at=by.at)
    return started


def _started(tx: Transaction, terms: Terms, by: By, wanted: AnyWish, source: Source) -> Started | Blocker:
    match wanted:
        case Evaluation():
            return _evaluation(tx, by, wanted)
        case Handoff():
            return _handoff(tx, by, wanted)
        case Merge():
            return _merge(tx, terms, by, wanted, source)
        case LoopStep():
            ask = Ask(step=wanted.step, mode=wanted.mode, request_id=uuid4(), source=source)
            return _of_issue(issues.ask(tx, terms, wanted.issue_id, by, ask))
        case Reconciliation():
            return _reconciliation(tx, terms, by, wanted)
        case Otherwise():
            return _otherwise(wanted.type)


def _due(workflow_id: UUID, kind: Kind) -> Started:
    return Started(workflow_id, definitions.newest(kind).line[0].task)


def _evaluation(tx: Transaction, by: By, wanted: Evaluation) -> Started | Blocker:
    known = pulls.named(tx, wanted.repository, wanted.number)
    if known is None:
        sentence = f"This gate has not seen {wanted.repository}#{wanted.number}; the first event of it begins one."
        return Blocker(code="PULL_REQUEST_NOT_SEEN", sentence=sentence, subject="number")
    place = (known["repository_id"], known["full_name"], known["installation_id"])
    return _due(runs.want(tx, Wanted("evaluate", *place, number=wanted.number), by.at), "evaluate")


def _handoff(tx: Transaction, by: By, wanted: Handoff) -> Started | Blocker:
    if wanted.base == wanted.head:
        return Blocker(code="BRANCH_MISMATCH", sentence="Base and head should be two branches.", subject="head")
    opened = work.open_run(tx, by, remote=wanted.remote, base=wanted.base, head=wanted.head, head_sha=wanted.head_sha)
    return opened if isinstance(opened, Blocker) else _due(opened.binding.run_id, "work")


def _merge(tx: Transaction, terms: Terms, by: By, wanted: Merge, source: Source) -> Started | Blocker:
    """For the issue that is named, or in REVIEW_READY and linked with the pull request; else for none."""
    if wanted.issue_id is None and pull_urls.parse(wanted.pr_url, terms) is None:
        sentence = "prUrl: should be the address of a pull request at this gate's GitHub."
        return Blocker(code="INVALID_PR_URL", sentence=sentence, subject="prUrl")
    issue_id = wanted.issue_id or _linked(tx, terms, wanted.pr_url)
    request_id = uuid4()
    if issue_id is not None:
        ask = Ask(step=MERGE_STEP, mode=wanted.mode, request_id=request_id, source=source, waits=wanted.waits)
        return _of_issue(issues.ask(tx, terms, issue_id, by, ask))
    wish = Wish(
        mode=wanted.mode,
        request_id=str(request_id),
        source=source,
        asked_by=by.name,
        until=by.at + timedelta(hours=terms.merge_request_hours),
        pr_url=wanted.pr_url,
        waits=wanted.waits and wanted.mode == "execute",
    )
    return open_merge(tx, by, wish)


def open_merge(tx: Transaction, by: By, wish: Wish) -> Started:
    """A merge that is asked for without an issue: its wish, and the first run of that."""
    step = WantedStep(
        step=MERGE_STEP,
        mode=wish.mode,
        request_id=wish.request_id,
        asked_by=by.name,
        merge_request_id=merge_requests.accept(tx, wish, by.at),
    )
    return _due(step_runs.open_run(tx, step, by.at), "merge")


def _linked(tx: Transaction, terms: Terms, pr_url: str | None) -> UUID | None:
    parsed = pull_urls.parse(pr_url, terms)
    addresses = pull_urls.addresses(*parsed, terms) if parsed else ()
    linked: list[Issue] = [issue for address in addresses for issue in recorded.by_pr_url(tx, address)]
    return next((issue.id for issue in linked if issue.status == "REVIEW_READY"), None)


def _of_issue(asked: issues.Started | Blocker) -> Started | Blocker:
    return asked if isinstance(asked, Blocker) else Started(asked.run_id, asked.task)


def _reconciliation(tx: Transaction, terms: Terms, by: By, wanted: Reconciliation) -> Started | Blocker:
    name = "github_deliveries" if wanted.what == "deliveries" else "github_reader"
    if getattr(terms, name) != "live":
        sentence = f"GitHub is not asked, since {name.upper()} is local; set it to live."
        return Blocker(code="TRANSPORT_DISABLED", sentence=sentence, subject="what")
    if wanted.what == "merges":
        return _compared(tx, by, wanted.repository or "")
    return _round(tx, by, wanted.what)


def _round(tx: Transaction, by: By, kind: RoundKind) -> Started:
    """One that waits already is the one that is wanted."""
    begun = rounds.begin(tx, kind, by.at, asked_by=by.name)
    newest = workflows.page(tx, Which(kind=kind), limit=1).rows  # which a worker may have taken meanwhile
    return _due(begun or newest[0].id, kind)


def _compared(tx: Transaction, by: By, repository: str) -> Started | Blocker:
    known = pulls.newest_of(tx, repository)
    if known is None:
        sentence = f"This gate has not seen a pull request of {repository}, so there is nothing to compare."
        return Blocker(code="REPOSITORY_NOT_SEEN", sentence=sentence, subject="repository")
    place = (known["repository_id"], known["full_name"], known["installation_id"])
    return _due(runs.want(tx, Wanted("find_changed", *place), by.at), "find_changed")


def _otherwise(type: Type) -> Blocker:  # noqa: A002 -- as the contract calls it
    return Blocker(code="BEGINS_OTHERWISE", sentence=BEGINNINGS[type], subject="type")


BEGINNINGS: dict[Type, str] = {
    "approval": "An approval is asked for by a write that needs one; start a pull_request_handoff.",
    "legacy_import": "An import is begun beside its file: mergegate legacy import FILE --apply.",
}
