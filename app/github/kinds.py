"""The kinds of event that are understood: which body each has, and what is read from it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from app.events import Remark, Repository
from app.github.fields import (
    Malformed,
    Payload,
    read_full_name,
    read_login,
    read_moment,
    read_object,
    read_objects,
    read_optional,
    read_positive,
    read_ref,
    read_sha,
)
from app.github.judged_on import read_left_branch, read_review
from app.github.past_the_gate import read_forced, read_merged

GHOST = "ghost"
MOST_PULLS = 1000
MOST_REPOSITORIES = 1000
BRANCH_PREFIX = "refs/heads/"


class Kind(NamedTuple):
    """One kind of event.

    `needs`: top-level keys that its body has; `may`: subjects that it may have besides; `actions`: those known, empty
    where the event has none; `is_evaluated`: it can lead to an evaluation; `read`: what it says beyond what all say.
    """

    needs: tuple[str, ...]
    may: tuple[str, ...] = ()
    actions: frozenset[str] = frozenset()
    is_evaluated: bool = False
    read: Callable[[Payload], dict[str, Any]] = lambda payload: {}


def _pull_request(payload: Payload) -> dict[str, Any]:
    found = _about_pull(payload)
    if read_positive(payload, "number") != found["pulls"][0]:
        raise Malformed("malformed_field", "The field number should be the same in both places.")
    pull = read_object(payload, "pull_request")
    updated_at = read_moment(pull, "updated_at") if "updated_at" in pull else None
    told = {"merged": read_merged(payload, pull), "left_branch": read_left_branch(payload)}
    return {**found, "updated_at": updated_at, **told}


def _review(payload: Payload) -> dict[str, Any]:
    return {**_about_pull(payload), "review": read_review(payload)}


def _about_pull(payload: Payload) -> dict[str, Any]:
    pull = read_object(payload, "pull_request")
    base = read_object(pull, "base")
    read_sha(base, "sha")
    return {
        "pulls": (read_positive(pull, "number"),),
        "head_sha": read_sha(read_object(pull, "head"), "sha"),
        "branch": read_ref(base, "ref"),
    }


def _issue_comment(payload: Payload) -> dict[str, Any]:
    issue = read_object(payload, "issue")
    number = read_positive(issue, "number")
    if read_optional(issue, "pull_request") is None:
        return {}
    return {"pulls": (number,), "remark": _remark(payload)}


def _remark(payload: Payload) -> Remark | None:
    """The comment, where it is not any more what it was."""
    if payload.get("action") not in ("edited", "deleted"):
        return None
    comment = read_object(payload, "comment")
    user = read_optional(comment, "user")
    return Remark(
        id=read_positive(comment, "id"),
        author=GHOST if user is None else read_login(user),
        said_at=read_moment(comment, "created_at"),
        edited_at=read_moment(comment, "updated_at") if payload["action"] == "edited" else None,
    )


def _checked(name: str) -> Callable[[Payload], dict[str, Any]]:
    """Reader of a check. Its `head_branch` is no base branch."""

    def read(payload: Payload) -> dict[str, Any]:
        subject = read_object(payload, name)
        home = read_positive(read_object(payload, "repository"), "id")
        return {"pulls": _pulls_into(home, subject), "head_sha": read_sha(subject, "head_sha")}

    return read


def _pulls_into(home: int, subject: Payload) -> tuple[int, ...]:
    """Numbers of the pull requests into the repository `home`; none if they are too many, since the SHA finds them."""
    listed = read_objects(subject, "pull_requests")[: MOST_PULLS + 1]
    numbers = {read_positive(pull, "number") for pull in listed if _base_repository(pull) in (home, None)}
    return tuple(sorted(numbers)) if len(listed) <= MOST_PULLS else ()


def _base_repository(pull: Payload) -> int | None:
    repository = read_optional(read_optional(pull, "base") or {}, "repo")
    return None if repository is None else read_positive(repository, "id")


def _status(payload: Payload) -> dict[str, Any]:
    return {"head_sha": read_sha(payload, "sha")}


def _push(payload: Payload) -> dict[str, Any]:
    """A deleted branch has no head: GitHub then sends a SHA of zeros."""
    ref, head = read_ref(payload, "ref"), read_sha(payload, "after")
    branch = _branch(ref)
    return {"head_sha": head if head.strip("0") else None, "branch": branch, "forced": read_forced(payload, branch)}


def _merge_group(payload: Payload) -> dict[str, Any]:
    group = read_object(payload, "merge_group")
    return {"head_sha": read_sha(group, "head_sha"), "branch": _branch(read_ref(group, "base_ref"))}


def _branch(ref: str) -> str | None:
    return ref.removeprefix(BRANCH_PREFIX) if ref.startswith(BRANCH_PREFIX) else None


def _deployment_status(payload: Payload) -> dict[str, Any]:
    return {"head_sha": read_sha(read_object(payload, "deployment"), "sha")}


def _organization(payload: Payload) -> dict[str, Any]:
    return {"owner": read_login(read_object(payload, "organization"))}


def _team(payload: Payload) -> dict[str, Any]:
    """A deleted team may have no slug any more; then any team of the organization may be meant."""
    owner = read_login(read_object(payload, "organization"))
    team = read_object(payload, "team")
    slug = None if team.get("slug") is None else read_ref(team, "slug")
    return {"owner": owner, "team": f"{owner}/{slug}" if slug else None}


def _installation(listed: str) -> Callable[[Payload], dict[str, Any]]:
    """Reader of an installation and of the repositories that stand under `listed`, at most `MOST_REPOSITORIES`.

    The account may be an enterprise, which has no login.
    """

    def read(payload: Payload) -> dict[str, Any]:
        account = read_optional(read_object(payload, "installation"), "account") or {}
        rows = read_objects(payload, listed)[:MOST_REPOSITORIES]
        return {
            "owner": None if account.get("login") is None else read_login(account),
            "repositories": tuple(
                Repository(id=read_positive(row, "id"), full_name=read_full_name(row)) for row in rows
            ),
        }

    return read


def _actions(words: str) -> frozenset[str]:
    return frozenset(words.split())


PULL_REQUEST_ACTIONS = _actions(
    "assigned auto_merge_disabled auto_merge_enabled closed converted_to_draft demilestoned dequeued edited enqueued "
    "labeled locked merged milestoned opened ready_for_review reopened review_request_removed review_requested "
    "synchronize unassigned unlabeled unlocked"
)
CREATED_EDITED_DELETED = _actions("created edited deleted")
ADDED_REMOVED = _actions("added removed")

KINDS = {
    "pull_request": Kind(
        ("pull_request", "repository"),
        may=("label",),
        actions=PULL_REQUEST_ACTIONS,
        is_evaluated=True,
        read=_pull_request,
    ),
    "pull_request_review": Kind(
        ("review", "pull_request", "repository"),
        actions=_actions("dismissed edited submitted"),
        is_evaluated=True,
        read=_review,
    ),
    "issue_comment": Kind(
        ("issue", "comment", "repository"),
        actions=CREATED_EDITED_DELETED | _actions("pinned unpinned"),
        is_evaluated=True,
        read=_issue_comment,
    ),
    "check_run": Kind(
        ("check_run", "repository"),
        actions=_actions("completed created requested_action rerequested"),
        is_evaluated=True,
        read=_checked("check_run"),
    ),
    "check_suite": Kind(
        ("check_suite", "repository"),
        actions=_actions("completed requested rerequested"),
        is_evaluated=True,
        read=_checked("check_suite"),
    ),
    "status": Kind(("sha", "repository"), may=("commit",), is_evaluated=True, read=_status),
    "push": Kind(("ref", "after", "repository"), may=("commits", "pusher"), is_evaluated=True, read=_push),
    "workflow_run": Kind(
        ("workflow_run", "repository"),
        may=("workflow",),
        actions=_actions("completed in_progress requested"),
        is_evaluated=True,
        read=_checked("workflow_run"),
    ),
    "merge_group": Kind(
        ("merge_group", "repository"),
        actions=_actions("checks_requested destroyed"),
        is_evaluated=True,
        read=_merge_group,
    ),
    "label": Kind(("label", "repository"), actions=CREATED_EDITED_DELETED, is_evaluated=True),
    "installation": Kind(
        ("installation",),
        may=("repositories",),
        actions=_actions("created deleted new_permissions_accepted suspend unsuspend"),
        read=_installation("repositories"),
    ),
    "installation_repositories": Kind(
        ("installation", "repositories_added", "repositories_removed"),
        actions=ADDED_REMOVED,
        read=_installation("repositories_added"),
    ),
    "repository": Kind(
        ("repository",),
        actions=CREATED_EDITED_DELETED | _actions("archived privatized publicized renamed transferred unarchived"),
    ),
    "custom_property_values": Kind(
        ("new_property_values", "repository"), actions=_actions("updated"), is_evaluated=True
    ),
    "member": Kind(("member", "repository"), actions=ADDED_REMOVED | _actions("edited"), is_evaluated=True),
    "membership": Kind(("member", "team", "organization"), actions=ADDED_REMOVED, read=_team),
    "team": Kind(
        ("team", "organization"),
        may=("repository",),
        actions=CREATED_EDITED_DELETED | _actions("added_to_repository removed_from_repository"),
        is_evaluated=True,
        read=_team,
    ),
    "organization": Kind(
        ("organization",),
        may=("membership", "invitation"),
        actions=_actions("deleted member_added member_invited member_removed renamed"),
        read=_organization,
    ),
    "deployment_status": Kind(
        ("deployment_status", "deployment", "repository"),
        may=("check_run", "workflow_run", "workflow"),
        actions=_actions("created"),
        is_evaluated=True,
        read=_deployment_status,
    ),
    "branch_protection_rule": Kind(("rule", "repository"), actions=CREATED_EDITED_DELETED),
    "repository_ruleset": Kind(("repository_ruleset",), may=("repository",), actions=CREATED_EDITED_DELETED),
}

SUBJECTS = (
    *("pull_request", "review", "thread", "issue", "comment", "discussion", "release", "alert", "hook"),
    *("check_run", "check_suite", "workflow_run", "workflow_job", "workflow", "merge_group"),
    *("sha", "commit", "commits", "ref", "pusher", "deployment", "deployment_status"),
    *("label", "milestone", "member", "membership", "team", "invitation"),
    *("repository", "repositories", "repositories_added", "rule", "repository_ruleset", "new_property_values"),
)
"""Top-level keys that say what a body is about; one of another event's gives a wrong event name away."""
