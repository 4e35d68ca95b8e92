"""What is done about reviews: ask for them, approve, dismiss."""

from typing import Annotated, ClassVar

from pydantic import Field

from policies.contents.fields import Body, Fact, Kind, Message, Name, Number, Sha, Switch, listed
from policies.text import plain

MOST_REVIEWERS = 100
OUR_APP = "our App"
"""Whose review it is, where our login was not needed; nobody's login has a space."""
Logins = Annotated[tuple[Name, ...], Field(max_length=MOST_REVIEWERS)]


class ReviewRequestContent(Fact):
    """Who is asked to review a pull request whose head is `head_sha`: logins, and slugs of teams."""

    kind: ClassVar[Kind] = "review_request"
    switches: ClassVar[tuple[Switch, ...]] = ("review_request",)

    number: Number
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
        return plain(f"ask {listed(asked)} for a review")


class ReviewApproveContent(Fact):
    """An approving review of a pull request at exactly `head_sha`."""

    kind: ClassVar[Kind] = "review_approve"
    switches: ClassVar[tuple[Switch, ...]] = ("review_approve",)

    number: Number
    head_sha: Sha
    body: Body

    def target_in(self, repository_id: int) -> str:
        """Our review of a pull request."""
        return f"{self.kind}:{repository_id}:{self.number}"

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"approve #{self.number} at {self.head_sha}: {self.body}")


class ReviewDismissContent(Fact):
    """A review that counts no more, whose it is, and the reason to give."""

    kind: ClassVar[Kind] = "review_dismiss"
    switches: ClassVar[tuple[Switch, ...]] = ("review_dismiss",)

    number: Number
    review_id: Number
    login: Name
    message: Message

    def target_in(self, repository_id: int) -> str:
        """A review."""
        return f"{self.kind}:{repository_id}:{self.review_id}"

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"dismiss {self.login}'s review {self.review_id}: {self.message}")
