"""`changed_files`: some file of the pull request matches a path."""

from typing import ClassVar, Self

from policies import paths
from policies.facts import PullSnapshot
from policies.globs import Glob
from policies.paths import Paths
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult


class ChangedFiles(Predicate):
    """A file counts if it matches any of `wanted` and none of `ignored`; the first one is named."""

    key: ClassVar[str] = "changed_files"
    needs: ClassVar[tuple[str, ...]] = ("files",)
    trigger: ClassVar[Trigger] = "commit"
    wanted: Paths
    ignored: Paths

    @classmethod
    def read(cls, value: Value) -> Self:
        fields = value.fields(("paths", "globs", "ignore", "ignore_globs"))
        return cls(
            wanted=paths.read(fields["paths"], fields["globs"]),
            ignored=paths.read(fields["ignore"], fields["ignore_globs"]),
        )

    def globs(self) -> tuple[Glob, ...]:
        return (*self.wanted.globs, *self.ignored.globs)

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        match = self.first_match(snapshot)
        return PredicateResult(
            kind=self.key,
            satisfied=match is not None,
            description="No changed files match the required patterns" if match is None else f"{match} was changed",
            values=() if match is None else (match,),
            condition_values=self.wanted.texts,
        )

    def first_match(self, snapshot: PullSnapshot) -> str | None:
        for file in snapshot.files:
            if self.wanted.match(file.filename) and not self.ignored.match(file.filename):
                return file.filename
        return None
