"""What is said about a commit: a status, a check run."""

import hashlib
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from policies.contents.fields import Fact, Kind, Message, Name, Number, Sha, Storable, Switch
from policies.text import plain, quoted

MOST_ANNOTATIONS = 50
MOST_CONTEXT_CHARACTERS = 255
DIGEST_CHARACTERS = 12
MOST_SUMMARY_CHARACTERS = 65_535

Summary = Annotated[str, Field(min_length=1, max_length=MOST_SUMMARY_CHARACTERS), Storable]


class StatusContent(Fact):
    """A commit status.

    GitHub refuses descriptions of more than 140 characters, and characters above U+FFFF (`writable`).
    """

    kind: ClassVar[Kind] = "status"
    switches: ClassVar[tuple[Switch, ...]] = ("status",)

    sha: Sha
    context: Name
    state: Literal["success", "failure", "pending", "error"]
    description: str = Field(max_length=140)
    target_url: str

    def target_in(self, repository_id: int) -> str:
        """A context on a commit."""
        return status_target(repository_id, self.sha, self.context)

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"set {quoted(self.context)} to {self.state}: {self.description}")


class Annotation(Fact):
    """A remark on one line of a file."""

    path: Name
    line: Number
    level: Literal["notice", "warning", "failure"]
    message: Message


class CheckRunContent(Fact):
    """A finished check of a commit. A changed one is a new run: GitHub shows the newest of a name."""

    kind: ClassVar[Kind] = "check_run"
    switches: ClassVar[tuple[Switch, ...]] = ("check_run",)

    sha: Sha
    name: Name
    conclusion: Literal["success", "failure", "neutral"]
    title: Name
    summary: Summary
    annotations: tuple[Annotation, ...] = Field(default=(), max_length=MOST_ANNOTATIONS)
    details_url: str

    def target_in(self, repository_id: int) -> str:
        """A check on a commit."""
        return f"{self.kind}:{repository_id}:{self.sha}:{self.name}"

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"report {quoted(self.name)} as {self.conclusion}: {self.title}")


def writable(text: str) -> str:
    """The text with a replacement character for each that GitHub refuses in a commit status."""
    return "".join(character if ord(character) <= 0xFFFF else "\ufffd" for character in text)


def context_of(prefix: str, base_ref: str) -> str:
    """The context of our status: one for each base branch, as policy-bot has it; a cut one ends in a digest."""
    name = writable(f"{prefix}: {base_ref}")
    if len(name) <= MOST_CONTEXT_CHARACTERS and name.endswith(base_ref):
        return name
    digest = hashlib.sha256(base_ref.encode()).hexdigest()[:DIGEST_CHARACTERS]
    return f"{name[: MOST_CONTEXT_CHARACTERS - DIGEST_CHARACTERS - 1]}~{digest}"


def status_target(repository_id: int, sha: str, context: str) -> str:
    """The name of the thing that a status changes: a context on a commit of a repository."""
    return f"status:{repository_id}:{sha}:{context}"
