"""`only_changed_files`: every file of the pull request matches a path."""

from typing import ClassVar, Self

from policies import paths
from policies.facts import ChangedFile, PullSnapshot
from policies.globs import Glob
from policies.paths import Paths
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult


class OnlyChangedFiles(Predicate):
    """A pull request without files does not satisfy it."""

    key: ClassVar[str] = "only_changed_files"
    needs: ClassVar[tuple[str, ...]] = ("files",)
    trigger: ClassVar[Trigger] = "commit"
    wanted: Paths

    @classmethod
    def read(cls, value: Value) -> Self:
        fields = value.fields(("paths", "globs"))
        return cls(wanted=paths.read(fields["paths"], fields["globs"]))

    def globs(self) -> tuple[Glob, ...]:
        return self.wanted.globs

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        files = snapshot.files
        other = self._first_other(files)
        return PredicateResult(
            kind=self.key,
            satisfied=bool(files) and not other,
            description=_description(files, other),
            values=other,
            condition_values=self.wanted.texts,
        )

    def _first_other(self, files: tuple[ChangedFile, ...]) -> tuple[str, ...]:
        for file in files:
            if not self.wanted.match(file.filename):
                return (file.filename,)
        return ()


def _description(files: tuple[ChangedFile, ...], other: tuple[str, ...]) -> str:
    if other:
        return "A changed file does not match the required pattern"
    return "" if files else "No files changed"
