"""An outbound write wished for, content-addressed by its idempotency key."""

import hashlib
import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class StatusContent(_Fact):
    """A commit status, exactly as it would be written.

    GitHub refuses descriptions of more than 140 characters, and characters above U+FFFF (`writable`).
    """

    sha: str = Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})\z")
    context: str = Field(min_length=1, max_length=255)
    state: Literal["success", "failure", "pending", "error"]
    description: str = Field(max_length=140)
    target_url: str


class Intent(_Fact):
    """One write. `sequence` counts the intents for one target, so that A, B, A are three writes and A, A is one.

    `repository` is owner/name as the policy of writes names it; the id is what the write is addressed to.
    """

    kind: Literal["status"] = "status"
    run_id: str
    repository: str
    repository_id: int
    installation_id: int
    number: int
    sequence: int
    content: StatusContent

    @property
    def target(self) -> str:
        """What would be changed: two intents with one target are never under way at once."""
        return target(self.repository_id, self.content.sha, self.content.context)

    @property
    def content_digest(self) -> str:
        """SHA-256, hex, over the content alone: what an operator would approve."""
        return _digest(self.content.model_dump(mode="json"))

    @property
    def key(self) -> str:
        """The idempotency key: run, target, sequence, pull request and content."""
        return _digest([self.run_id, self.kind, self.target, self.sequence, self.number, self.content_digest])


def writable(text: str) -> str:
    """The text with a replacement character for each that GitHub refuses in a commit status."""
    return "".join(character if ord(character) <= 0xFFFF else "\ufffd" for character in text)


def target(repository_id: int, sha: str, context: str) -> str:
    """The name of the thing that a status changes: a context on a commit of a repository."""
    return f"status:{repository_id}:{sha}:{context}"


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
