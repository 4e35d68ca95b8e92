"""`has_workflow_result`: each of these workflows has ended in a wanted way, for every event that ran it."""

from typing import ClassVar, Self

from policies.facts import PullSnapshot
from policies.predicates import conclusions
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult


class HasWorkflowResult(Predicate):
    """A workflow is named once for each event for which it ended otherwise."""

    key: ClassVar[str] = "has_workflow_result"
    needs: ClassVar[tuple[str, ...]] = ("workflow_runs",)
    trigger: ClassVar[Trigger] = "status"
    wanted: tuple[str, ...] = ()
    conclusions: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: Value) -> Self:
        fields = value.fields(("workflows", "conclusions"))
        return cls(wanted=fields["workflows"].texts() or (), conclusions=fields["conclusions"].texts() or ())

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        known = dict(snapshot.workflow_runs)
        missing = tuple(path for path in self.wanted if path not in known)
        allowed = conclusions.allowed(self.conclusions)
        failing = tuple(path for path in self.wanted for ending in known.get(path, ()) if ending not in allowed)
        return PredicateResult(
            kind=self.key,
            satisfied=not (missing or failing),
            description=self._failure(missing, failing),
            values=missing or failing or self.wanted,
            condition_values=allowed,
        )

    def _failure(self, missing: tuple[str, ...], failing: tuple[str, ...]) -> str:
        if missing:
            return f"One or more workflow runs are missing: {', '.join(missing)}"
        ways = conclusions.any_of(self.conclusions)
        return f"One or more workflow runs have not concluded with {ways}: {','.join(failing)}" if failing else ""
