"""The simulated GitHub of a scenario, and what may be said and set in it."""

import zlib
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from app.simulator import GitHub, key_pair
from app.simulator.records import App, CheckRun, Pull, Repository, Review, Status
from policies.contents import context_of
from tests.conformance import merge_files
from tests.conformance.merge_clock import Clock
from tests.conformance.merge_commits import REPOSITORY, Commits
from tests.conformance.merge_names import Names
from tests.conformance.merge_words import Record, WrongScenario

GATE, GATE_LOGIN, CONTEXT = 4242, "gate[bot]", "policy-gate"
ACTIONS = 15_368
SECRET = "a-secret-for-the-scenarios"
APPS = {GATE: "gate", ACTIONS: "github-actions"}
PERMISSIONS = {
    **dict.fromkeys(("checks", "contents", "issues", "merge_queues", "pull_requests", "statuses"), "write"),
    **dict.fromkeys(("actions", "administration", "deployments", "members", "metadata"), "read"),
    "organization_projects": "write",
    "workflows": "write",
}
DISTANT_ID = 500_000
"""Above the ids of rows that a scenario numbers itself."""


@dataclass
class World:
    """`given` is kept true by the verbs: what the answers show where the simulator has no state of its own for it.

    `permissions`: what the permission endpoint answers, by login. `pull`: the pull request of the work item.
    """

    given: Record
    clock: Clock
    github: GitHub
    commits: Commits
    permissions: dict[str, str] = field(default_factory=dict)
    is_suspended: bool = False
    left_heads: set[str] = field(default_factory=set)

    @property
    def pull(self) -> Record:
        """`given.pr`."""
        found: Record = self.given["pr"]
        return found

    @property
    def number(self) -> int:
        """Of the pull request of the work item."""
        return int(self.pull.get("number", 42))

    @property
    def head(self) -> str:
        """The symbol of its head as it was given."""
        return str(self.pull.get("head_sha") or "H1")

    @property
    def names(self) -> Names:
        """Symbols and commits."""
        return self.commits.names

    @property
    def repository(self) -> Repository:
        """Where it happens."""
        return self.github.state.repository(REPOSITORY)

    def record(self, number: int) -> Pull:
        """A pull request as the simulator has it. Raises `WrongScenario`."""
        found = self.repository.pulls.get(number)
        if found is None:
            raise WrongScenario(f"there is no pull request {number}")
        return found

    def user(self, login: str, *, kind: str | None = None, user_id: int | None = None) -> str:
        """An account with that id, or one that follows from its login."""
        known = self.github.user(login, kind=kind)
        wanted = user_id or DISTANT_ID + zlib.crc32(login.encode()) % DISTANT_ID
        self.github.state.users[login] = replace(known, id=wanted, kind=kind or known.kind)
        return login

    def app(self, app_id: int) -> App:
        """The App of that id, made where it is asked for first."""
        if app_id not in self.github.state.apps:
            slug = APPS.get(app_id, f"app-{app_id}")
            made = self.github.add_app(slug, public_key=key_pair().public, permissions=PERMISSIONS, hook_secret=SECRET)
            del self.github.state.apps[made.id]
            self.github.state.apps[app_id] = replace(made, id=app_id)
        return self.github.state.apps[app_id]

    def grant(self, login: str, permission: str) -> None:
        """What somebody may do in the repository now."""
        self.permissions[login] = permission
        self.github.grant(REPOSITORY, login, permission)

    def add_review(self, number: int, row: Record) -> None:
        """One more review; the newest has the highest id unless it says otherwise."""
        reviews = self.repository.reviews.setdefault(number, [])
        login = row.get("user")
        if login is not None:
            self.user(login, kind=row.get("type"), user_id=row.get("user_id"))
            self.grant(login, row.get("permission", self.permissions.get(login, "none")))
        reviews.append(
            Review(
                id=row.get("id") or max([0, *(one.id for one in reviews)]) + 1,
                author=login,
                state=row["state"],
                body="",
                sha=self.names.sha(row.get("commit_id") or self.names.symbol(self.record(number).head_sha)),
                submitted_at=_moment(row.get("submitted_at")) or self.clock() - timedelta(hours=1),
            )
        )

    def set_check(self, row: Record) -> None:
        """One more check run, or another state of the one with that id."""
        runs = self.repository.check_runs
        app_id = row.get("app_id") or ACTIONS
        self.app(app_id)
        run = CheckRun(
            id=row.get("id") or max([0, *(one.id for one in runs)]) + 1,
            suite_id=row.get("suite_id") or 1,
            app_id=app_id,
            sha=self.names.sha(row.get("head_sha") or self.head),
            name=self.context(row["name"]),
            status=row.get("status", "completed"),
            conclusion=row.get("conclusion"),
            started_at=self.clock(),
            completed_at=self.clock() if row.get("status") == "completed" else None,
        )
        runs[:] = [one for one in runs if one.id != run.id] + [run]

    def add_status(self, row: Record) -> None:
        """One more status, made by an App or by a person."""
        app_id = row.get("creator_app_id")
        statuses = self.repository.statuses
        statuses.append(
            Status(
                id=row.get("seq") or max([0, *(one.id for one in statuses)]) + 1,
                sha=self.names.sha(row.get("sha") or self.head),
                context=self.context(row["context"]),
                state=row["state"],
                description=None,
                target_url=None,
                creator=f"{self.app(app_id).slug}[bot]" if app_id else self.user("ci-person"),
                created_at=self.clock(),
            )
        )

    def context(self, name: str) -> str:
        """A context as the gate knows it: its own one has the base branch in its name."""
        return context_of(CONTEXT, self.pull.get("base_ref", "main")) if name == CONTEXT else name

    def write_files(self, content: str, *shas: str) -> None:
        """The policy file and the gate file at these commits, or at all that there are: no merge then touches them."""
        settings = self.given.get("repo_settings", {})
        files = merge_files.files(content, self._policy(), settings)
        for sha in shas or tuple(self.repository.commits):
            self.commits.write(sha, files)

    def _policy(self) -> Record:
        policy = dict(self.given.get("policy", {}))
        if policy.get("required_checks"):
            named = [one if isinstance(one, dict) else {"context": one} for one in policy["required_checks"]]
            policy["required_checks"] = [{**one, "context": self.context(one["context"])} for one in named]
        return policy

    def push_files(self, content: str) -> None:
        """Another commit on the base branch, with these files."""
        branch = self.pull.get("base_ref", "main")
        tip = self.commits.add(f"files-{content}", (self.repository.branches[branch],))
        self.github.move_branch(REPOSITORY, branch, tip)
        self.write_files(content, tip)

    def apply_settings(self) -> None:
        """What administrators have set, as `given.repo_settings` says now."""
        settings, base = self.given.get("repo_settings", {}), self.pull.get("base_ref", "main")
        fields = {"archived": settings.get("archived", False), "visible": settings.get("visible", True)}
        methods = tuple(settings.get("merge_methods", ("merge", "squash", "rebase")))
        self.github.set_up(REPOSITORY, merge_methods=methods, **fields)
        self.github.let_pass(REPOSITORY, *([GATE] if settings.get("gate_is_bypass_actor") else []))
        self._protect(base, settings.get("protection") or {})
        self._rule(base, settings)
        if settings.get("id") and settings["id"] != self.repository.id:
            self.github.replace_id(REPOSITORY, settings["id"])

    def _protect(self, base: str, protection: Record) -> None:
        self.github.unprotect(REPOSITORY, base)
        if not protection:
            return
        checks = self._required(protection)
        self.github.protect(
            REPOSITORY,
            base,
            checks=checks if checks or protection.get("strict") else None,
            strict=protection.get("strict", False),
            approvals=protection.get("required_approvals") or None,
            enforce_admins=protection.get("enforce_admins", False),
        )

    def _required(self, said: Record) -> list[tuple[str, int | None]]:
        return [(self.context(one["context"]), one.get("app_id")) for one in said.get("required_checks") or []]

    def _rule(self, base: str, settings: Record) -> None:
        for known in list(self.repository.rulesets):
            self.github.remove_ruleset(REPOSITORY, known)
        checks = self._required(settings.get("rulesets") or {})
        queue = settings.get("method", "squash").upper() if settings.get("merge_queue") else None
        if checks or queue:
            self.github.add_ruleset(REPOSITORY, checks=checks or None, queue=queue)
        if queue:
            self.github.enable_queue(REPOSITORY, base)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text.replace("Z", "+00:00"))
