"""What a payload tells of changes that may have gone past the gate: a merge by somebody, a branch moved by force."""

from app.events import Forced, Merged
from app.github.fields import Payload, read_login, read_object, read_optional, read_sha


def read_merged(payload: Payload, pull: Payload) -> Merged | None:
    """By whom and how a pull request was merged, where it was closed by that. Raises `Malformed`."""
    if payload.get("action") != "closed" or pull.get("merged") is not True:
        return None
    merged_by = read_optional(pull, "merged_by")
    return Merged(
        by=None if merged_by is None else read_login(merged_by),
        sha=None if pull.get("merge_commit_sha") is None else read_sha(pull, "merge_commit_sha"),
        automatic=read_optional(pull, "auto_merge") is not None,
    )


def read_forced(payload: Payload, branch: str | None) -> Forced | None:
    """Where a branch stood that was moved by force; nobody moves one that is made or deleted. Raises `Malformed`."""
    if payload.get("forced") is not True or payload.get("created") is True or payload.get("deleted") is True:
        return None
    default = read_object(payload, "repository").get("default_branch")
    return Forced(before=read_sha(payload, "before"), is_default=branch is not None and branch == default)
