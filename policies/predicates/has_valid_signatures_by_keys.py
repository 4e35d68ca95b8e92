"""`has_valid_signatures_by_keys`: every commit is validly signed with one of these GPG keys."""

from typing import ClassVar, Self

from policies import history
from policies.facts import Commit, PullSnapshot
from policies.predicates.has_valid_signatures import SHORT_SHA_CHARACTERS, signature_fault
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult
from policies.text import quoted


class HasValidSignaturesByKeys(Predicate):
    """The first key, in sorted order, that is not listed is named."""

    key: ClassVar[str] = "has_valid_signatures_by_keys"
    needs: ClassVar[tuple[str, ...]] = ("commits", "signatures")
    trigger: ClassVar[Trigger] = "commit"
    wanted: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(wanted=value.fields(("key_ids",))["key_ids"].texts() or ())

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        commits = history.commits(snapshot)
        fault = next((fault for commit in commits if (fault := _fault(commit))), "")
        keys = () if fault else _keys(commits)
        foreign = next((key for key in keys if key not in self.wanted), None)
        if foreign is not None:
            fault = f"Key {quoted(foreign)} does not meet the required key conditions for signing"
        return PredicateResult(
            kind=self.key,
            satisfied=not fault,
            description=fault,
            values=keys,
            condition_values=self.wanted,
        )


def _fault(commit: Commit) -> str:
    if fault := signature_fault(commit):
        return fault
    is_gpg = commit.signature is not None and commit.signature.kind == "gpg"
    return "" if is_gpg else f"Commit {commit.sha[:SHORT_SHA_CHARACTERS]} signature is not a GPG signature"


def _keys(commits: tuple[Commit, ...]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(commit.signature.key_id for commit in commits if commit.signature)))
