"""`targets_branch`: the name of the base branch matches a pattern."""

from typing import ClassVar, Self

from policies import patterns
from policies.facts import PullSnapshot
from policies.patterns import Pattern
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult
from policies.text import quoted


class TargetsBranch(Predicate):
    """Without a pattern it is never satisfied."""

    key: ClassVar[str] = "targets_branch"
    trigger: ClassVar[Trigger] = "pull_request"
    pattern: Pattern

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(pattern=patterns.read(value.fields(("pattern",))["pattern"]))

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        branch, wanted = snapshot.base_ref, self.pattern.text or ""
        satisfied = self.pattern.matches(branch)
        return PredicateResult(
            kind=self.key,
            satisfied=satisfied,
            description="" if satisfied else _failure(branch, wanted),
            values=(branch,),
            condition_values=(wanted,),
        )


def _failure(branch: str, wanted: str) -> str:
    return f"Target branch {quoted(branch)} does not match required pattern {quoted(wanted)}"
