"""`has_status`: each of these statuses and checks has ended in a wanted way."""

from typing import ClassVar, Self

from policies.facts import PullSnapshot
from policies.predicates import conclusions
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult


class HasStatus(Predicate):
    """What is missing is named before what has ended otherwise."""

    key: ClassVar[str] = "has_status"
    needs: ClassVar[tuple[str, ...]] = ("statuses",)
    trigger: ClassVar[Trigger] = "status"
    wanted: tuple[str, ...] = ()
    conclusions: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: Value) -> Self:
        fields = value.fields(("statuses", "conclusions"))
        return cls(wanted=fields["statuses"].texts() or (), conclusions=fields["conclusions"].texts() or ())

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        known = dict(snapshot.statuses)
        missing = tuple([name for name in self.wanted if name not in known])
        allowed = conclusions.allowed(self.conclusions)
        failing = tuple([name for name in self.wanted if name in known and known[name] not in allowed])
        return PredicateResult(
            kind=self.key,
            satisfied=not (missing or failing),
            description=self._failure(missing, failing),
            values=missing or failing or self.wanted,
            condition_values=allowed,
        )

    def _failure(self, missing: tuple[str, ...], failing: tuple[str, ...]) -> str:
        if missing:
            return f"One or more statuses is missing: {', '.join(missing)}"
        ways = conclusions.any_of(self.conclusions)
        return f"One or more statuses has not concluded with {ways}: {','.join(failing)}" if failing else ""
