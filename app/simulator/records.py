"""The things that GitHub remembers, as plain frozen data: nothing here knows HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.simulator.deployments import Deployment, DeploymentStatus
from app.simulator.frozen import Record, node
from app.simulator.guards import METHODS, AutoMerge, Protection, Ruleset
from app.simulator.objects import Commit, Tree


@dataclass(frozen=True, kw_only=True)
class User(Record):
    id: int
    login: str
    kind: str  # User, Organization or Bot
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class App(Record):
    id: int
    slug: str
    owner: str
    public_key: str  # PEM
    permissions: Mapping[str, str]
    events: tuple[str, ...]
    hook_id: int
    hook_url: str | None  # None: the hook is switched off
    hook_secret: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Installation(Record):
    id: int
    app_id: int
    account: str
    repository_ids: tuple[int, ...] | None  # None: all of the account
    permissions: Mapping[str, str]
    created_at: datetime
    suspended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Label(Record):
    id: int
    name: str


@dataclass(frozen=True, kw_only=True)
class Pull(Record):
    id: int
    number: int
    title: str
    body: str | None
    author: str
    base_ref: str
    base_sha: str
    head_repository_id: int
    head_owner: str
    head_ref: str
    head_sha: str
    created_at: datetime
    updated_at: datetime
    draft: bool = False
    state: str = "open"
    labels: tuple[str, ...] = ()
    requested_reviewers: tuple[str, ...] = ()
    requested_teams: tuple[str, ...] = ()  # slugs of the owner's teams
    mergeable: bool | None = True  # True: as the trees say; False, None (still working) or the state below: as set
    mergeable_state: str | None = None  # None: what follows from the rest
    review_decision: str | None = None  # the same
    unsure_reads: int = 0  # so many reads to come find it still working
    auto_merge: AutoMerge | None = None
    app_id: int | None = None  # the App that opened it through the API
    merge_sha: str | None = None
    merged_by: str | None = None
    merged_at: datetime | None = None
    closed_at: datetime | None = None
    edited_at: datetime | None = None  # the body
    editor: str | None = None

    @property
    def node_id(self) -> str:
        return node("PR", self.id)


@dataclass(frozen=True, kw_only=True)
class Issue(Record):
    """One that is no pull request, and has its number among theirs."""

    id: int
    number: int
    title: str
    body: str | None
    author: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class Asked(Record):
    """Somebody asked a user or a team for a review, or took the request back."""

    id: int
    by: str
    kind: str  # user or team
    name: str
    what: str  # requested or removed
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Review(Record):
    id: int
    author: str | None  # None: the account is gone
    state: str  # APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, PENDING
    body: str
    sha: str
    submitted_at: datetime
    teams: tuple[str, ...] = ()  # slugs of those on whose behalf
    edited_at: datetime | None = None
    editor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Comment(Record):
    id: int
    author: str | None
    body: str
    created_at: datetime
    updated_at: datetime
    app_id: int | None = None  # the App that wrote it through the API
    edited_at: datetime | None = None
    editor: str | None = None


@dataclass(frozen=True, kw_only=True)
class Status(Record):
    id: int
    sha: str
    context: str
    state: str
    description: str | None
    target_url: str | None
    creator: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class CheckRun(Record):
    id: int
    suite_id: int
    app_id: int
    sha: str
    name: str
    status: str
    conclusion: str | None
    started_at: datetime
    completed_at: datetime | None
    external_id: str = ""
    details_url: str | None = None
    title: str | None = None
    summary: str | None = None
    text: str | None = None
    annotations: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class CheckSuite(Record):
    """One without runs; those with runs are known by them."""

    id: int
    app_id: int
    sha: str
    created_at: datetime
    status: str = "queued"


@dataclass(frozen=True, kw_only=True)
class WorkflowRun(Record):
    id: int
    workflow_id: int
    suite_id: int
    number: int
    sha: str
    path: str
    event: str
    status: str
    conclusion: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, kw_only=True)
class QueueEntry(Record):
    """A pull request in the merge queue of its base branch, with the group that GitHub built for it."""

    id: int
    number: int
    by: str
    at: datetime
    base_sha: str  # what the group stands on: the base branch, or the group ahead
    head_sha: str
    head_ref: str
    state: str = "AWAITING_CHECKS"


@dataclass(frozen=True, kw_only=True)
class Sent(Record):
    """One attempt to deliver one webhook, as the deliveries log keeps it."""

    id: int
    guid: str
    app_id: int
    event: str
    action: str | None
    installation_id: int | None
    repository_id: int | None
    url: str
    headers: Mapping[str, str]
    body: bytes
    delivered_at: datetime
    seconds: float
    status_code: int  # 0: nobody answered
    response: str
    redelivery: bool

    @property
    def status(self) -> str:
        if self.status_code == 0:
            return "failed to connect to host"
        return "OK" if 200 <= self.status_code < 300 else f"Invalid HTTP Response: {self.status_code}"


@dataclass(kw_only=True)
class Organization:
    login: str
    base: str = "none"  # the role of every member in every repository
    members: dict[str, str] = field(default_factory=dict)  # login -> role (admin, member)
    teams: dict[str, dict[str, str]] = field(default_factory=dict)  # slug -> login -> role (maintainer, member)

    def gives(self, login: str) -> str:
        """The role in each repository that comes with membership."""
        if login not in self.members:
            return "none"
        return "admin" if self.members[login] == "admin" else self.base


@dataclass(kw_only=True)
class Repository:
    id: int
    owner: str
    name: str
    private: bool
    created_at: datetime
    pushed_at: datetime
    default_branch: str = "main"
    fork_of: int | None = None
    archived: bool = False
    visible: bool = True  # False: as if it were not there, for everybody
    merge_methods: tuple[str, ...] = METHODS
    auto_merge: bool = True  # whether people may ask for it
    delete_branch_on_merge: bool = False
    protections: dict[str, Protection] = field(default_factory=dict)  # by branch
    rulesets: dict[int, Ruleset] = field(default_factory=dict)  # its own, and those of the organization for it
    bypass_apps: tuple[int, ...] = ()  # Apps that all this does not bind
    collaborators: dict[str, str] = field(default_factory=dict)  # login -> admin, maintain, write, triage or read
    teams: dict[str, str] = field(default_factory=dict)  # slug -> the same roles
    properties: dict[str, str | tuple[str, ...] | None] = field(default_factory=dict)  # custom ones
    branches: dict[str, str] = field(default_factory=dict)  # name -> sha
    tags: dict[str, str] = field(default_factory=dict)  # the same
    commits: dict[str, Commit] = field(default_factory=dict)
    blobs: dict[str, bytes] = field(default_factory=dict)  # written through the API, like these trees
    trees: dict[str, Tree] = field(default_factory=dict)
    labels: dict[str, Label] = field(default_factory=dict)
    pulls: dict[int, Pull] = field(default_factory=dict)
    issues: dict[int, Issue] = field(default_factory=dict)
    deployments: list[Deployment] = field(default_factory=list)  # oldest first, as their statuses
    deployment_statuses: list[DeploymentStatus] = field(default_factory=list)
    reviews: dict[int, list[Review]] = field(default_factory=dict)
    comments: dict[int, list[Comment]] = field(default_factory=dict)
    statuses: list[Status] = field(default_factory=list)  # oldest first
    check_runs: list[CheckRun] = field(default_factory=list)
    check_suites: list[CheckSuite] = field(default_factory=list)
    workflow_runs: list[WorkflowRun] = field(default_factory=list)  # oldest first
    asked: dict[int, list[Asked]] = field(default_factory=dict)
    queues: dict[str, list[QueueEntry]] = field(default_factory=dict)  # base branch -> entries, the first merges first

    @property
    def full_name(self) -> str:
        return f"{self.owner}/{self.name}"
