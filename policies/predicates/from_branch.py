"""`from_branch`: the name of the head branch matches a pattern."""

from typing import ClassVar

from policies.facts import PullSnapshot
from policies.predicates.predicate import Trigger
from policies.predicates.targets_branch import TargetsBranch
from policies.result import PredicateResult
from policies.text import quoted


class FromBranch(TargetsBranch):
    """A branch of a fork is named `owner:branch`."""

    key: ClassVar[str] = "from_branch"
    trigger: ClassVar[Trigger] = "static"

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        fork = f"{snapshot.head_owner}:" if snapshot.head_owner else ""
        branch, wanted = fork + snapshot.head_ref, self.pattern.text or ""
        satisfied = self.pattern.matches(branch)
        return PredicateResult(
            kind=self.key,
            satisfied=satisfied,
            description="" if satisfied else _failure(branch, wanted),
            values=(branch,),
            condition_values=(wanted,),
        )


def _failure(branch: str, wanted: str) -> str:
    return f"Source branch {quoted(branch)} does not match specified from_branch pattern {quoted(wanted)}"
