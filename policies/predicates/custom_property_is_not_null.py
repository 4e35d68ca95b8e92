"""`custom_property_is_not_null`: the repository has a value for each of these custom properties."""

from typing import ClassVar, Self

from policies.facts import PropertyValue, PullSnapshot
from policies.predicates.predicate import Predicate
from policies.reading import Value
from policies.result import PredicateResult


class CustomPropertyIsNotNull(Predicate):
    """All of them must be set; `wants_value` turned around, none."""

    key: ClassVar[str] = "custom_property_is_not_null"
    needs: ClassVar[tuple[str, ...]] = ("custom_properties",)
    wants_value: ClassVar[bool] = True
    wanted: tuple[str, ...] = ()

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(wanted=value.texts() or ())

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        known = dict(snapshot.custom_properties)
        return PredicateResult(
            kind=self.key,
            satisfied=all((name in known) is self.wants_value for name in self.wanted),
            values=tuple(shown(name, value) for name, value in snapshot.custom_properties),
            condition_values=self.wanted,
        )


def shown(name: str, value: PropertyValue) -> str:
    """`tier: gold`, or `languages: [go, rust]` where there are several values."""
    return f"{name}: {value}" if isinstance(value, str) else f"{name}: [{', '.join(value)}]"
