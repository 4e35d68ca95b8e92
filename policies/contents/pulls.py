"""What a pull request is opened with, and what of it may be changed: never whether it is open."""

from typing import Annotated, ClassVar

from pydantic import Field

from policies.contents.fields import Body, Branch, Fact, Kind, Name, Names, Number, Sha, Switch
from policies.contents.reviews import Logins
from policies.text import plain, quoted

MOST_TITLE_CHARACTERS = 256
Title = Annotated[Name, Field(max_length=MOST_TITLE_CHARACTERS)]


class PullRequestCreateContent(Fact):
    """A pull request of the repository's own branch `head`, which stands at `head_sha`, into `base`.

    Labels and reviewers are writes of their own that follow it; they stand here so that whoever approves sees them.
    """

    kind: ClassVar[Kind] = "pull_request_create"

    base: Branch
    head: Branch
    head_sha: Sha
    title: Title
    body: Body = ""
    draft: bool = False
    labels: Names = ()
    reviewers: Logins = ()
    team_reviewers: Logins = ()

    @property
    def switches(self) -> tuple[Switch, ...]:
        """Those of the writes that follow it, too."""
        asks = bool(self.reviewers or self.team_reviewers)
        return ("pull_request_create", *(("label_add",) if self.labels else ()), *(("review_request",) if asks else ()))

    def target_in(self, repository_id: int) -> str:
        """The pull request of a branch into another."""
        return f"pull_request:{repository_id}:{self.head}:{self.base}"

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"open a pull request of {self.head} into {self.base}: {quoted(self.title)}")


class PullRequestUpdateContent(Fact):
    """Title and text of an open pull request from now on."""

    kind: ClassVar[Kind] = "pull_request_update"
    switches: ClassVar[tuple[Switch, ...]] = ("pull_request_update",)

    number: Number
    title: Title
    body: Body

    def target_in(self, repository_id: int) -> str:
        """The title and text of a pull request."""
        return f"{self.kind}:{repository_id}:{self.number}"

    @property
    def sentence(self) -> str:
        """What would happen, in a line for a person."""
        return plain(f"change title and text of #{self.number}: {quoted(self.title)}")
