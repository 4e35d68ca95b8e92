"""`only_changed_files`: every file of the pull request matches a path."""

from typing import ClassVar, Self

from policies import patterns
from policies.facts import PullSnapshot
from policies.patterns import Pattern
from policies.predicates.predicate import Predicate
from policies.reading import Value
from policies.result import PredicateResult


class OnlyChangedFiles(Predicate):
    """A pull request without files does not satisfy it."""

    key: ClassVar[str] = "only_changed_files"
    needs: ClassVar[tuple[str, ...]] = ("files",)
    paths: tuple[Pattern, ...] = ()

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(paths=patterns.read_all(value.fields(("paths",), unsupported=("globs",))["paths"]) or ())

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        names = tuple(file.filename for file in snapshot.files)
        other = tuple(name for name in names if not patterns.matches_any(self.paths, name))[:1]
        return PredicateResult(
            kind=self.key,
            satisfied=bool(names) and not other,
            description=_description(names, other),
            values=other,
            condition_values=patterns.texts(self.paths),
        )


def _description(names: tuple[str, ...], other: tuple[str, ...]) -> str:
    if other:
        return "A changed file does not match the required pattern"
    return "" if names else "No files changed"
