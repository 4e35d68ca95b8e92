"""`changed_files`: some file of the pull request matches a path."""

from typing import ClassVar, Self

from policies import patterns
from policies.facts import PullSnapshot
from policies.patterns import Pattern
from policies.predicates.predicate import Predicate
from policies.reading import Value
from policies.result import PredicateResult


class ChangedFiles(Predicate):
    """A file counts if it matches any of `paths` and none of `ignore`; the first one is named."""

    key: ClassVar[str] = "changed_files"
    needs: ClassVar[tuple[str, ...]] = ("files",)
    paths: tuple[Pattern, ...] = ()
    ignore: tuple[Pattern, ...] = ()

    @classmethod
    def read(cls, value: Value) -> Self:
        fields = value.fields(("paths", "ignore"), unsupported=("globs", "ignore_globs"))
        return cls(
            paths=patterns.read_all(fields["paths"]) or (),
            ignore=patterns.read_all(fields["ignore"]) or (),
        )

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        match = self.first_match(snapshot)
        return PredicateResult(
            kind=self.key,
            satisfied=match is not None,
            description="No changed files match the required patterns" if match is None else f"{match} was changed",
            values=() if match is None else (match,),
            condition_values=patterns.texts(self.paths),
        )

    def first_match(self, snapshot: PullSnapshot) -> str | None:
        for file in snapshot.files:
            name = file.filename
            if patterns.matches_any(self.paths, name) and not patterns.matches_any(self.ignore, name):
                return name
        return None
