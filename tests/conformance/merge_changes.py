"""The verbs that change GitHub, and the webhook that tells of each where a scenario says so."""

from collections.abc import Callable

from tests.conformance.merge_commits import REPOSITORY
from tests.conformance.merge_fields import MERGE, come_from, set_fields
from tests.conformance.merge_words import Record, WrongScenario
from tests.conformance.merge_world import World

Hook = Record


def change(world: World, step: Record) -> Hook:
    """Do what the step says; what tells of it. Raises `WrongScenario`."""
    return _VERBS[step["do"]](world, step)


def _hook(event: str, action: str | None, **fields: object) -> Hook:
    return {"event": event, "action": action, "fields": {name: value for name, value in fields.items() if value}}


def _number(world: World, step: Record) -> int:
    return int(step.get("number", world.number))


def _set_pr(world: World, step: Record) -> Hook:
    fields, number = dict(step.get("fields") or {}), _number(world, step)
    if fields.get("kind") == "issue" and number not in world.repository.issues:
        world.repository.pulls.pop(number, None)
        world.github.add_issue(REPOSITORY, "An issue", by=world.user("alice"), number=number)
        return _hook("repository", "edited")
    left = world.repository.pulls[number].base_ref if number in world.repository.pulls else None
    if number == world.number:
        world.pull.update(fields)
        _set_home(world, fields)
    if fields.get("base_ref") not in (None, *world.repository.branches):
        tip = world.repository.branches[world.repository.default_branch]
        world.github.move_branch(REPOSITORY, fields["base_ref"], tip)
    if number in world.repository.pulls:
        set_fields(world, number, fields)
    elif fields.get("state") not in (None, "missing"):
        raise WrongScenario(f"pull request {number} can't come into being in the middle of a scenario")
    return _hook("pull_request", _action(fields), number=number, left_branch="base_ref" in fields and left)


def _set_home(world: World, fields: Record) -> None:
    if fields.get("repo_id"):
        world.github.replace_id(REPOSITORY, fields["repo_id"])
    if "head_repo" in fields:
        come_from(world, fields["head_repo"])


def _action(fields: Record) -> str:
    if fields.get("merged") or fields.get("state") in ("closed", "missing"):
        return "closed"
    if fields.get("state") == "open":
        return "reopened"
    if "draft" in fields:
        return "converted_to_draft" if fields["draft"] else "ready_for_review"
    if "auto_merge" in fields:
        return "auto_merge_enabled" if fields["auto_merge"] else "auto_merge_disabled"
    return "synchronize" if "head_sha" in fields else "edited"


def _push_head(world: World, step: Record) -> Hook:
    number = _number(world, step)
    pull = world.record(number)
    sha = world.commits.follow(step["sha"], pull.head_sha)
    world.left_heads.add(pull.head_sha)
    home = world.github.state.repositories.get(pull.head_repository_id)
    if home is not None and (pull.state == "open" or pull.merged_at is not None):  # merged, it keeps the head it had
        home.commits.update(world.repository.commits)
        world.github.move_branch(home.full_name, pull.head_ref, sha)
    else:
        world.github.change_pull(REPOSITORY, number, head_sha=sha)
    pusher = world.pull.get("last_pusher") or world.pull.get("author") or "alice"
    return _hook("pull_request", "synchronize", number=number, sender=pusher)


def _add_review(world: World, step: Record) -> Hook:
    number, row = _number(world, step), step["review"]
    world.add_review(number, row)
    still_asked = [login for login in world.record(number).requested_reviewers if login != row.get("user")]
    world.github.change_pull(REPOSITORY, number, requested_reviewers=tuple(still_asked))
    review = world.repository.reviews[number][-1]
    return _hook("pull_request_review", "submitted", number=number, review_id=review.id, user=row.get("user"))


def _dismiss_review(world: World, step: Record) -> Hook:
    number = _number(world, step)
    rows = world.repository.reviews.get(number, [])
    mine = [one for one in rows if one.author == step["user"] and one.state in ("APPROVED", "CHANGES_REQUESTED")]
    for review in mine:
        world.github.dismiss(REPOSITORY, number, review.id)
    last = mine[-1].id if mine else None
    return _hook("pull_request_review", "dismissed", number=number, review_id=last, user=step["user"])


def _rerequest_review(world: World, step: Record) -> Hook:
    number = _number(world, step)
    world.github.request_review(REPOSITORY, number, world.user(step["user"]))
    return _hook("pull_request", "review_requested", number=number)


def _set_permission(world: World, step: Record) -> Hook:
    world.grant(world.user(step["user"]), step["permission"])
    return _hook("member", "edited", user=step["user"])


def _set_check(world: World, step: Record) -> Hook:
    row = step["check"]
    world.set_check(row)
    action = "completed" if row.get("status", "completed") == "completed" else "created"
    told = {name: row.get(name) for name in ("id", "name", "app_id", "status", "conclusion", "head_sha", "suite_id")}
    return _hook("check_run", action, **told, pull_requests=[world.number])


def _add_status(world: World, step: Record) -> Hook:
    row = step["status"]
    world.add_status(row)
    told = {name: row.get(name) for name in ("context", "state", "sha", "creator_app_id")}
    return _hook("status", None, **told)


def _set_repo(world: World, step: Record) -> Hook:
    fields = step["fields"]
    world.given.setdefault("repo_settings", {}).update(fields)
    world.apply_settings()
    if {"method", "delete_branch"} & set(fields):
        _change_files(world, step, "valid")
    return _hook("repository", "edited")


def _set_ref(world: World, step: Record) -> Hook:
    branch = step["ref"].removeprefix("refs/heads/")
    tip = world.repository.branches.get(branch)
    if step["sha"] is None:
        if tip is not None:
            world.github.delete_branch(REPOSITORY, branch)
        return _hook("push", None, ref=branch)
    sha = world.commits.follow(step["sha"], tip) if tip else world.names.sha(step["sha"])
    world.github.move_branch(REPOSITORY, branch, sha)
    before = world.names.symbol(tip) if tip else None
    return _hook("push", None, ref=branch, sha=step["sha"], before=before)


def _merge_by(world: World, step: Record) -> Hook:
    number, login = _number(world, step), world.user(step["login"])
    head = world.commits.follow(step["head"], world.record(number).head_sha)
    merged = world.github.merge(REPOSITORY, number, by=login, method="squash", at=head)
    if merged.merge_sha:
        world.names.bind(MERGE if number == world.number else f"M{number}", merged.merge_sha)
    return _hook("pull_request", "closed", number=number, merged=True, merged_by=login)


def _set_policy_file(world: World, step: Record) -> Hook:
    if step["where"] == "head":
        world.write_files(step["content"], world.record(world.number).head_sha)
        return _hook("repository", "edited")
    _change_files(world, step, step["content"])
    return _hook("push", None, ref=world.pull.get("base_ref", "main"))


def _change_files(world: World, step: Record, content: str) -> None:
    """Before the first run the files change where they are; later that is a push, as they are known by their commit."""
    if step["at"] == "start":
        world.write_files(content)
    else:
        world.push_files(content)


def _set_installation(world: World, step: Record) -> Hook:
    """Tokens that were given out before a suspension go on."""
    fields = step["fields"]
    if "suspended" in fields:
        world.is_suspended = bool(fields["suspended"])
    if fields.get("token") == "expired":
        world.github.tokens.revoke_all()
    return _hook("installation", "suspend" if fields.get("suspended") else "unsuspend")


_VERBS: dict[str, Callable[[World, Record], Hook]] = {
    "set_pr": _set_pr,
    "push_head": _push_head,
    "add_review": _add_review,
    "dismiss_review": _dismiss_review,
    "rerequest_review": _rerequest_review,
    "set_permission": _set_permission,
    "set_check": _set_check,
    "add_status": _add_status,
    "set_repo": _set_repo,
    "set_ref": _set_ref,
    "merge_by": _merge_by,
    "set_policy_file": _set_policy_file,
    "set_installation": _set_installation,
}
