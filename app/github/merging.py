"""The requests of a merger as plain data, and what its answers say; nothing here sends any.

Shapes: https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request (API version 2022-11-28).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import quote

from app.github.answers import message
from app.github.client import Answer
from app.permits import Permit, Request
from app.records.merge_leases import MergeLease
from policies.merging.replies import Reply

MOST_MESSAGE_CHARACTERS = 60_000
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Message:
    """What a merge commit says; None: what GitHub would write."""

    title: str | None = None
    body: str | None = None


class Merger(Protocol):
    """The merge and what belongs to it. Each demands a spent permit; a merge also the lease of its base branch."""

    def merge(self, permit: Permit, lease: MergeLease, installation_id: int, wanted: Request) -> Reply:
        """Make the one merge."""

    def update_branch(self, permit: Permit, installation_id: int, wanted: Request) -> Reply:
        """Bring the head up to date with its base."""

    def enqueue(self, permit: Permit, lease: MergeLease, installation_id: int, wanted: Request) -> Reply:
        """Put it into GitHub's merge queue."""

    def delete_branch(self, permit: Permit, installation_id: int, wanted: Request) -> Reply:
        """Delete the head branch of what was merged."""


def merge(repository_id: int, number: int, *, head_sha: str, method: str, said: Message) -> Request:
    """The merge of a pull request, at its judged head and no other."""
    body: dict[str, object] = {"sha": head_sha, "merge_method": method}
    if said.title:
        body["commit_title"] = said.title
    if said.body is not None:
        body["commit_message"] = said.body[:MOST_MESSAGE_CHARACTERS]
    return Request("PUT", f"/repositories/{repository_id}/pulls/{number}/merge", body)


def update_branch(repository_id: int, number: int, head_sha: str) -> Request:
    """The base merged into the head, while that is still this commit."""
    path = f"/repositories/{repository_id}/pulls/{number}/update-branch"
    return Request("PUT", path, {"expected_head_sha": head_sha})


def delete_branch(repository_id: int, branch: str) -> Request:
    """The end of a head branch."""
    return Request("DELETE", f"/repositories/{repository_id}/git/refs/heads/{quote(branch, safe='/')}", {})


def read(answer: Answer) -> Reply:
    """What an answer of GitHub says of a request of the merger."""
    document: Mapping[str, object] = answer.document if isinstance(answer.document, dict) else {}
    sha = document.get("sha")
    return Reply(
        status=answer.status,
        message=message(answer),
        merged=document.get("merged") is True,
        sha=sha if isinstance(sha, str) and _SHA.fullmatch(sha) else None,
        limited_until=answer.limited_until,
        is_sent=True,
    )


def not_answered() -> Reply:
    """It was sent, or may have been, and no answer came."""
    return Reply(status=None, message="", merged=False, sha=None, limited_until=None, is_sent=True)


def not_sent(status: int | None, said: str, limited_until: datetime | None = None) -> Reply:
    """Nothing of it reached GitHub."""
    return Reply(status=status, message=said, merged=False, sha=None, limited_until=limited_until, is_sent=False)
