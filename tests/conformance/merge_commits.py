"""The commits of a scenario's repository: made as they are named, with files that never stand in each other's way."""

from dataclasses import dataclass, field, replace
from uuid import uuid4

from app.simulator import GitHub, objects
from app.simulator.objects import EMPTY, Commit
from app.simulator.records import Repository
from tests.conformance.merge_names import Names

REPOSITORY = "o/r"
BASE, OLDER_HEAD = "B1", "H0"


@dataclass
class Commits:
    """`author`: of all of them. `mark`: no commit of one scenario is one of another, though their clocks are alike."""

    github: GitHub
    author: str = "alice"
    mark: str = field(default_factory=lambda: uuid4().hex)

    def __post_init__(self) -> None:
        self.names = Names(self.make)

    @property
    def repository(self) -> Repository:
        """Where all of it is."""
        return self.github.state.repository(REPOSITORY)

    def make(self, symbol: str) -> str:
        """A base follows the tip of the base branch, a head the older head; nothing is moved."""
        branches = self.repository.branches
        tip = branches.get(self.repository.default_branch)
        if symbol.startswith("B") or tip is None:
            return self.add(symbol, (tip,) if tip else ())
        if symbol == OLDER_HEAD:
            return self.add(symbol, (self.names.sha(BASE),))
        return self.add(symbol, (self.names.sha(OLDER_HEAD),))

    def follow(self, symbol: str, parent: str) -> str:
        """The commit of a symbol, which stands on that parent where it has to be made."""
        if not self.names.has(symbol):
            self.names.bind(symbol, self.add(symbol, (parent,)))
        return self.names.sha(symbol)

    def add(self, symbol: str, parents: tuple[str, ...]) -> str:
        """A commit with a file of its own."""
        with self.github.changing():
            commits = self.repository.commits
            tree = (commits[parents[0]].tree if parents else EMPTY).changed({f"{symbol}.txt": f"{symbol}\n"})
            who, message = self.github.signature(self.author), f"Add {symbol}\n\n{self.mark}"
            sha = objects.commit_sha(tree=tree, parents=parents, message=message, author=who, committer=who)
            commits[sha] = Commit(
                sha=sha, tree=tree, parents=parents, message=message, author=who, committer=who, via="git"
            )
            return sha

    def write(self, sha: str, files: dict[str, str | None]) -> None:
        """Let the commit hold these files (None: not), under the SHA that it has: a scenario's SHAs are only names."""
        with self.github.changing():
            commits = self.repository.commits
            commits[sha] = replace(commits[sha], tree=commits[sha].tree.changed(files))
