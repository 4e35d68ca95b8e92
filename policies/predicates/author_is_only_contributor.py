"""`author_is_only_contributor`: every commit is by the author of the pull request."""

from typing import ClassVar, Self

from policies import history
from policies.facts import Commit, PullSnapshot
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult

SHORT_SHA_CHARACTERS = 10


class AuthorIsOnlyContributor(Predicate):
    """A commit made at the web counts by its author alone; a commit by nobody known is somebody else's."""

    key: ClassVar[str] = "author_is_only_contributor"
    needs: ClassVar[tuple[str, ...]] = ("commits",)
    trigger: ClassVar[Trigger] = "commit"
    expected: bool

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(expected=value.boolean() is True)

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        foreign = next((commit for commit in history.commits(snapshot) if not _is_own(commit, snapshot.author)), None)
        satisfied = self.expected is (foreign is None)
        return PredicateResult(
            kind=self.key,
            satisfied=satisfied,
            description="" if satisfied else _failure(foreign, snapshot.author),
            values=(snapshot.author,),
        )


def _is_own(commit: Commit, author: str) -> bool:
    return commit.author == author and (commit.committer == author or commit.committed_via_web)


def _failure(foreign: Commit | None, author: str) -> str:
    if foreign is None:
        return f"All commits were authored and committed by {author}"
    return f"Commit {foreign.sha[:SHORT_SHA_CHARACTERS]} was authored or committed by a different user"
