"""Commit graphs: what is reachable, what lies between two commits, which files differ (pure)."""

import difflib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from app.simulator.records import Commit

Commits = Mapping[str, Commit]
_DIFF_HEADER_LINES = 2


@dataclass(frozen=True)
class Change:
    path: str
    status: str  # added, removed or modified
    before: str
    after: str

    @property
    def patch(self) -> str:
        lines = list(difflib.unified_diff(self.before.splitlines(), self.after.splitlines(), lineterm="", n=3))
        return "\n".join(lines[_DIFF_HEADER_LINES:])

    @property
    def additions(self) -> int:
        return sum(line.startswith("+") for line in self.patch.splitlines())

    @property
    def deletions(self) -> int:
        return sum(line.startswith("-") for line in self.patch.splitlines())


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


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """One `Change` per differing path, sorted by path."""
    paths = sorted(p for p in {*before, *after} if before.get(p) != after.get(p))
    return [Change(p, _status(p, before, after), before.get(p, ""), after.get(p, "")) for p in paths]


def _status(path: str, before: Mapping[str, str], after: Mapping[str, str]) -> str:
    if path not in before:
        return "added"
    return "modified" if path in after else "removed"


def blob_sha(text: str) -> str:
    """As `git hash-object` computes it."""
    body = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


def tree_sha(tree: Mapping[str, str]) -> str:
    listing = "\n".join(f"{path} {blob_sha(text)}" for path, text in sorted(tree.items()))
    return hashlib.sha1(listing.encode(), usedforsecurity=False).hexdigest()
