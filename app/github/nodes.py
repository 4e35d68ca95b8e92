"""What we use of GitHub's GraphQL answers, typed: strict about that and blind to the rest.

Shapes: https://docs.github.com/en/graphql/reference/objects, by GitHub's names in our spelling.
"""

from typing import Annotated, Any, Generic, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from app.github.documents import GHOST, OptionalText, Text


def _digits(value: object) -> object:
    """A BigInt comes as text, or as a number from where it is small."""
    return str(value) if type(value) is int else value


DatabaseId = Annotated[str, BeforeValidator(_digits), Field(pattern=r"^[1-9][0-9]{0,18}$")]


def _as_in_rest(kind: str, login: str) -> str:
    return f"{login}[bot]" if kind == "Bot" and not login.endswith("[bot]") else login


class Node(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel)


class Person(Node):
    """An actor; GraphQL names Bots without the `[bot]` of REST. A Mannequin stands for nobody on this GitHub."""

    kind: Annotated[str, Field(alias="__typename")]
    login: Text

    @property
    def name(self) -> str:
        return GHOST if self.kind == "Mannequin" else _as_in_rest(self.kind, self.login)

    @property
    def is_bot(self) -> bool:
        """Whether it is an App."""
        return self.kind == "Bot"


class GitActor(Node):
    user: Person | None


class _Oid(Node):
    oid: str


class _Parents(Node):
    total_count: int
    nodes: tuple[_Oid, ...]


class Signature(Node):
    kind: Annotated[str, Field(alias="__typename")]
    is_valid: bool
    state: str
    signer: Person | None
    key_id: OptionalText = ""


class Commit(Node):
    """`author` and `committer` are None, or without a user, where an e-mail belongs to no account."""

    oid: str
    parents: _Parents
    author: GitActor | None
    committer: GitActor | None
    committed_via_web: bool
    signature: Signature | None


class PullCommit(Node):
    commit: Commit


class Edited(Node):
    last_edited_at: AwareDatetime | None
    editor: Person | None

    @property
    def edited_by(self) -> str | None:
        """Who edited it last, `ghost` where that account is gone; None: it was never edited."""
        if self.last_edited_at is None:
            return None
        return self.editor.name if self.editor else GHOST


class _Remark(Edited):
    full_database_id: DatabaseId
    author: Person | None
    body: Text


class Comment(_Remark):
    created_at: AwareDatetime


class _Team(Node):
    slug: Text


class _Teams(Node):
    nodes: tuple[_Team, ...]


class Review(_Remark):
    state: Literal["APPROVED", "CHANGES_REQUESTED", "COMMENTED", "DISMISSED", "PENDING"]
    submitted_at: AwareDatetime | None
    commit: _Oid | None
    on_behalf_of: _Teams

    @model_validator(mode="after")
    def _was_submitted(self) -> Self:
        if self.submitted_at is None and self.state != "PENDING":
            raise ValueError("a submitted review has a time")
        return self


class _PageInfo(Node):
    has_next_page: bool
    end_cursor: str | None


N = TypeVar("N", bound=Node)


class Connection(Node, Generic[N]):
    """One page. `total_count` only where it is asked for: of what nobody can hide from a list."""

    page_info: _PageInfo
    nodes: tuple[N, ...]
    total_count: int | None = None


class PullNode(Node):
    """A pull request, as far as a query asks for it."""

    head_ref_oid: str


class TalkNode(PullNode, Edited):
    """One page; a connection that was read to its end before is left out."""

    commits: Connection[PullCommit] | None = None
    comments: Connection[Comment] | None = None
    reviews: Connection[Review] | None = None


class RequestedReviewer(Node):
    """A user or a bot has a login, a team a slug."""

    kind: Annotated[str, Field(alias="__typename")]
    login: OptionalText = ""
    slug: OptionalText = ""

    @property
    def name(self) -> str:
        return self.slug if self.kind == "Team" else _as_in_rest(self.kind, self.login)


class ReviewRequest(Node):
    """`requested_reviewer` is None where that account or team is gone, or may not be seen."""

    requested_reviewer: RequestedReviewer | None


class ReviewRequestsNode(PullNode):
    review_requests: Connection[ReviewRequest] | None = None
    timeline_items: Connection[ReviewRequest] | None = None


class RepositoryNode(Node):
    database_id: int
    pull_request: Any
