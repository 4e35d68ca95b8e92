"""A gate that really runs, and on it a scene for each scenario: an organization of its own with one pull request."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app import simulator
from app.demo import stage as stages
from app.demo.stage import DemoFailed, Stage
from app.simulator.records import App, Status

MOST_SCENES = 40
REEVALUATIONS_PER_MINUTE = 8
LOG_TAIL_CHARACTERS = 3000
SETTINGS = {
    "ALLOWED_WRITES": "status,check_run,review_approve,review_dismiss",
    "LEASE_SECONDS": "30",
    "GITHUB_TIMEOUT_SECONDS": "10",
    "REEVALUATIONS_PER_MINUTE": str(REEVALUATIONS_PER_MINUTE),
}


@dataclass
class Gate:
    """Receiver, worker and beat beside a simulated GitHub; each scene begins with nothing said and nothing seen."""

    stage: Stage
    app: App
    _numbers: Iterator[int] = field(default_factory=lambda: iter(range(MOST_SCENES)))

    def scene(self, policy: str, **branches: str) -> "Scene":
        """bob's pull request out of `feature` into `main`; carol may write, and is in the team `core`; dave may read.

        `branches` are other branches with their policies. In a policy `acme` stands for the scene's organization.
        """
        github, owner = self.stage.github, _owner(next(self._numbers))
        github.add_organization(owner, members={"ann": "admin", "carol": "member"}, teams={"core": {"carol": "member"}})
        scene = Scene(self.stage, f"{owner}/widget", owner)
        people = {"bob": "write", "carol": "write", "dave": "read"}
        github.add_repository(scene.name, collaborators=people, files=scene.file(policy))
        github.install(self.app, owner)
        for branch, other in branches.items():
            github.push(scene.name, branch, scene.file(other), by="carol")
        github.push(scene.name, "feature", {"a.py": "1"}, by="bob")
        scene.hooks.open_pull(scene.name, "feature", by="bob")
        return scene


@dataclass
class Scene:
    """What one scenario plays on: `github` changes silently, `hooks` tell of it."""

    stage: Stage
    name: str
    owner: str

    @property
    def github(self) -> simulator.GitHub:
        return self.stage.github

    @property
    def hooks(self) -> simulator.Hooks:
        return self.stage.hooks

    def file(self, policy: str) -> dict[str, str]:
        """The file with this policy."""
        return {".policy.yml": policy.replace("acme/", f"{self.owner}/").replace("[acme]", f"[{self.owner}]")}

    def head(self, number: int = 1) -> str:
        return self.github.state.pull(self.name, number).head_sha

    def shows(self, state: str, description: str | None = None, *, number: int = 1, base: str = "main") -> None:
        """Wait until GitHub shows this status on the head of the pull request."""
        self.shows_on(self.head(number), state, description, base=base)

    def shows_on(self, sha: str, state: str, description: str | None = None, *, base: str = "main") -> None:
        """Wait until GitHub shows this status on the commit."""

        def shown() -> bool:
            found = self.status(sha, base)
            return found is not None and (found.state, description or found.description) == (state, found.description)

        self.eventually(shown, f"the status {state} of {sha} in {self.name} ({description})")

    def states(self, sha: str) -> list[str]:
        """The states of all statuses on a commit, oldest first."""
        return [status.state for status in self.github.state.repository(self.name).statuses if status.sha == sha]

    def status(self, sha: str, base: str = "main") -> Status | None:
        """The newest of ours on a commit."""
        wanted = (sha, f"mergegate: {base}")
        statuses = self.github.state.repository(self.name).statuses
        return next((status for status in reversed(statuses) if (status.sha, status.context) == wanted), None)

    def eventually(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until it holds, within limits."""
        try:
            stages.eventually(condition, what)
        except DemoFailed as late:
            raise AssertionError(f"{late}\n{self._story()}") from late

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of the gate's database; `{id}` stands for this repository's."""
        return self.stage.rows(query.format(id=self.github.state.repository(self.name).id))

    def _story(self) -> str:
        """What is known of a scene that went otherwise."""
        statuses = [(status.state, status.description) for status in self.github.state.repository(self.name).statuses]
        log = (self.stage.directory / "worker.log").read_text(encoding="utf-8")
        return f"statuses: {statuses}\nunknown requests: {self.github.unknown_requests}\n{log[-LOG_TAIL_CHARACTERS:]}"


@contextmanager
def running(directory: Path, database_url: str) -> Iterator[Gate]:
    """The gate for as long as the scenarios of a session last."""
    github = simulator.GitHub()
    app = github.add_app()
    names = ",".join(f"{_owner(number)}/widget" for number in range(MOST_SCENES))
    settings = {**SETTINGS, "ALLOWED_REPOSITORIES": names}
    with stages.running(github, directory, database_url, **settings) as stage:
        yield Gate(stage, github.state.apps[app.id])
        stage.run("audit", "verify")
    assert github.unknown_requests == []
    assert github.open_requests == []


def _owner(number: int) -> str:
    return f"acme-{number}"
