"""An outbound write wished for, content-addressed by its idempotency key."""

import hashlib
import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class StatusContent(_Fact):
    """A commit status, exactly as it would be written. `description`: at most 140 characters."""

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
    repository: str
    repository_id: int
    installation_id: int
    number: int
    sequence: int
    content: StatusContent

    @property
    def target(self) -> str:
        """What would be changed: two intents with one target are never under way at once."""
        return target(self.repository_id, self.content)

    @property
    def content_digest(self) -> str:
        """SHA-256, hex, over the content alone: what an operator would approve."""
        return _digest(self.content.model_dump(mode="json"))

    @property
    def key(self) -> str:
        """The idempotency key: target, sequence and content."""
        return _digest([self.kind, self.target, self.sequence, self.content_digest])


def target(repository_id: int, content: StatusContent) -> str:
    """The name of the thing that a status changes: a context on a commit of a repository."""
    return f"status:{repository_id}:{content.sha}:{content.context}"


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
