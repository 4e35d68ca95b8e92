"""`repository`: the full name of the repository matches a pattern."""

from functools import cached_property
from typing import ClassVar, Self

from policies import patterns
from policies.facts import PullSnapshot
from policies.patterns import Pattern
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult


class Repository(Predicate):
    """Satisfied by a name that matches any of `matches`, or none of `not_matches` where there are some."""

    key: ClassVar[str] = "repository"
    trigger: ClassVar[Trigger] = "pull_request"
    noun: ClassVar[str] = "Repository"
    matches: tuple[Pattern, ...] = ()
    not_matches: tuple[Pattern, ...] = ()

    @classmethod
    def read(cls, value: Value) -> Self:
        fields = value.fields(("matches", "not_matches"))
        return cls(
            matches=patterns.read_all(fields["matches"]) or (),
            not_matches=patterns.read_all(fields["not_matches"]) or (),
        )

    def subject(self, snapshot: PullSnapshot) -> str:
        return f"{snapshot.owner}/{snapshot.repo}"

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        subject = self.subject(snapshot)
        description = self._reason(subject)
        return PredicateResult(
            kind=self.key,
            satisfied=bool(description),
            description=description,
            values=(subject,),
            condition_values=self._texts,
        )

    @cached_property
    def _texts(self) -> tuple[str, ...]:
        return patterns.texts((*self.matches, *self.not_matches))

    def _reason(self, subject: str) -> str:
        if patterns.matches_any(self.matches, subject):
            return f"PR {self.noun} matches a Match pattern"
        if self.not_matches and not patterns.matches_any(self.not_matches, subject):
            return f"PR {self.noun} doesn't match a NotMatch pattern"
        return ""
