"""What happened at GitHub, normalized: the words that the receiver enqueues and the tasks understand."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict


class _Fact(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")


class Repository(_Fact):
    """A repository by id, and by the name it had when the event was sent."""

    id: int
    full_name: str


class Remark(_Fact):
    """A comment that was edited or deleted, without its text. `edited_at`: None where it was deleted."""

    id: int
    author: str
    said_at: AwareDatetime
    edited_at: AwareDatetime | None = None


class Merged(_Fact):
    """That a pull request was merged. `by`: None where that account is gone; `sha`: what its base branch got.

    `automatic`: GitHub merged it by itself, since somebody had switched auto-merge on.
    """

    by: str | None = None
    sha: str | None = None
    automatic: bool = False


class Forced(_Fact):
    """That a branch was moved by force. `before`: where it stood; `is_default`: it is the repository's default one."""

    before: str
    is_default: bool = False


class SaidReview(_Fact):
    """A review, without its text, in the state that its webhook names: APPROVED, CHANGES_REQUESTED, DISMISSED ..."""

    id: int
    state: str


class Event(_Fact):
    """One event. It holds ids, names and SHAs only, never a title, a body, a comment or a URL.

    `pulls`: numbers of the pull requests that the payload names; empty for check and status events of forks,
    which resolve by `head_sha`. `branch`: base branch of a pull request, of a push or of a merge group, without
    `refs/heads/`. `owner`: the organization or account that an event without a repository is about. `team`: as
    `organization/slug`. `repositories`: those that the App was just given. `updated_at`: of the pull request itself, by
    GitHub's clock. `left_branch`: the base branch that a pull request does not go into any more. `sender_id`: of the
    sender, whose login may change.
    """

    name: str
    action: str | None = None
    repository: Repository | None = None
    installation_id: int | None = None
    sender: str | None = None
    sender_id: int | None = None
    pulls: tuple[int, ...] = ()
    head_sha: str | None = None
    branch: str | None = None
    owner: str | None = None
    team: str | None = None
    repositories: tuple[Repository, ...] = ()
    remark: Remark | None = None
    updated_at: AwareDatetime | None = None
    merged: Merged | None = None
    forced: Forced | None = None
    review: SaidReview | None = None
    left_branch: str | None = None


class Delivery(_Fact):
    """One webhook as it arrived; (hook_id, guid, body_digest) is its identity. `body_digest`: SHA-256, hex.

    `via`: `api` where it got lost and was read from GitHub's list; `received_at` is then when GitHub sent it, and the
    digest that of the same JSON in other bytes.
    """

    hook_id: int
    guid: str
    body_digest: str
    received_at: AwareDatetime
    event: Event
    via: Literal["webhook", "api"] = "webhook"

    @property
    def key(self) -> str:
        """The identity as one string, safe as a Redis key."""
        return f"{self.hook_id}:{self.guid}:{self.body_digest}"
