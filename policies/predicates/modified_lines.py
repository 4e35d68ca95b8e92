"""`modified_lines`: so many lines were added, deleted or both."""

import re
from typing import ClassVar, Literal, Self, get_args

from policies import paths
from policies.facts import ChangedFile, Frozen, PullSnapshot
from policies.globs import Glob
from policies.paths import Paths
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult

Sign = Literal["<", ">", "="]
NUMBER = re.compile(r"[+-]?[0-9]{1,40}", re.ASCII)
NUMBERS = range(-(2**63), 2**63)


class Comparison(Frozen):
    """`< 5`, `> 5` or `= 5`."""

    sign: Sign
    number: int

    def holds(self, lines: int) -> bool:
        if self.sign == "=":
            return lines == self.number
        return lines < self.number if self.sign == "<" else lines > self.number

    def __str__(self) -> str:
        return f"{self.sign} {self.number}"


class ModifiedLines(Predicate):
    """One comparison that holds is enough; files that are `excluded`, or not `included`, are not counted."""

    key: ClassVar[str] = "modified_lines"
    needs: ClassVar[tuple[str, ...]] = ("files",)
    trigger: ClassVar[Trigger] = "commit"
    additions: Comparison | None = None
    deletions: Comparison | None = None
    total: Comparison | None = None
    included: Paths
    excluded: Paths

    @classmethod
    def read(cls, value: Value) -> Self:
        fields = value.fields(("additions", "deletions", "total", "files"))
        files = fields["files"].fields(("include", "include_globs", "exclude", "exclude_globs"))
        return cls(
            additions=_comparison(fields["additions"]),
            deletions=_comparison(fields["deletions"]),
            total=_comparison(fields["total"]),
            included=paths.read(files["include"], files["include_globs"]),
            excluded=paths.read(files["exclude"], files["exclude_globs"]),
        )

    def globs(self) -> tuple[Glob, ...]:
        return (*self.included.globs, *self.excluded.globs)

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        files = [file for file in snapshot.files if self._counts(file)]
        added, deleted = sum([file.additions for file in files]), sum([file.deletions for file in files])
        pairs = ((self.additions, added), (self.deletions, deleted), (self.total, added + deleted))
        given = [(comparison, lines) for comparison, lines in pairs if comparison is not None]
        return PredicateResult(
            kind=self.key,
            satisfied=any(comparison.holds(lines) for comparison, lines in given),
            values=(f"+{added}", f"-{deleted}"),
            condition_values=tuple([str(comparison) for comparison, _ in given]),
        )

    def _counts(self, file: ChangedFile) -> bool:
        included = self.included.is_empty or self.included.match(file.filename)
        return included and not self.excluded.match(file.filename)


def _comparison(value: Value) -> Comparison | None:
    """`None` where nothing is written."""
    text = value.text().strip()
    if not text:
        return None
    sign = next((known for known in get_args(Sign) if text.startswith(known)), None)
    digits = text[1:].strip()
    if sign is not None and NUMBER.fullmatch(digits) and int(digits) in NUMBERS:
        return Comparison(sign=sign, number=int(digits))
    value.refuse("a comparison such as '> 10', '< 10' or '= 10' is expected here", "comparison")
    return None
