"""`custom_property_matches_any_of`: each of these custom properties matches one of its patterns."""

from typing import ClassVar, Self

from policies import patterns
from policies.facts import PropertyValue, PullSnapshot
from policies.patterns import Pattern
from policies.predicates.custom_property_is_not_null import shown
from policies.predicates.predicate import Predicate
from policies.reading import Value
from policies.result import PredicateResult


class CustomPropertyMatchesAnyOf(Predicate):
    """A property that is not set, or holds several values, matches nothing."""

    key: ClassVar[str] = "custom_property_matches_any_of"
    needs: ClassVar[tuple[str, ...]] = ("custom_properties",)
    wants_match: ClassVar[bool] = True
    wanted: tuple[tuple[str, tuple[Pattern, ...]], ...] = ()

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(wanted=tuple((name, patterns.read_all(item) or ()) for name, item in value.entries()))

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        known = dict(snapshot.custom_properties)
        found = (_matches(allowed, known.get(name)) for name, allowed in self.wanted)
        return PredicateResult(
            kind=self.key,
            satisfied=all(match is self.wants_match for match in found),
            values=tuple(shown(name, value) for name, value in snapshot.custom_properties),
            condition_values=tuple(shown(name, patterns.texts(allowed)) for name, allowed in self.wanted),
        )


def _matches(allowed: tuple[Pattern, ...], value: PropertyValue | None) -> bool:
    return isinstance(value, str) and patterns.matches_any(allowed, value)
