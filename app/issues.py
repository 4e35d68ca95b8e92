"""What people and agents do to an issue: a few rows and an audit entry each, or the blocker that is in the way.

Nothing here speaks to GitHub. The caller commits, and then sends the message that a run asks for.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from app import issue_facts, ledger, pull_urls
from app.database import Transaction
from app.records import issue_evidence, issues, merge_requests, step_runs
from app.records.issue_evidence import Given
from app.records.issues import Issue
from app.records.merge_requests import Source
from app.records.step_runs import MERGE_STEP, Step, StepMode, WantedStep
from app.work import By
from policies import lifecycle
from policies.decision import Blocker
from policies.lifecycle import CLOCKS_DIFFER_SECONDS, INVARIANT_VIOLATION

STEP, MERGE = "step.run", "merge.pull_request"
MOST_CANDIDATES = 20
LINKS = ("pr_url", "pr_candidates")


class Terms(pull_urls.Hosted, Protocol):
    """The settings that count here."""

    @property
    def evidence_hours(self) -> int:
        """How old verification may be."""

    @property
    def merge_request_hours(self) -> int:
        """How long a merge that was asked for may wait."""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """A step asked for. `step` None: whichever comes next. `waits`: a merge that is looked at again with each event."""

    step: Step | None
    mode: StepMode
    request_id: UUID
    source: Source
    waits: bool = False


@dataclass(frozen=True)
class Started:
    """The run of a step, and the task that its message is for."""

    run_id: UUID
    task: str


def create(tx: Transaction, settings: Terms, by: By, given: Mapping[str, Any]) -> Issue | Blocker:
    """A new issue in CREATED, with what is known of it already."""
    columns = _columns(settings, by, given)
    if isinstance(columns, Blocker):
        return columns
    issue = issues.change(tx, issues.create(tx, created_by=by.name, now=by.at), columns, by.at)
    _attest(tx, issue, by, "issue_created", {"set": sorted(columns)})
    return issue


def patch(tx: Transaction, settings: Terms, issue_id: UUID, by: By, given: Mapping[str, Any]) -> Issue | Blocker:
    """Set what is given. A new draft is not committed and not validated, unless that is said with it."""
    issue = _held(tx, issue_id)
    if isinstance(issue, Blocker):
        return issue
    columns = _columns(settings, by, given)
    blocker = columns if isinstance(columns, Blocker) else _unchangeable(tx, issue, columns)
    if isinstance(columns, Blocker) or blocker is not None:
        return blocker or not_found(issue_id)
    changed = issues.change(tx, issue, columns, by.at)
    if _links(changed) != _links(issue):  # what was asked for was the merge of another pull request
        merge_requests.end_of_issue(tx, issue_id, by.at)
    _attest(tx, issue, by, "issue_changed", {"set": sorted(columns)})
    return changed


def hold(tx: Transaction, issue_id: UUID, by: By, reason: str) -> Issue | Blocker:
    """Stop it for good: no step follows, and nobody merges it; what GitHub was already asked for ends first."""
    issue = _held(tx, issue_id)
    if isinstance(issue, Blocker):
        return issue
    if not lifecycle.is_legal(issue.status, "HOLD"):
        sentence = f"The issue is in {issue.status}, from where it can't be held."
        return Blocker(code=INVARIANT_VIOLATION, sentence=sentence, subject=issue.subject)
    if issues.is_merging(tx, issue_id):
        return lifecycle.locked(MERGE_STEP)
    held = issues.move(tx, issues.change(tx, issue, {"hold_reason": reason}, by.at), "HOLD", by.at)
    merge_requests.end_of_issue(tx, issue_id, by.at)
    _attest(tx, issue, by, "issue_held", {"state_before": issue.status})
    return held


def give_evidence(tx: Transaction, given: Given, by: By) -> Issue | Blocker:
    """Verification of what was merged, for S7."""
    assert given.issue_id is not None  # noqa: S101 -- whoever gives evidence names the issue
    issue = _held(tx, given.issue_id)
    if isinstance(issue, Blocker):
        return issue
    if given.at > by.at + timedelta(seconds=CLOCKS_DIFFER_SECONDS):
        sentence = "at: should be when it was found out, which is not in the future."
        return Blocker(code="INVALID", sentence=sentence, subject="at")
    if given.kind == issue_evidence.RECEIPT:
        return Blocker(code="INVALID", sentence="kind: is one that only the gate itself gives.", subject="kind")
    evidence_id = issue_evidence.add(tx, given)
    said = {"evidence": str(evidence_id), "kind": given.kind, "verdict": given.verdict, "sha": given.sha}
    _attest(tx, issue, by, "issue_evidence_given", {**said, "at": given.at.isoformat()})
    return issue


def ask(tx: Transaction, settings: Terms, issue_id: UUID, by: By, ask: Ask) -> Started | Blocker:
    """Open a run of a step. What is in the way of the step itself is what the run then says."""
    issue = _held(tx, issue_id)
    if isinstance(issue, Blocker):
        return issue
    step = ask.step or lifecycle.step_of(issue.status, facts(tx, settings, issue, by))
    if isinstance(step, Blocker):
        return step
    if ask.mode == "execute" and (other := _other_at_work(tx, issue, step)) is not None:
        return lifecycle.locked(other)
    wanted = WantedStep(
        step=step,
        mode=ask.mode,
        request_id=str(ask.request_id),
        asked_by=by.name,
        issue_id=issue.id,
        merge_request_id=_merge_request(tx, settings, issue, by, ask) if step == MERGE_STEP else None,
        state_before=issue.status,
    )
    run_id = step_runs.open_run(tx, wanted, by.at)
    said = {"run": str(run_id), "step": step, "mode": ask.mode, "request": str(ask.request_id)}
    _attest(tx, issue, by, "step_asked_for", said)
    return Started(run_id, MERGE if step == MERGE_STEP else STEP)


def facts(tx: Transaction, settings: Terms, issue: Issue, by: By) -> lifecycle.Facts:
    """What is known of an issue now."""
    return issue_facts.of(tx, issue, by.at, settings.evidence_hours)


def _merge_request(tx: Transaction, settings: Terms, issue: Issue, by: By, ask: Ask) -> UUID | None:
    wish = merge_requests.Wish(
        mode=ask.mode,
        request_id=str(ask.request_id),
        source=ask.source,
        asked_by=by.name,
        until=by.at + timedelta(hours=settings.merge_request_hours),
        issue_id=issue.id,
        pr_url=issue.pr_url,
        waits=ask.waits and ask.mode == "execute",
    )
    return merge_requests.accept(tx, wish, by.at)


def _other_at_work(tx: Transaction, issue: Issue, step: Step) -> Step | None:
    """The step that is under way; two merges are not in each other's way, since they converge."""
    under_way = (each.step for each in step_runs.under_way(tx, issue.id) if each.mode == "execute")
    return next((each for each in under_way if (each, step) != (MERGE_STEP, MERGE_STEP)), None)


def _columns(settings: Terms, by: By, given: Mapping[str, Any]) -> dict[str, Any] | Blocker:
    """What is to be set, once the addresses in it are found to be some."""
    columns = {name: value for name, value in given.items() if name != "draft_committed"}
    if "draft" in given:
        columns = {"draft_committed_at": None, "validation": None, **columns}
    if "draft_committed" in given:
        columns["draft_committed_at"] = by.at if given["draft_committed"] else None
    return _wrong_link(settings, columns) or columns


def _wrong_link(settings: Terms, columns: Mapping[str, Any]) -> Blocker | None:
    host = pull_urls.hosts(settings)[-1]
    if columns.get("github_url") is not None and pull_urls.parse_issue(columns["github_url"], settings) is None:
        return _invalid("INVALID_GITHUB_URL", f"an issue, such as https://{host}/owner/name/issues/1", "githubUrl")
    pulls = (columns.get("pr_url"), *columns.get("pr_candidates", ()))
    if any(each is not None and pull_urls.parse(each, settings) is None for each in pulls):
        return _invalid("INVALID_PR_URL", f"a pull request, such as https://{host}/owner/name/pull/1", "prUrl")
    return None


def _invalid(code: str, expected: str, subject: str) -> Blocker:
    return Blocker(code=code, sentence=f"{subject}: should be the address of {expected}.", subject=subject)


def _unchangeable(tx: Transaction, issue: Issue, columns: Mapping[str, Any]) -> Blocker | None:
    """An issue that has ended stays as it is; what a merge is about stays while it is under way and afterwards."""
    if issue.status in lifecycle.TERMINAL:
        sentence = f"The issue is in {issue.status}, where it ends; nothing of it changes."
        return Blocker(code=INVARIANT_VIOLATION, sentence=sentence, subject=issue.subject)
    if all(name not in columns or columns[name] == getattr(issue, name) for name in LINKS):
        return None
    if issue.status == "DONE":
        sentence = "The issue is merged, so its pull request stays the one that it is."
        return Blocker(code=INVARIANT_VIOLATION, sentence=sentence, subject=issue.subject)
    at_work = (each for each in step_runs.under_way(tx, issue.id) if each.mode == "execute")
    return next((lifecycle.locked(each.step) for each in at_work), None)


def _links(issue: Issue) -> tuple[object, ...]:
    return tuple(getattr(issue, name) for name in LINKS)


def _held(tx: Transaction, issue_id: UUID) -> Issue | Blocker:
    return issues.hold(tx, issue_id) or not_found(issue_id)


def not_found(issue_id: UUID) -> Blocker:
    """The blocker of an issue that is not there."""
    return Blocker(code="ISSUE_NOT_FOUND", sentence="There is no such issue.", subject=f"issue:{issue_id}")


def _attest(tx: Transaction, issue: Issue, by: By, kind: str, body: dict[str, Any]) -> None:
    """The last thing in each transaction: whoever waits for the audit chain holds all that he changes."""
    ledger.append(tx, kind=kind, subject=issue.subject, actor=by.name, body=body, at=by.at)
