"""What a merge uses of GitHub's answers, typed: strict about that and blind to the rest.

Shapes: https://docs.github.com/en/rest (API version 2022-11-28).
"""

from typing import Any

from pydantic import AwareDatetime, Field

from app.github import documents
from app.github.documents import AppId, CommitSha, Document, OptionalText, Team, Text
from app.github.nodes import PullNode

ANY_APP_ID = -1
BOT = "Bot"


class Account(documents.User):
    """`kind`: User, Bot, Organization or Mannequin."""

    id: int
    kind: str = Field("User", alias="type")


class MergePull(documents.Pull):
    """A pull request with all that its merge depends on.

    `mergeable`: None while GitHub works on it. `merge_commit_sha`: of the test merge while it is open, of what it was
    merged as afterwards. `auto_merge`: None where nobody switched it on.
    """

    mergeable: bool | None = None
    mergeable_state: Text = "unknown"
    merge_commit_sha: str | None = None
    auto_merge: dict[str, Any] | None = None
    merged_by: documents.User | None = None
    merged_at: AwareDatetime | None = None
    requested_reviewers: tuple[documents.User, ...] = ()
    requested_teams: tuple[Team, ...] = ()


class MergeRepository(documents.Repo):
    """What a repository allows. `allow_*` are None where GitHub hides them from us."""

    archived: bool
    allow_merge_commit: bool | None = None
    allow_squash_merge: bool | None = None
    allow_rebase_merge: bool | None = None


class MergeReview(Document):
    """A review with the id of its author, which stays when the login changes."""

    id: int
    user: Account | None
    state: Text
    submitted_at: AwareDatetime | None = None
    commit_id: str | None = None


class GrantedPermission(documents.Permission):
    """`user`: whom GitHub takes the login for."""

    user: Account | None = None


class MergeCheckRun(Document):
    """`app`: None for one that no App made, as far as GitHub says."""

    id: int
    name: Text
    head_sha: str
    status: Text
    conclusion: Text | None
    details_url: OptionalText = ""
    app: AppId | None = None


class MergeCheckRuns(Document):
    total_count: int
    check_runs: tuple[MergeCheckRun, ...]


class CheckSuites(Document):
    total_count: int


class MergeStatus(Document):
    """One of the list of all statuses. `url` ends in the commit that it stands on."""

    id: int
    url: str
    state: Text
    context: Text
    target_url: OptionalText = ""
    creator: Account | None = None


class StandingStatus(Document):
    """One of the combined status, which has no creators."""

    id: int
    context: Text


class StandingStatuses(Document):
    sha: str
    total_count: int
    statuses: tuple[StandingStatus, ...]


class PublicApp(Document):
    """An App by its slug."""

    id: int
    slug: str


class RequiredCheck(Document):
    """`app_id` None or `ANY_APP_ID`: from any App."""

    context: Text
    app_id: int | None = None


class RequiredChecks(Document):
    """`contexts` is what servers had before `checks`, and names those too."""

    strict: bool = False
    contexts: tuple[Text, ...] = ()
    checks: tuple[RequiredCheck, ...] = ()


class Excused(Document):
    """Whom nobody has to review."""

    apps: tuple[PublicApp, ...] = ()


class RequiredReviews(Document):
    required_approving_review_count: int = 0
    bypass_pull_request_allowances: Excused | None = None


class Flag(Document):
    enabled: bool


class BranchProtection(Document):
    """Classic branch protection."""

    required_status_checks: RequiredChecks | None = None
    required_pull_request_reviews: RequiredReviews | None = None
    enforce_admins: Flag | None = None
    required_linear_history: Flag | None = None


class Rule(Document):
    """An active rule of a ruleset, of the repository or of its organization."""

    type: str
    ruleset_id: int | None = None
    parameters: dict[str, Any] | None = None


class RuledCheck(Document):
    context: Text
    integration_id: int | None = None


class RuledChecks(Document):
    """The parameters of a rule of type required_status_checks."""

    required_status_checks: tuple[RuledCheck, ...]
    strict_required_status_checks_policy: bool = False


class RuledReviews(Document):
    """The parameters of a rule of type pull_request. `allowed_merge_methods`: None where it restricts none."""

    required_approving_review_count: int = 0
    allowed_merge_methods: tuple[str, ...] | None = None


class CommitAuthors(Document):
    """A commit with the accounts behind its e-mails, None where there is none."""

    sha: str
    author: documents.User | None = None
    committer: documents.User | None = None


class MergeCommit(Document):
    """A commit as git has it."""

    sha: str
    tree: CommitSha
    parents: tuple[CommitSha, ...]


class ReviewDecisionNode(PullNode):
    """`review_decision`: None where no rule demands a review."""

    review_decision: Text | None
