"""`file_added`: some added file matches a path."""

from typing import ClassVar, Self

from policies import paths
from policies.facts import PullSnapshot
from policies.globs import Glob
from policies.paths import Paths
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult


class FileAdded(Predicate):
    """Of a renamed file the new name was added and the old one deleted."""

    key: ClassVar[str] = "file_added"
    needs: ClassVar[tuple[str, ...]] = ("files",)
    trigger: ClassVar[Trigger] = "commit"
    status: ClassVar[str] = "added"
    wants_match: ClassVar[bool] = True
    wanted: Paths

    @classmethod
    def read(cls, value: Value) -> Self:
        fields = value.fields(("paths", "globs"))
        return cls(wanted=paths.read(fields["paths"], fields["globs"]))

    def globs(self) -> tuple[Glob, ...]:
        return self.wanted.globs

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        match = self._first_match(snapshot)
        nothing = f"No {self.status} files match the specified patterns"
        return PredicateResult(
            kind=self.key,
            satisfied=self.wants_match is (match is not None),
            description=nothing if match is None else f"{match} was {self.status}",
            values=() if match is None else (match,),
            condition_values=self.wanted.texts,
        )

    def _first_match(self, snapshot: PullSnapshot) -> str | None:
        names = (file.filename for file in snapshot.files if file.status == self.status)
        return next((name for name in names if self.wanted.match(name)), None)
