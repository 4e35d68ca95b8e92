"""Sets fields of a pull request of the simulated GitHub, as a scenario names them."""

from typing import Any

from app.simulator.guards import AutoMerge
from tests.conformance.merge_commits import REPOSITORY
from tests.conformance.merge_words import Record
from tests.conformance.merge_world import GATE_LOGIN, World

MERGE = "M1"
GONE = 9_999_999
"""The id of a repository that is not there."""
FIELDS = frozenset(
    [
        *("state", "merged", "merged_by", "auto_merge", "merge_commit_sha", "draft", "head_sha", "head_ref"),
        *("base_ref", "base_sha", "mergeable", "mergeable_state", "requested_reviewers", "author"),
    ]
)
"""What `set_fields` knows of `pr`; the rest of it is served from `given` or concerns the gate."""
AS_THEY_STAND = ("draft", "mergeable", "mergeable_state", "head_ref", "base_ref")


def set_fields(world: World, number: int, fields: Record) -> None:
    """Set fields of a pull request, as section 2 of the format names them."""
    github, known = world.github, world.record(number)
    changes: dict[str, Any] = {
        name: fields[name] for name in ("draft", "mergeable", "head_ref", "base_ref") if name in fields
    }
    if "mergeable_state" in fields:
        changes["mergeable_state"] = fields["mergeable_state"]
    for name in ("head_sha", "base_sha"):
        if fields.get(name):
            changes[name] = world.names.sha(fields[name])
    if "base_ref" in changes and changes["base_ref"] not in world.repository.branches:
        github.move_branch(REPOSITORY, changes["base_ref"], world.repository.branches[known.base_ref])
    if fields.get("author"):
        changes["author"] = world.user(fields["author"])
    if "requested_reviewers" in fields:
        changes["requested_reviewers"] = tuple(world.user(login) for login in fields["requested_reviewers"] or ())
    github.change_pull(REPOSITORY, number, **changes)
    if fields.get("merged") and known.merged_at is None:
        _merge(world, number, fields)
    elif "state" in fields and not fields.get("merged"):
        _set_state(world, number, fields["state"])
    if "auto_merge" in fields:
        wish = AutoMerge(by=world.user(fields.get("merged_by") or "alice"), method="squash", title="", message="")
        github.change_pull(REPOSITORY, number, auto_merge=wish if fields["auto_merge"] else None)


def _merge(world: World, number: int, fields: Record) -> None:
    by = world.user(fields.get("merged_by") or (GATE_LOGIN if _is_attempted(world) else "alice"))
    merged = world.github.merge(REPOSITORY, number, by=by, method="squash")
    if number == world.number and merged.merge_sha:
        world.names.bind(fields.get("merge_commit_sha") or MERGE, merged.merge_sha)


def _is_attempted(world: World) -> bool:
    """Whether it is said that this gate has tried: then whoever merged it is the gate, unless somebody is named."""
    return any(step.get("do") == "set_attempt_row" for step in world.given.get("script", []))


def _set_state(world: World, number: int, state: str) -> None:
    if state == "missing":
        world.repository.pulls.pop(number, None)
    elif state == "closed" and world.record(number).state == "open":
        world.github.close(REPOSITORY, number)
    elif state == "open" and world.record(number).state != "open":
        world.github.change_pull(REPOSITORY, number, state="open", closed_at=None, merged_at=None)


def come_from(world: World, head_repo: str | None) -> None:
    """The head is in this repository, in a fork, or nowhere any more."""
    if head_repo == REPOSITORY:
        return
    number, branch = world.number, world.record(world.number).head_ref
    if head_repo is None:
        del world.repository.branches[branch]
        world.github.change_pull(REPOSITORY, number, head_repository_id=GONE, head_owner="nobody")
        world.user("nobody")
        return
    fork = world.github.fork(REPOSITORY, world.user(head_repo.partition("/")[0]))
    del world.repository.branches[branch]
    world.github.change_pull(REPOSITORY, number, head_repository_id=fork.id, head_owner=fork.owner)
