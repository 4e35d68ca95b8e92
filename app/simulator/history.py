"""Commit graphs: what is reachable, what lies between two commits, which files differ (pure)."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass

from app.simulator.objects import Commit, File, Tree

Commits = Mapping[str, Commit]
_DIFF_HEADER_LINES = 2
_NOTHING = File(b"")


@dataclass(frozen=True)
class Change:
    path: str
    before: File | None
    after: File | None

    @property
    def status(self) -> str:
        """`changed` where only the mode differs."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return "changed" if self.before.data == self.after.data else "modified"

    @property
    def sha(self) -> str:
        """Of what was removed, too."""
        return (self.after or self.before or _NOTHING).sha

    @property
    def patch(self) -> str | None:
        """None where a side is binary, or the text is the same."""
        before, after = (self.before or _NOTHING).text, (self.after or _NOTHING).text
        if before is None or after is None or before == after:
            return None
        lines = list(difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=3))
        return "\n".join(lines[_DIFF_HEADER_LINES:])

    @property
    def additions(self) -> int:
        return sum(line.startswith("+") for line in (self.patch or "").splitlines())

    @property
    def deletions(self) -> int:
        return sum(line.startswith("-") for line in (self.patch or "").splitlines())


def ancestors(commits: Commits, sha: str) -> dict[str, Commit]:
    """The commit and all before it, newest first, first parents foremost."""
    found: dict[str, Commit] = {}
    waiting = [sha]
    while waiting:
        current = waiting.pop(0)
        if current not in found:
            found[current] = commits[current]
            waiting.extend(commits[current].parents)
    return found


def between(commits: Commits, base: str, head: str) -> list[Commit]:
    """The commits reachable from head and not from base, oldest first, parents before children."""
    known = ancestors(commits, base)
    ordered: list[Commit] = []
    done = set(known)
    waiting = [head]
    while waiting:
        current = waiting[-1]
        missing = [p for p in commits[current].parents if p not in done]
        if current in done or not missing:
            waiting.pop()
            if current not in done:
                done.add(current)
                ordered.append(commits[current])
        else:
            waiting.append(missing[0])
    return ordered


def merge_base(commits: Commits, one: str, other: str) -> str | None:
    """A commit that both have, and no later one that both have; None where the histories share nothing."""
    known = ancestors(commits, one)
    common = [sha for sha in ancestors(commits, other) if sha in known]
    surpassed = {parent for sha in common for parent in commits[sha].parents}
    return next((sha for sha in common if sha not in surpassed), None)


def changes(before: Tree, after: Tree) -> list[Change]:
    """One `Change` per differing path, sorted by path."""
    paths = sorted(p for p in {*before, *after} if before.get(p) != after.get(p))
    return [Change(p, before.get(p), after.get(p)) for p in paths]


def merged(before: Tree, ours: Tree, theirs: Tree) -> tuple[Tree, list[str]]:
    """Ours with their changes; and the paths that both changed, each to something else (ours stays there).

    Whole files are compared: git would also merge what two sides did in different lines of one.
    """
    known = [change for change in changes(before, theirs) if ours.get(change.path) != change.after]
    wrong = [change.path for change in known if ours.get(change.path) != change.before]
    return ours.changed({change.path: change.after for change in known if change.path not in wrong}), wrong


def is_ahead(commits: Commits, tip: str, sha: str) -> bool:
    """Whether a branch at the tip may go to that commit without force."""
    return tip in ancestors(commits, sha)
