"""All that the simulated GitHub holds at one moment."""

from dataclasses import dataclass, field

from app.simulator import history
from app.simulator.objects import EMPTY, Commit, Tree
from app.simulator.projects import Project
from app.simulator.records import App, Installation, Organization, Pull, Repository, Sent, User

_SHORTEST_SHA = 7
NOREPLY = "users.noreply.github.com"
_HOSTS = (NOREPLY, "example.test")
ROLES = ("none", "read", "triage", "write", "maintain", "admin")


@dataclass(kw_only=True)
class State:
    users: dict[str, User] = field(default_factory=dict)
    organizations: dict[str, Organization] = field(default_factory=dict)
    apps: dict[int, App] = field(default_factory=dict)
    installations: dict[int, Installation] = field(default_factory=dict)
    repositories: dict[int, Repository] = field(default_factory=dict)
    projects: dict[int, Project] = field(default_factory=dict)
    renamed: dict[str, int] = field(default_factory=dict)  # former full name -> repository id
    sent: list[Sent] = field(default_factory=list)  # oldest first

    def find(self, full_name: str) -> Repository | None:
        """The repository of that name; like GitHub's, names have no case."""
        wanted = full_name.lower()
        return next((r for r in list(self.repositories.values()) if r.full_name.lower() == wanted), None)

    def repository(self, full_name: str) -> Repository:
        found = self.find(full_name)
        if found is None:
            raise LookupError(f"the simulated GitHub has no repository {full_name}")
        return found

    def pull(self, full_name: str, number: int) -> Pull:
        return self.repository(full_name).pulls[number]

    def pull_of(self, identity: str) -> tuple[Repository, Pull] | None:
        """Where a node's id leads."""
        found = ((one, pull) for one in self.repositories.values() for pull in one.pulls.values())
        return next(((one, pull) for one, pull in found if pull.node_id == identity), None)

    def bot(self, app_id: int) -> User:
        return self.users[f"{self.apps[app_id].slug}[bot]"]

    def account(self, email: str) -> str | None:
        """Whose e-mail that is: the addresses that GitHub gives out, and those of the simulated people."""
        name, _, host = email.partition("@")
        login = name.partition("+")[2] or name
        return login if host in _HOSTS and login in self.users else None

    def covers(self, installation: Installation, repository: Repository) -> bool:
        if installation.account.lower() != repository.owner.lower() or not repository.visible:
            return False
        return installation.repository_ids is None or repository.id in installation.repository_ids

    def installations_on(self, repository: Repository) -> list[Installation]:
        return [i for i in self.installations.values() if self.covers(i, repository) and i.suspended_at is None]

    def role(self, repository: Repository, login: str) -> str:
        """The exact role (`maintain` and `triage` too); `none` where there is no access."""
        if login == repository.owner:
            return "admin"
        held = [repository.collaborators.get(login, "none"), "none" if repository.private else "read"]
        organization = self.organizations.get(repository.owner)
        if organization:
            held.append(organization.gives(login))
            held += [role for slug, role in repository.teams.items() if login in organization.teams.get(slug, {})]
        return highest(held)


def highest(roles: list[str]) -> str:
    return max(["none", *roles], key=ROLES.index)


def resolve(repository: Repository, ref: str) -> Commit | None:
    """The commit of a tag, a branch, of `tags/<tag>`, `heads/<branch>`, `pull/<n>/head` or a SHA (short ones too)."""
    tag = ref.removeprefix("refs/").removeprefix("tags/")
    if tag in repository.tags:
        return repository.commits[repository.tags[tag]]
    name = ref.removeprefix("refs/").removeprefix("heads/")
    if name in repository.branches:
        return repository.commits[repository.branches[name]]
    if name.startswith("pull/") and name.endswith("/head"):
        pull = repository.pulls.get(int(name.split("/")[1]))
        return repository.commits[pull.head_sha] if pull else None
    if len(ref) < _SHORTEST_SHA:
        return None
    return next((c for sha, c in repository.commits.items() if sha.startswith(ref)), None)


def find_blob(repository: Repository, sha: str) -> bytes | None:
    """Of a tree of any commit, or written through the API."""
    if sha in repository.blobs:
        return repository.blobs[sha]
    held = (file for tree in _trees(repository) for file in tree.values())
    return next((file.data for file in held if file.sha == sha and file.kind == "blob"), None)


def find_tree(repository: Repository, sha: str) -> Tree | None:
    """A whole one or a folder, of any commit or written through the API."""
    return next((tree.below(tree.folders[sha]) for tree in _trees(repository) if sha in tree.folders), None)


def _trees(repository: Repository) -> list[Tree]:
    return [*repository.trees.values(), *(commit.tree for commit in repository.commits.values())]


def pull_commits(repository: Repository, pull: Pull) -> list[Commit]:
    """What the pull request would add to its base, oldest first."""
    base = repository.branches.get(pull.base_ref, pull.base_sha)
    if pull.merged_at:
        base = pull.base_sha
    return history.between(repository.commits, base, pull.head_sha)


def pull_files(repository: Repository, pull: Pull) -> list[history.Change]:
    base = repository.branches.get(pull.base_ref, pull.base_sha)
    if pull.merged_at:
        base = pull.base_sha
    root = history.merge_base(repository.commits, base, pull.head_sha)
    before = repository.commits[root].tree if root else EMPTY
    return history.changes(before, repository.commits[pull.head_sha].tree)
