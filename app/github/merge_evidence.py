"""GitHub's documents turned into the facts of a merge: pure, provider words in, our words out."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from operator import attrgetter
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from app.github import facts
from app.github.answers import Unavailable
from app.github.documents import GHOST
from app.github.merge_documents import (
    ANY_APP_ID,
    BOT,
    BranchProtection,
    GrantedPermission,
    MergeCheckRun,
    MergePull,
    MergeRepository,
    MergeReview,
    MergeStatus,
    RequiredChecks,
    Rule,
    RuledChecks,
    RuledReviews,
)
from policies.merging.facts import Check, Method, Permission, Protection, Pull, Repository, Required, Review

T = TypeVar("T", bound=BaseModel)

COMPLETED, PENDING = "completed", "pending"
METHODS: tuple[Method, ...] = ("merge", "squash", "rebase")
WITHOUT_OPINION = frozenset({"COMMENTED", "DISMISSED", "PENDING"})
"""States of reviews that neither approve nor object, whoever gave them."""
SILENT_REVIEWERS: Permission = "none"


def repository(found: MergeRepository, classic: BranchProtection | None, rules: Iterable[Rule]) -> Repository:
    """The methods that the repository and its branch both allow. What GitHub hides from us counts as not allowed."""
    allowed: tuple[tuple[Method, bool | None], ...] = (
        ("merge", found.allow_merge_commit),
        ("squash", found.allow_squash_merge),
        ("rebase", found.allow_rebase_merge),
    )
    forbidden = _forbidden(classic, tuple(rules))
    methods = tuple(method for method, is_allowed in allowed if is_allowed and method not in forbidden)
    return Repository(id=found.id, full_name=found.full_name, archived=found.archived, methods=methods)


def _forbidden(classic: BranchProtection | None, rules: tuple[Rule, ...]) -> set[str]:
    """Methods that the branch's protection or one of its rules rules out."""
    reviewed = (_read(RuledReviews, rule) for rule in rules if rule.type == "pull_request")
    named = [set(each.allowed_merge_methods) for each in reviewed if each.allowed_merge_methods is not None]
    forbidden: set[str] = {method for method in METHODS if any(method not in each for each in named)}
    flag = classic.required_linear_history if classic else None
    is_linear = (flag is not None and flag.enabled) or any(rule.type == "required_linear_history" for rule in rules)
    return forbidden | {"merge"} if is_linear else forbidden


def pull(
    found: MergePull,
    *,
    repository_id: int,
    ours: str,
    review_decision: str | None,
    pushers: tuple[str, ...],
    pusher_id: int | None = None,
) -> Pull:
    """`ours`: the login under which our App writes, empty where its author is no App."""
    author = found.user.login if found.user else GHOST
    return Pull(
        repository_id=repository_id,
        number=found.number,
        state=found.state,
        merged=found.merged,
        draft=found.draft,
        author=author,
        author_is_gate=author == ours,
        head_sha=found.head.sha,
        head_ref=found.head.ref,
        head_repository=found.head.repo.full_name if found.head.repo else None,
        base_ref=found.base.ref,
        base_sha=found.base.sha,
        mergeable=found.mergeable,
        mergeable_state=found.mergeable_state,
        merge_commit_sha=found.merge_commit_sha,
        review_decision=review_decision,
        requested_reviewers=tuple(sorted(user.login for user in found.requested_reviewers)),
        auto_merge=found.auto_merge is not None,
        pushers=pushers,
        pusher_id=pusher_id,
        title=found.title,
        body=found.body,
    )


def askers(rows: Iterable[MergeReview]) -> dict[int, str]:
    """Whose permission matters, by user id: those with an opinion, under the login that they have now.

    Somebody who was renamed may stand in older reviews under the old login, which may be another's by now.
    """
    ordered = sorted((row for row in rows if row.user is not None), key=attrgetter("id"))
    logins = {row.user.id: row.user.login for row in ordered if row.user is not None}
    opinionated = {row.user.id for row in ordered if row.user is not None and row.state not in WITHOUT_OPINION}
    return {user_id: logins[user_id] for user_id in sorted(opinionated)}


def reviews(rows: Iterable[MergeReview], permissions: Mapping[int, GrantedPermission]) -> tuple[Review, ...]:
    """By id. Of those whose permission does not matter it was not asked, and stands here as none."""
    return tuple(_review(row, permissions) for row in sorted(rows, key=attrgetter("id")))


def _review(row: MergeReview, permissions: Mapping[int, GrantedPermission]) -> Review:
    held = permissions.get(row.user.id) if row.user else None
    return Review(
        id=row.id,
        user_id=row.user.id if row.user else None,
        login=row.user.login if row.user else None,
        is_bot=row.user is not None and row.user.kind == BOT,
        state=row.state,
        commit_sha=row.commit_id,
        submitted_at=row.submitted_at,
        permission=facts.level(held) if held else SILENT_REVIEWERS,
    )


def checks(
    sha: str, runs: Iterable[MergeCheckRun], statuses: Iterable[MergeStatus], apps: Mapping[str, int]
) -> tuple[Check, ...]:
    """Check runs, then statuses. `apps`: the App behind each bot's login."""
    return (*(_run(row) for row in runs), *(_status(sha, row, apps) for row in statuses))


def _run(row: MergeCheckRun) -> Check:
    return Check(
        kind="check_run",
        id=row.id,
        name=row.name,
        app_id=row.app.id if row.app else None,
        status=row.status,
        conclusion=row.conclusion,
        sha=row.head_sha,
        details_url=row.details_url or None,
    )


def _status(sha: str, row: MergeStatus, apps: Mapping[str, int]) -> Check:
    """Only a bot's login stands for an App: a person may have any other."""
    is_pending = row.state == PENDING
    is_bot = row.creator is not None and row.creator.kind == BOT
    return Check(
        kind="status",
        id=row.id,
        name=row.context,
        app_id=apps.get(row.creator.login) if is_bot and row.creator else None,
        status=PENDING if is_pending else COMPLETED,
        conclusion=None if is_pending else row.state,
        sha=sha,
        details_url=row.target_url or None,
    )


def protection(classic: BranchProtection | None, rules: Iterable[Rule]) -> Protection:
    """Both apply: the most demanding of each counts. Raises `Unavailable` for a rule that is not understood."""
    ruled = tuple(rules)
    checked = tuple(_read(RuledChecks, rule) for rule in ruled if rule.type == "required_status_checks")
    reviewed = tuple(_read(RuledReviews, rule) for rule in ruled if rule.type == "pull_request")
    required = (classic.required_status_checks if classic else None) or RequiredChecks()
    approvals = classic.required_pull_request_reviews if classic else None
    counts = (each.required_approving_review_count for each in (*reviewed, *((approvals,) if approvals else ())))
    return Protection(
        required=_each_once((*_classic(required), *(one for each in checked for one in _ruled(each)))),
        required_approvals=max(counts, default=0),
        strict=required.strict or any(each.strict_required_status_checks_policy for each in checked),
        merge_queue=any(rule.type == "merge_queue" for rule in ruled),
        digest=_digest(classic, ruled),
    )


def _read(kind: type[T], rule: Rule) -> T:
    try:
        return kind.model_validate(rule.parameters or {})
    except ValidationError:
        sentence = f"GitHub's rule {rule.type} was not understood."
        raise Unavailable("GITHUB_API_ERROR", sentence) from None


def _classic(required: RequiredChecks) -> tuple[Required, ...]:
    """`contexts` counts for what `checks` does not name."""
    named = tuple(
        Required(context=check.context, app_id=_app(check.app_id), source="classic") for check in required.checks
    )
    known = {check.context for check in required.checks}
    bare = (context for context in required.contexts if context not in known)
    return (*named, *(Required(context=context, app_id=None, source="classic") for context in bare))


def _ruled(rule: RuledChecks) -> tuple[Required, ...]:
    return tuple(
        Required(context=check.context, app_id=_app(check.integration_id), source="ruleset")
        for check in rule.required_status_checks
    )


def _app(app_id: int | None) -> int | None:
    return None if app_id in (None, ANY_APP_ID) else app_id


def _each_once(found: tuple[Required, ...]) -> tuple[Required, ...]:
    return tuple(sorted(set(found), key=lambda one: (one.context, one.app_id or 0, one.source)))


def _digest(classic: BranchProtection | None, rules: tuple[Rule, ...]) -> str:
    said = {
        "classic": classic.model_dump(mode="json") if classic else None,
        "rules": [rule.model_dump(mode="json") for rule in rules],
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
