"""What the steps S4 and S6 see at GitHub: the pull request with its reviewers, and what was deployed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from app.github.answers import Unavailable
from app.records.deployments import Observation
from app.records.issues import Issue
from app.records.runs import Run
from app.records.step_runs import StepRun
from policies.merging.answer import Against
from policies.merging.facts import Check
from tasks import merge_facts
from tasks.context import Context
from tasks.merging import finding
from tasks.merging.finding import Job, Target

MOST_REVIEWERS = 100
REFUSED_CODES = ("GITHUB_AUTH_FAILED", "GITHUB_TOKEN_REFUSED")

_LOGIN = re.compile(r"[A-Za-z0-9._-]{1,100}(\[bot\])?")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What one step has seen. `pr_url`: the link that it followed. `deployments`: of S6, else none.

    `checks`: of S4, on the head; None where they could not be read, which holds up no review.
    """

    pr_url: str
    full_name: str = ""
    head_sha: str | None = None
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    checks: tuple[Check, ...] | None = None
    deployments: tuple[Observation, ...] = ()


def look(context: Context, run: Run, step: StepRun, issue: Issue) -> Seen | Against | None:
    """What the step needs of GitHub; None where that is nothing. Raises `Unavailable` where it has to wait."""
    if step.step not in ("S4_REVIEW", "S6_DEPLOYMENT_OBSERVE"):
        return None
    try:
        target = finding.find(context, Job(run=run, step=step, request=None, issue=issue))
        if isinstance(target, Against):
            return target if step.step == "S4_REVIEW" else _api_error(target.sentence, target.detail or target.code)
        if step.step == "S4_REVIEW":
            return _review(context, target, issue)
        return _deployments(context, target, issue)
    except Unavailable as trouble:
        if trouble.not_before is not None:
            raise
        is_refused = trouble.code in REFUSED_CODES and step.step == "S4_REVIEW"
        if is_refused:
            return Against(code="GITHUB_AUTH_FAILED", detail=None, sentence=trouble.sentence)
        return _api_error(trouble.sentence, trouble.code)


def too_long() -> Against:
    """Reading took longer than a task may."""
    return _api_error("Reading GitHub took too long; ask again.", "TIMEOUT")


def _review(context: Context, target: Target, issue: Issue) -> Seen | Against:
    pull = context.reader.pull(target.place, target.number)
    if pull is None:
        return finding.missing(context, target)
    if pull.state != "open":
        sentence = f"The pull request {target.full_name}#{target.number} is closed; reopen it or link another one."
        return Against(code="PR_CLOSED", detail=None, sentence=sentence)
    asked = context.reader.requested_reviewers(target.place, target.number)
    return Seen(
        pr_url=issue.pr_url or "",
        full_name=target.full_name,
        head_sha=pull.head.sha,
        checks=_checks(context, target, pull.head.sha),
        reviewers=_names(user.login for user in asked.users),
        teams=_names(team.slug for team in asked.teams),
    )


def _checks(context: Context, target: Target, head_sha: str) -> tuple[Check, ...] | None:
    try:
        return merge_facts.checks_on(context, target.place, head_sha)
    except Unavailable:
        return None


def _deployments(context: Context, target: Target, issue: Issue) -> Seen:
    sha = issue.merge_sha or ""
    found = context.reader.deployments(target.place, sha)
    return Seen(
        pr_url=issue.pr_url or "",
        deployments=tuple(
            Observation(
                deployment_id=each.id,
                environment=each.environment,
                sha=each.sha,
                target_url=status.address if status else None,
                latest_status=status.state if status else None,
                is_authentic=status is not None and each.sha == sha,
            )
            for each, status in found
        ),
    )


def _names(found: Iterable[str]) -> tuple[str, ...]:
    """Those that could be names at GitHub, sorted; the timeline holds no text from outside."""
    return tuple(sorted(name for name in found if _LOGIN.fullmatch(name)))[:MOST_REVIEWERS]


def _api_error(sentence: str, detail: str) -> Against:
    return Against(code="GITHUB_API_ERROR", detail=detail, sentence=sentence)
