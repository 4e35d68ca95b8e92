"""`has_labels`: the pull request carries all of these labels."""

from typing import ClassVar, Self

from policies.facts import PullSnapshot
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult


class HasLabels(Predicate):
    """Case does not matter; the first missing label is named. Nothing wanted, nothing read."""

    key: ClassVar[str] = "has_labels"
    needs: ClassVar[tuple[str, ...]] = ("labels",)
    trigger: ClassVar[Trigger] = "label"
    wanted: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(wanted=value.texts() or ())

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        labels = snapshot.labels if self.wanted else ()
        present = tuple(label.lower() for label in labels)
        missing = next((label for label in self.wanted if label.lower() not in present), None)
        return PredicateResult(
            kind=self.key,
            satisfied=missing is None,
            description="" if missing is None else f"Missing label: {missing}",
            values=labels,
            condition_values=self.wanted,
        )
