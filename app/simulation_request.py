"""What a simulation is asked for: policy-bot's body of `POST /api/simulate`, and what a hypothetical user may do."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from policies.actors import Actors
from policies.facts import Comment, Level, Moment, Review, Text
from policies.policy import Mode
from policies.simulation import Simulation
from policies.text import plain, short

MOST_ENTRIES = 200
MOST_TEXT_CHARACTERS = 64 * 1024
MOST_POLICY_CHARACTERS = 256 * 1024
MOST_NAME_CHARACTERS = 255


class Unclear(Exception):
    """The request is not understood; the message is one sentence."""


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _list(value: object) -> object:
    """`null` is an empty list to policy-bot."""
    return tuple(value or ()) if value is None or isinstance(value, list) else value


def _text(value: object) -> object:
    """`null` is an empty text, too."""
    return "" if value is None else value


def _object(value: object) -> object:
    """And an empty object."""
    return {} if value is None else value


Name = Annotated[Text, Field(min_length=1, max_length=MOST_NAME_CHARACTERS)]
Body = Annotated[Text, Field(max_length=MOST_TEXT_CHARACTERS)]
Names = Annotated[tuple[Name, ...], Field(max_length=MOST_ENTRIES), BeforeValidator(_list)]
ReviewState = Annotated[Literal["approved", "changes_requested", "commented"], BeforeValidator(_lower)]
Levels = Annotated[tuple[Annotated[Level, BeforeValidator(_lower)], ...], BeforeValidator(_list)]


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class People(_Asked):
    """Whom to leave out: anybody who fits one of the lists."""

    users: Names = ()
    teams: Names = ()
    organizations: Names = ()
    permissions: Levels = ()

    def actors(self) -> Actors:
        return Actors.model_validate(self.model_dump())


class AddedComment(_Asked):
    """A comment that nobody made; without a time it is made now."""

    author: Name
    body: Body = ""
    created_at: Moment | None = None
    last_edited_at: Moment | None = None

    def comment(self, now: datetime) -> Comment:
        return Comment(
            author=self.author,
            body=self.body,
            created_at=self.created_at or now,
            edited_at=self.last_edited_at,
            edited_by=self.author if self.last_edited_at else None,
        )


class AddedReview(_Asked):
    """A review that nobody gave; without a time it is given now, without a commit on the head."""

    id: Body = ""
    author: Name
    state: ReviewState
    body: Body = ""
    created_at: Moment | None = None
    last_edited_at: Moment | None = None
    sha: Name | None = None
    teams: Names = ()

    def review(self, number: int, head_sha: str, now: datetime) -> Review:
        return Review(
            id=self.id or f"simulated-{number}",
            author=self.author,
            state=self.state,
            body=self.body,
            created_at=self.created_at or now,
            edited_at=self.last_edited_at,
            edited_by=self.author if self.last_edited_at else None,
            sha=self.sha or head_sha,
            on_behalf_of=self.teams,
        )


class Request(_Asked):
    """The whole body. `policy`, `mode` and what follows are ours; all others are policy-bot's.

    Who is named in `permissions`, `teams` or `organizations` holds exactly what is said there, beside what is known.
    """

    ignore_comments: Annotated[People, BeforeValidator(_object)] = People()
    ignore_reviews: Annotated[People, BeforeValidator(_object)] = People()
    add_comments: Annotated[tuple[AddedComment, ...] | None, Field(max_length=MOST_ENTRIES)] = ()
    add_reviews: Annotated[tuple[AddedReview, ...] | None, Field(max_length=MOST_ENTRIES)] = ()
    base_branch: Annotated[Text, Field(max_length=MOST_NAME_CHARACTERS), BeforeValidator(_text)] = ""
    policy: Annotated[str, Field(max_length=MOST_POLICY_CHARACTERS)] | None = None
    mode: Mode | None = None
    permissions: Annotated[Mapping[Name, Level], Field(max_length=MOST_ENTRIES)] = {}
    teams: Annotated[Mapping[Name, Names], Field(max_length=MOST_ENTRIES)] = {}
    organizations: Annotated[Mapping[Name, Names], Field(max_length=MOST_ENTRIES)] = {}

    def simulation(self, head_sha: str, now: datetime) -> Simulation:
        added = enumerate(self.add_reviews or (), start=1)
        return Simulation(
            ignore_comments=self.ignore_comments.actors(),
            ignore_reviews=self.ignore_reviews.actors(),
            add_comments=tuple(comment.comment(now) for comment in self.add_comments or ()),
            add_reviews=tuple(review.review(number, head_sha, now) for number, review in added),
            base_ref=self.base_branch,
        )

    def described(self) -> tuple[str, ...]:
        """Whose rights are told here."""
        members = (*self.teams.values(), *self.organizations.values())
        return tuple(dict.fromkeys((*self.permissions, *(login for logins in members for login in logins))))


def parse(text: str | bytes) -> Request:
    """Raise `Unclear` with a sentence for the first thing that is wrong."""
    try:
        return Request.model_validate_json(text)
    except ValidationError as wrong:
        raise Unclear(_sentence(wrong)) from None


def _sentence(wrong: ValidationError) -> str:
    first = wrong.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    said = first["msg"].removeprefix("Value error, ").rstrip(".")
    return short(f"{plain(place) or 'The body'}: {said}.", MOST_NAME_CHARACTERS)
