"""An outbound write wished for, content-addressed by its idempotency key."""

import hashlib
import json
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from policies.text import plain, quoted

Kind = Literal["status", "review_request", "review_dismiss", "check_run"]
KINDS: tuple[Kind, ...] = get_args(Kind)

MOST_REVIEWERS = 100
MOST_ANNOTATIONS = 50
MOST_SUMMARY_CHARACTERS = 65_535
MOST_MESSAGE_CHARACTERS = 10_000


def _storable(text: object) -> object:
    """Without NUL, which Postgres does not hold, and halves of surrogate pairs, which UTF-8 does not."""
    if not isinstance(text, str):
        return text
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


Storable = BeforeValidator(_storable)
Sha = Annotated[str, Field(pattern=r"^([0-9a-f]{40}|[0-9a-f]{64})\z")]
Name = Annotated[str, Field(min_length=1, max_length=255), Storable]
Logins = Annotated[tuple[Name, ...], Field(max_length=MOST_REVIEWERS)]
Message = Annotated[str, Field(min_length=1, max_length=MOST_MESSAGE_CHARACTERS), Storable]
Summary = Annotated[str, Field(min_length=1, max_length=MOST_SUMMARY_CHARACTERS), Storable]


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class StatusContent(_Fact):
    """A commit status, exactly as it would be written.

    GitHub refuses descriptions of more than 140 characters, and characters above U+FFFF (`writable`).
    """

    kind: ClassVar[Kind] = "status"

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


class ReviewRequestContent(_Fact):
    """Who is asked to review a pull request whose head is `head_sha`: logins, and slugs of teams."""

    kind: ClassVar[Kind] = "review_request"

    number: int = Field(gt=0)
    head_sha: Sha
    users: Logins = ()
    teams: Logins = ()

    def target_in(self, repository_id: int) -> str:
        """The reviewers of a pull request."""
        return f"{self.kind}:{repository_id}:{self.number}"

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        asked = [*self.users, *(f"the team {slug}" for slug in self.teams)]
        return plain(f"ask {_listed(asked)} for a review")


class ReviewDismissContent(_Fact):
    """A review that counts no more, whose it is, and the reason to give."""

    kind: ClassVar[Kind] = "review_dismiss"

    number: int = Field(gt=0)
    review_id: int = Field(gt=0)
    login: Name
    message: Message

    def target_in(self, repository_id: int) -> str:
        """A review."""
        return f"{self.kind}:{repository_id}:{self.review_id}"

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"dismiss {self.login}'s review {self.review_id}: {self.message}")


class Annotation(_Fact):
    """A remark on one line of a file."""

    path: Name
    line: int = Field(gt=0)
    level: Literal["notice", "warning", "failure"]
    message: Message


class CheckRunContent(_Fact):
    """A finished check of a commit. A changed one is a new run: GitHub shows the newest of a name."""

    kind: ClassVar[Kind] = "check_run"

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


Content = StatusContent | ReviewRequestContent | ReviewDismissContent | CheckRunContent
_CONTENTS: dict[str, type[Content]] = {
    content.kind: content for content in (StatusContent, ReviewRequestContent, ReviewDismissContent, CheckRunContent)
}


class Intent(_Fact):
    """One write. `sequence` counts the intents for one target, so that A, B, A are three writes and A, A is one.

    `repository` is owner/name as the policy of writes names it; the id is what the write is addressed to.
    """

    run_id: str
    repository: str
    repository_id: int
    installation_id: int
    number: int
    sequence: int
    content: Content

    @property
    def kind(self) -> Kind:
        """What sort of write it is, in the word of the setting that allows it."""
        return self.content.kind

    @property
    def target(self) -> str:
        """What would be changed: two intents with one target are never under way at once."""
        return self.content.target_in(self.repository_id)

    @property
    def content_digest(self) -> str:
        """SHA-256, hex, over the content alone: what an operator would approve."""
        return _digest(self.content.model_dump(mode="json"))

    @property
    def key(self) -> str:
        """The idempotency key: run, target, sequence, pull request and content."""
        return _digest([self.run_id, self.kind, self.target, self.sequence, self.number, self.content_digest])


def read(kind: str, document: Mapping[str, object]) -> Content:
    """The content as it was stored. Raises `ValueError` for a kind or a document that is not known."""
    if kind not in _CONTENTS:
        raise ValueError(f"{quoted(kind)} is no kind of write")
    return _CONTENTS[kind].model_validate_json(json.dumps(document))


def sentence(kind: str, document: Mapping[str, object]) -> str:
    """What a stored content would do, in a line for a person, whatever stands there."""
    try:
        return read(kind, document).sentence
    except ValueError:
        return plain(f"a write of the kind {quoted(kind)}, which this version does not understand")


def writable(text: str) -> str:
    """The text with a replacement character for each that GitHub refuses in a commit status."""
    return "".join(character if ord(character) <= 0xFFFF else "\ufffd" for character in text)


def status_target(repository_id: int, sha: str, context: str) -> str:
    """The name of the thing that a status changes: a context on a commit of a repository."""
    return f"status:{repository_id}:{sha}:{context}"


def _listed(names: list[str]) -> str:
    """For example `bob, carol and the team core`."""
    *others, last = names or ["nobody"]
    return f"{', '.join(others)} and {last}" if others else last


def _digest(value: object) -> str:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
