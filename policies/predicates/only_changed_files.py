"""`only_changed_files`: every file of the pull request matches a path."""

from typing import ClassVar, Self

from policies import paths
from policies.facts import PullSnapshot
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
        names = tuple(file.filename for file in snapshot.files)
        other = next(((name,) for name in names if not self.wanted.match(name)), ())
        return PredicateResult(
            kind=self.key,
            satisfied=bool(names) and not other,
            description=_description(names, other),
            values=other,
            condition_values=self.wanted.texts,
        )


def _description(names: tuple[str, ...], other: tuple[str, ...]) -> str:
    if other:
        return "A changed file does not match the required pattern"
    return "" if names else "No files changed"
