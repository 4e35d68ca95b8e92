"""Which pull request a merge run is about: the issue's link or the request's own, checked before GitHub is asked."""

from dataclasses import dataclass

from app import pull_urls
from app.database import Transaction
from app.github.answers import Unavailable
from app.github.reader import Place
from app.governor import Turn
from app.records import github_requests, issues, merge_requests, operator_settings, pins, pulls, step_runs
from app.records.issues import Issue
from app.records.merge_requests import MergeRequest
from app.records.runs import Run
from app.records.step_runs import StepRun
from policies.merging.answer import Against
from policies.text import quoted, short
from tasks.context import Context

SHOWN_CHARACTERS = 200
TURN = Turn("content")
"""A merge is seen as somebody's doing, and keeps the pace of that."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A merge run with what it was asked for. `issue` and `request` are None where there is none."""

    run: Run
    step: StepRun
    request: MergeRequest | None
    issue: Issue | None

    @property
    def by(self) -> str:
        """Who has it run, as the history of an attempt says it."""
        return "sweeper" if self.step.woken_by == "sweeper" else "worker"

    @property
    def is_dry(self) -> bool:
        """Whether it was asked to decide and change nothing."""
        return self.step.mode == "dryRun"

    @property
    def is_taken_back(self) -> bool:
        """Whether nothing at GitHub asks for it any more, though it did when the run was opened."""
        request = self.request
        return request is not None and request.status == "ended" and request.source in github_requests.SOURCES


@dataclass(frozen=True, kw_only=True)
class Target:
    """The pull request, and where it is."""

    place: Place
    full_name: str
    number: int

    @property
    def subject(self) -> str:
        """What the audit calls it."""
        return f"pull:{self.place.repository_id}#{self.number}"


def job(tx: Transaction, run: Run) -> Job | None:
    """What is recorded of the run; None where it is no run of a step."""
    step = step_runs.get(tx, run.id)
    if step is None:
        return None
    asked = merge_requests.get(tx, step.merge_request_id) if step.merge_request_id else None
    issue = issues.get(tx, step.issue_id) if step.issue_id else None
    return Job(run=run, step=step, request=asked, issue=issue)


def find(context: Context, job: Job) -> Target | Against:
    """The pull request of a run, or why there is none. Raises `Unavailable`."""
    linked = _linked(context, job)
    if isinstance(linked, Against):
        return linked
    full_name, number = linked
    with context.pool.connection() as tx:
        counts = operator_settings.everywhere(tx, context.settings)
    if not counts.writes_to(full_name):
        sentence = f"{quoted(short(full_name, SHOWN_CHARACTERS))} is not a repository of this gate;"
        return _not_found(
            "CROSS_TENANT_LINK",
            f"{sentence} ALLOWED_REPOSITORIES or the setting `repositories` leaves it out.",
        )
    return _at_github(context, full_name, number)


def _linked(context: Context, job: Job) -> tuple[str, int] | Against:
    """Repository and number; nothing is guessed from branches or titles."""
    request, issue = job.request, job.issue
    if request is not None and request.repository_id is not None and request.number is not None:
        with context.pool.connection() as tx:
            known = pulls.name_of(tx, request.repository_id, request.number)
        if known is not None:
            return known, request.number
    url = (issue.pr_url if issue else None) or (request.pr_url if request else None)
    if url is None:
        return _not_linked(len(issue.pr_candidates) if issue else 0)
    found = pull_urls.parse(url, context.settings)
    sentence = f"{quoted(short(url, SHOWN_CHARACTERS))} is not the address of a pull request; link one."
    return found or Against(code="NO_PR_LINKED", detail=None, sentence=sentence)


def _not_linked(candidates: int) -> Against:
    if candidates > 1:
        sentence = f"{candidates} pull requests may be meant, and none is linked; say which by prUrl."
        return Against(code="NO_PR_LINKED", detail="AMBIGUOUS_LINK", sentence=sentence)
    return Against(code="NO_PR_LINKED", detail=None, sentence="No pull request is linked; set prUrl.")


def _at_github(context: Context, full_name: str, number: int) -> Target | Against:
    owner, _, name = full_name.partition("/")
    installation_id = context.reader.installation_on(owner.lower())
    if installation_id is None:
        sentence = f"The App is not installed on {owner}, or the installation is suspended; install it."
        raise Unavailable("GITHUB_AUTH_FAILED", sentence)
    found = context.reader.repository(installation_id, owner, name)
    if found is None:
        return _not_found(
            "REPO_HIDDEN_OR_GONE",
            f"GitHub shows no repository {full_name} to our App; install it there, or link another.",
        )
    with context.pool.connection() as tx:
        known = pins.pinned(tx, full_name)
    if known not in (None, found.id):
        sentence = f"{full_name} was allowed as repository {known} and is now {found.id}; an operator has to allow it."
        return _not_found("REPO_ID_MISMATCH", sentence)
    if found.full_name.lower() != full_name.lower():
        return _not_found("CROSS_TENANT_LINK", f"{full_name} is now {found.full_name}; link and allow that one.")
    return Target(place=Place(installation_id, found.id), full_name=found.full_name, number=number)


def missing(context: Context, target: Target) -> Against:
    """Why there is no such pull request, where GitHub answers 404 for it. Raises `Unavailable`."""
    if context.reader.has_issue(target.place, target.number):
        sentence = f"{target.full_name}#{target.number} is an issue and no pull request; link its pull request."
        return _not_found("NOT_A_PULL_REQUEST", sentence)
    return _not_found(None, f"GitHub shows no pull request {target.full_name}#{target.number}; link another one.")


def _not_found(detail: str | None, sentence: str) -> Against:
    return Against(code="PR_NOT_FOUND", detail=detail, sentence=sentence)
