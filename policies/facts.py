"""What is known about one pull request at one head commit and one moment, frozen and hashable."""

import hashlib
import json
from bisect import bisect_left
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict

T = TypeVar("T")


class FactMissing(LookupError):
    """A fact was read that nobody fetched; `name` says which, e.g. `files` or `permission:bob`."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the fact {name!r} was not fetched")
        self.name = name


class Frozen(BaseModel):
    """Strict, frozen and closed: what every value in `policies` is."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class NotFetched(Frozen):
    """Stands for a fact that nobody fetched; never equal to empty, none or false."""

    not_fetched: Literal[True] = True


NOT_FETCHED: Any = NotFetched()

if TYPE_CHECKING:
    Fetched = Annotated[T, "reading it raises FactMissing while it is NOT_FETCHED"]
else:
    Fetched = Annotated[T | NotFetched, "reading it raises FactMissing while it is NOT_FETCHED"]


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the moment does not exist in UTC") from error


def _sound(text: str) -> str:
    """Replace halves of surrogate pairs, which no UTF-8 can hold and any JSON can smuggle in."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


Text = Annotated[str, AfterValidator(_sound)]
Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Level = Literal["none", "read", "triage", "write", "maintain", "admin"]
LEVELS: tuple[Level, ...] = ("none", "read", "triage", "write", "maintain", "admin")
Grant = tuple[Text, Level]
Membership = tuple[Text, Text, bool]
PropertyValue = Text | tuple[Text, ...]


def _sorted_labels(labels: tuple[str, ...] | NotFetched) -> tuple[str, ...] | NotFetched:
    return labels if isinstance(labels, NotFetched) else tuple(sorted(labels))


def _sorted_once(rows: tuple[Any, ...] | NotFetched) -> tuple[Any, ...] | NotFetched:
    """Sort, and refuse two different answers to one question (the last element is the answer)."""
    if isinstance(rows, NotFetched):
        return rows
    ordered = tuple(sorted(dict.fromkeys(rows), key=_question))
    if len({_question(row) for row in ordered}) < len(ordered):
        raise ValueError("two different answers to one question")
    return ordered


def _question(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return row[:-1]


def fetched(name: str, value: Any) -> Any:
    """The value; raise `FactMissing` if nobody has fetched it."""
    if isinstance(value, NotFetched):
        raise FactMissing(name)
    return value


class Guard:
    """Reads one field of `Facts`, unless nobody has fetched it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, facts: "Facts | None", _owner: type) -> Any:
        if facts is None:  # of the class: pydantic looks there for defaults, and finds none
            raise AttributeError(self._name)
        value = facts.__dict__[self._name]
        if isinstance(value, NotFetched):  # not by `fetched`: this is read some thirty times in an evaluation
            raise FactMissing(self._name)
        return value

    def __set__(self, facts: "Facts", value: Any) -> None:
        """Being there lets this guard go before the value itself."""
        raise AttributeError(self._name)


class Facts(Frozen):
    """A model whose unfetched fields raise when they are read."""

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Guard the fields that may be unfetched, and only those: what is always there is read at full speed."""
        for name, field in cls.model_fields.items():
            if isinstance(field.default, NotFetched):
                setattr(cls, name, Guard(name))

    def knows(self, name: str) -> bool:
        """Whether somebody has fetched the field."""
        return not isinstance(self.__dict__[name], NotFetched)

    def unread(self, name: str) -> Any:
        """The field as it stands, `NOT_FETCHED` included: to pass on, not to judge by."""
        return self.__dict__[name]


class ChangedFile(Frozen):
    """One file of the diff; a rename is a deleted entry (old name) followed by an added one (new name)."""

    filename: Text
    status: Literal["added", "modified", "deleted"]
    additions: int = 0
    deletions: int = 0


class Signature(Frozen):
    """What signs a commit; `signer` is the login it belongs to, `state` GitHub's word for how it stands."""

    kind: Literal["gpg", "ssh", "smime"]
    valid: bool
    state: Text
    signer: Text = ""
    key_id: Text = ""


class Commit(Facts):
    """One commit; `author` and `committer` are logins, `None` where nobody is known (and for web-flow)."""

    sha: Text
    parents: tuple[Text, ...]
    author: Text | None = None
    committer: Text | None = None
    committed_via_web: bool = False
    pushed_at: Fetched[Moment | None] = NOT_FETCHED
    """Creation of the oldest status on this commit; `None`: it has no status."""
    signature: Fetched[Signature | None] = NOT_FETCHED
    """`None`: not signed."""


class Review(Facts):
    """One submitted review that is neither pending nor dismissed."""

    id: Text
    author: Text
    state: Literal["approved", "changes_requested", "commented"]
    body: Text
    created_at: Moment
    edited_at: Fetched[Moment | None] = NOT_FETCHED
    edited_by: Fetched[Text | None] = NOT_FETCHED
    """Login of the last editor; `None`: never edited."""
    sha: Text | None = None
    on_behalf_of: tuple[Text, ...] = ()
    """The teams (slugs) for which it was given."""


class Comment(Facts):
    """One comment in the conversation (not on a line of the diff)."""

    id: Text = ""
    author: Text
    body: Text
    created_at: Moment
    edited_at: Fetched[Moment | None] = NOT_FETCHED
    edited_by: Fetched[Text | None] = NOT_FETCHED
    """Login of the last editor; `None`: never edited."""


class Alteration(Frozen):
    """A remark that somebody other than its author edited or deleted; `was` is what it said when last seen."""

    author: Text
    by: Text
    what: Literal["edited", "deleted"]
    was: Text
    said_at: Moment
    altered_at: Moment


def _sorted_alterations(found: tuple[Alteration, ...]) -> tuple[Alteration, ...]:
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (one.altered_at, one.model_dump_json())))


class PullSnapshot(Facts):
    """The facts of one pull request; files, commits, reviews and comments stand in the order of their source."""

    owner: Text
    repo: Text
    repository_id: int
    number: int
    title: Text
    author: Text
    created_at: Moment
    state: Literal["open", "closed"]
    draft: bool
    base_ref: Text
    head_ref: Text
    head_owner: Text | None
    """`None`: the head branch is in the same repository."""
    head_sha: Text
    taken_at: Moment
    body: Fetched[Text | None] = NOT_FETCHED
    body_edited_at: Fetched[Moment | None] = NOT_FETCHED
    body_edited_by: Fetched[Text | None] = NOT_FETCHED
    """Login of the last editor; `None`: never edited."""
    head_seen_at: Fetched[Moment | None] = NOT_FETCHED
    """Since when the head is the head, as far as this gate saw; `None`: it does not know."""
    labels: Annotated[Fetched[tuple[Text, ...]], AfterValidator(_sorted_labels)] = NOT_FETCHED
    files: Fetched[tuple[ChangedFile, ...]] = NOT_FETCHED
    commits: Fetched[tuple[Commit, ...]] = NOT_FETCHED
    reviews: Fetched[tuple[Review, ...]] = NOT_FETCHED
    comments: Fetched[tuple[Comment, ...]] = NOT_FETCHED
    statuses: Annotated[Fetched[tuple[tuple[Text, Text], ...]], AfterValidator(_sorted_once)] = NOT_FETCHED
    """(name, value): state of a commit status, replaced by the newest check of that name ("" while it runs)."""
    workflow_runs: Annotated[Fetched[tuple[tuple[Text, tuple[Text, ...]], ...]], AfterValidator(_sorted_once)] = (
        NOT_FETCHED
    )
    """(path, conclusions): of the newest completed run for each event."""
    custom_properties: Annotated[Fetched[tuple[tuple[Text, PropertyValue], ...]], AfterValidator(_sorted_once)] = (
        NOT_FETCHED
    )
    """(name, value) of each property of the repository that is set."""
    permissions: Annotated[tuple[Grant, ...], AfterValidator(_sorted_once)] = ()
    """(login, level): the permission of each login asked for; `none` for who is no collaborator."""
    team_members: Annotated[tuple[Membership, ...], AfterValidator(_sorted_once)] = ()
    """(`org/team`, login, is a member) for each pair asked for."""
    org_members: Annotated[tuple[Membership, ...], AfterValidator(_sorted_once)] = ()
    """(organization, login, is a member) for each pair asked for."""
    alterations: Annotated[tuple[Alteration, ...], AfterValidator(_sorted_alterations)] = ()

    def lists_head(self) -> bool:
        """Whether the head is among the commits."""
        return self.head_sha in [commit.sha for commit in self.commits]

    def permission_of(self, login: str) -> Level:
        """Raise `FactMissing("permission:<login>")` if it was not asked for."""
        answer = _answer(self.permissions, (login,))
        if answer is None:
            raise FactMissing(f"permission:{login}")
        level: Level = answer
        return level

    def is_team_member(self, team: str, login: str) -> bool:
        """Raise `FactMissing("team:<team>:<login>")` if it was not asked for."""
        return _member(self.team_members, (team, login), "team")

    def is_org_member(self, org: str, login: str) -> bool:
        """Raise `FactMissing("org:<org>:<login>")` if it was not asked for."""
        return _member(self.org_members, (org, login), "org")

    def digest(self) -> str:
        """SHA-256 (hex) of the canonical JSON: the same facts give the same digest in every process."""
        canonical = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode()).hexdigest()


def _member(memberships: tuple[Membership, ...], question: tuple[str, str], kind: str) -> bool:
    answer = _answer(memberships, question)
    if answer is None:
        raise FactMissing(f"{kind}:{question[0]}:{question[1]}")
    return bool(answer)


def _answer(rows: tuple[Any, ...], question: tuple[str, ...]) -> Any:
    """The last element of the row that begins with the question; `None` without one. The rows are sorted."""
    place = bisect_left(rows, question)
    if place == len(rows) or rows[place][:-1] != question:
        return None
    return rows[place][-1]
