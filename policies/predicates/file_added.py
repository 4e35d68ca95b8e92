"""`file_added`: some added file matches a path."""

from typing import ClassVar, Self

from policies import patterns
from policies.facts import PullSnapshot
from policies.patterns import Pattern
from policies.predicates.predicate import Predicate
from policies.reading import Value
from policies.result import PredicateResult


class FileAdded(Predicate):
    """Of a renamed file the new name was added and the old one deleted."""

    key: ClassVar[str] = "file_added"
    needs: ClassVar[tuple[str, ...]] = ("files",)
    status: ClassVar[str] = "added"
    wants_match: ClassVar[bool] = True
    paths: tuple[Pattern, ...] = ()

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(paths=patterns.read_all(value.fields(("paths",), unsupported=("globs",))["paths"]) or ())

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        match = self._first_match(snapshot)
        nothing = f"No {self.status} files match the specified patterns"
        return PredicateResult(
            kind=self.key,
            satisfied=self.wants_match is (match is not None),
            description=nothing if match is None else f"{match} was {self.status}",
            values=() if match is None else (match,),
            condition_values=patterns.texts(self.paths),
        )

    def _first_match(self, snapshot: PullSnapshot) -> str | None:
        names = (file.filename for file in snapshot.files if file.status == self.status)
        return next((name for name in names if patterns.matches_any(self.paths, name)), None)
