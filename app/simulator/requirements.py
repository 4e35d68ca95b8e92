"""What the guards of a base branch demand of a pull request, and whether it is there (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass

from app.simulator import history
from app.simulator.guards import METHODS, Protection, Required, Ruleset
from app.simulator.records import CheckRun, Pull, Repository, Status
from app.simulator.state import State

_WRITERS = ("write", "maintain", "admin")
_OPINIONS = ("APPROVED", "CHANGES_REQUESTED", "DISMISSED")
_PASSED = ("success", "neutral", "skipped")


@dataclass(frozen=True)
class Demands:
    """The strictest of all guards that are in force there."""

    checks: tuple[Required, ...]
    strict: bool
    approvals: int | None  # None: no review is asked for
    methods: tuple[str, ...]
    queued: bool


def of(repository: Repository, branch: str) -> Demands:
    rulesets = [one for one in repository.rulesets.values() if one.rules(branch)]
    protection = repository.protections.get(branch)
    guards: list[Protection | Ruleset] = [*([protection] if protection else []), *rulesets]
    counts = [guard.approvals for guard in guards if guard.approvals is not None]
    narrowed = [one.methods for one in rulesets if one.methods is not None]
    return Demands(
        checks=tuple(dict.fromkeys(check for guard in guards for check in guard.checks or ())),
        strict=any(guard.strict and guard.checks for guard in guards),
        approvals=max(counts) if counts else None,
        methods=tuple(m for m in METHODS if m in repository.merge_methods and all(m in some for some in narrowed)),
        queued=branch in repository.queues or any(one.queue is not None for one in rulesets),
    )


def unmet(state: State, repository: Repository, pull: Pull) -> str | None:
    """The first demand that is not met, in the words of a refused merge."""
    demands = of(repository, pull.base_ref)
    if demands.approvals is not None and not _reviewed(state, repository, pull, demands.approvals):
        return f"At least {demands.approvals} approving review is required by reviewers with write access."
    missing = [check for check in demands.checks if not _passed(state, repository, pull.head_sha, check)]
    return f'Required status check "{missing[0].context}" is expected.' if missing else None


def decision(state: State, repository: Repository, pull: Pull) -> str | None:
    """GraphQL's `reviewDecision`: None where no guard asks for a review."""
    wanted = of(repository, pull.base_ref).approvals
    if wanted is None:
        return None
    opinions = writers(state, repository, pull)
    if "CHANGES_REQUESTED" in opinions.values():
        return "CHANGES_REQUESTED"
    return "APPROVED" if list(opinions.values()).count("APPROVED") >= wanted else "REVIEW_REQUIRED"


def is_behind(repository: Repository, pull: Pull) -> bool:
    """Whether the head lacks the tip of the base, where a guard wants it."""
    base = repository.branches.get(pull.base_ref)
    if not of(repository, pull.base_ref).strict or base is None or pull.head_sha not in repository.commits:
        return False
    return not history.is_ahead(repository.commits, base, pull.head_sha)


def writers(state: State, repository: Repository, pull: Pull) -> dict[str, str]:
    """The latest opinion of each who may write, by login; whoever was renamed in between is one person."""
    latest: dict[int | str, tuple[str, str]] = {}
    for review in repository.reviews.get(pull.number, []):
        if review.author is not None and review.state in _OPINIONS:
            known = state.users.get(review.author)
            latest[known.id if known else review.author] = (review.author, review.state)
    return {login: said for login, said in latest.values() if state.role(repository, login) in _WRITERS}


def is_green(repository: Repository, sha: str) -> bool:
    """Whether everything that was reported there has passed."""
    runs, statuses = _latest_runs(repository, sha), _latest_statuses(repository, sha)
    return all(run.conclusion in _PASSED for run in runs) and all(one.state == "success" for one in statuses)


def _reviewed(state: State, repository: Repository, pull: Pull, wanted: int) -> bool:
    said = list(writers(state, repository, pull).values())
    return "CHANGES_REQUESTED" not in said and said.count("APPROVED") >= wanted


def _passed(state: State, repository: Repository, sha: str, wanted: Required) -> bool:
    """A check run and a status of that name must both have passed."""
    runs = [run.conclusion in _PASSED for run in _latest_runs(repository, sha) if _runs(run, wanted)]
    said = [one.state == "success" for one in _latest_statuses(repository, sha) if _says(state, one, wanted)]
    return bool(runs or said) and all((*runs, *said))


def _runs(run: CheckRun, wanted: Required) -> bool:
    return run.name == wanted.context and wanted.app_id in (None, run.app_id)


def _says(state: State, status: Status, wanted: Required) -> bool:
    if status.context != wanted.context:
        return False
    app = None if wanted.app_id is None else state.apps.get(wanted.app_id)
    return wanted.app_id is None or (app is not None and status.creator == f"{app.slug}[bot]")


def _latest_runs(repository: Repository, sha: str) -> Iterable[CheckRun]:
    return latest_runs(run for run in repository.check_runs if run.sha == sha)


def latest_runs(runs: Iterable[CheckRun]) -> list[CheckRun]:
    """The one with the highest id of each suite, App and name."""
    ordered = sorted(runs, key=lambda run: run.id)
    return sorted({(r.suite_id, r.app_id, r.name): r for r in ordered}.values(), key=lambda run: run.id)


def _latest_statuses(repository: Repository, sha: str) -> Iterable[Status]:
    return latest_statuses(one for one in repository.statuses if one.sha == sha)


def latest_statuses(statuses: Iterable[Status]) -> list[Status]:
    """The one with the highest id of each context."""
    return list({one.context: one for one in sorted(statuses, key=lambda one: one.id)}.values())
