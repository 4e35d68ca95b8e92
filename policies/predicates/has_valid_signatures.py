"""`has_valid_signatures`: every commit is signed, and validly."""

from typing import ClassVar, Self

from policies import history
from policies.facts import Commit, PullSnapshot
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult

SHORT_SHA_CHARACTERS = 10
ALL_VALID = "All commits are signed and have valid signatures"


class HasValidSignatures(Predicate):
    """With `false` some commit must not be."""

    key: ClassVar[str] = "has_valid_signatures"
    needs: ClassVar[tuple[str, ...]] = ("commits", "signatures")
    trigger: ClassVar[Trigger] = "commit"
    expected: bool

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(expected=value.boolean() is True)

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        commits = history.commits(snapshot)
        found = next(((commit.sha, fault) for commit in commits if (fault := signature_fault(commit))), None)
        satisfied = self.expected is (found is None)
        return PredicateResult(
            kind=self.key,
            satisfied=satisfied,
            description="" if satisfied else (found[1] if found else ALL_VALID),
            values=(found[0],) if found else tuple(commit.sha for commit in commits),
        )


def signature_fault(commit: Commit) -> str:
    """What is wrong with the signature of this commit; empty if nothing is."""
    signature, name = commit.signature, commit.sha[:SHORT_SHA_CHARACTERS]
    if signature is None:
        return f"Commit {name} has no signature"
    return "" if signature.valid else f"Commit {name} has an invalid signature due to {signature.state}"
