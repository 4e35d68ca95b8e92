"""What we use of GitHub's answers, typed: strict about that and blind to the rest.

Shapes: https://docs.github.com/en/rest (API version 2022-11-28).
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict

GHOST = "ghost"


def _clean(value: object) -> object:
    """Text that Postgres and UTF-8 can hold: no NUL, no lone surrogates."""
    if not isinstance(value, str):
        return value
    return value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode("utf-8")


Text = Annotated[str, BeforeValidator(_clean)]
OptionalText = Annotated[str, BeforeValidator(lambda value: "" if value is None else _clean(value))]


class Document(BaseModel):
    """Frozen, and blind to what is not used."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Document):
    login: Text


class Label(Document):
    name: Text


class Repo(Document):
    id: int
    full_name: Text
    owner: User


class NamedRepo(Repo):
    """A repository that was asked for by its name."""

    default_branch: Text


class Branch(Document):
    """An end of a pull request; `repo` is None where a fork was deleted."""

    ref: Text
    sha: str
    repo: Repo | None


class Pull(Document):
    number: int
    title: Text
    body: OptionalText = ""
    state: Literal["open", "closed"]
    merged: bool = False
    draft: bool = False
    user: User | None
    labels: tuple[Label, ...]
    created_at: AwareDatetime
    updated_at: AwareDatetime
    head: Branch
    base: Branch
    changed_files: int
    commits: int


class AutoMerge(Document):
    """That GitHub will merge by itself. `enabled_by`: None where that account is gone."""

    enabled_by: User | None = None


class ListedPull(Document):
    """A pull request in a list, which has no counts. `auto_merge`: None where nobody switched it on.

    `merged_at`: None where it is not merged.
    """

    number: int
    state: Literal["open", "closed"]
    user: User | None = None
    updated_at: AwareDatetime | None = None
    head: Branch
    base: Branch
    auto_merge: AutoMerge | None = None
    merged_at: AwareDatetime | None = None

    @property
    def login(self) -> str:
        """Its author's."""
        return GHOST if self.user is None else self.user.login


class AppId(Document):
    id: int


class Comment(Document):
    """A comment beside the code. `performed_via_github_app` is None where it came through none, or GitHub hides it."""

    id: int
    user: User | None
    body: OptionalText = ""
    issue_url: str
    performed_via_github_app: AppId | None = None

    @property
    def login(self) -> str:
        """Its author's."""
        return GHOST if self.user is None else self.user.login

    @property
    def number(self) -> int:
        """Of the pull request; 0 where the address names none."""
        last = self.issue_url.rpartition("/")[2]
        return int(last) if last.isascii() and last.isdigit() else 0


class File(Document):
    filename: Text
    previous_filename: Text | None = None
    status: Literal["added", "removed", "modified", "renamed", "copied", "changed", "unchanged"]
    additions: int
    deletions: int


class Review(Document):
    id: int
    user: User | None
    state: str
    body: OptionalText = ""
    submitted_at: AwareDatetime | None = None
    commit_id: str | None = None


class Permission(Document):
    """`role_name` knows triage and maintain, and custom roles, which `permission` maps to their base."""

    permission: Literal["admin", "write", "read", "none"]
    role_name: str = ""


class Status(Document):
    id: int
    state: Literal["success", "failure", "pending", "error"]
    context: Text
    description: OptionalText = ""
    target_url: OptionalText = ""
    created_at: AwareDatetime


class CreatedStatus(Status):
    creator: User | None = None


class CombinedStatus(Document):
    statuses: tuple[Status, ...]
    total_count: int


class CheckRun(Document):
    """`conclusion` is None while it runs."""

    id: int
    name: Text
    conclusion: str | None


class CheckRuns(Document):
    check_runs: tuple[CheckRun, ...]


class OwnCheckRun(Document):
    """A run that our App made; `external_id` is what it was given there."""

    id: int
    external_id: OptionalText = ""


class OwnCheckRuns(Document):
    check_runs: tuple[OwnCheckRun, ...]


class Team(Document):
    slug: Text


class RequestedReviewers(Document):
    """Who is asked for a review and has given none since."""

    users: tuple[User, ...]
    teams: tuple[Team, ...]


class Collaborator(User):
    """`permissions` maps admin, maintain, push, triage and pull to whether they are held."""

    role_name: str = ""
    permissions: dict[str, bool]


class RepositoryTeam(Team):
    """A team that has access to a repository."""

    permission: str
    permissions: dict[str, bool] = {}


class WorkflowRun(Document):
    """`conclusion` is None while it runs."""

    id: int
    path: Text
    event: Text
    status: str | None
    conclusion: str | None
    created_at: AwareDatetime


class WorkflowRuns(Document):
    workflow_runs: tuple[WorkflowRun, ...]


class PropertyValue(Document):
    """A custom property; None where it is not set."""

    property_name: Text
    value: Text | tuple[Text, ...] | None


class CommitSha(Document):
    """A commit, or another git object, of which only the SHA matters."""

    sha: str


class Reference(Document):
    """A branch, as git has it."""

    object: CommitSha


class Tip(Document):
    """A branch's newest commit."""

    commit: CommitSha


class Contents(Document):
    """What a path holds: a file, a symlink or a submodule. A file of more than 1 MB comes without its content."""

    type: Literal["file", "symlink", "submodule"]
    size: int
    encoding: str = ""
    content: str = ""


class OurApp(Document):
    slug: str


class Account(Document):
    """Where an App is installed: a user or an organization. An enterprise has no login."""

    login: Text = ""


class Installation(Document):
    id: int
    account: Account | None
    suspended_at: AwareDatetime | None
