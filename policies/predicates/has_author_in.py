"""`has_author_in`: the author of the pull request is one of these."""

from typing import ClassVar, Self

from policies import actors
from policies.actors import Actors
from policies.facts import PullSnapshot
from policies.predicates.predicate import Predicate
from policies.reading import Value
from policies.result import PredicateResult
from policies.text import quoted


class HasAuthorIn(Predicate):
    """Compares the author with the actors."""

    key: ClassVar[str] = "has_author_in"
    wanted: Actors

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(wanted=actors.read(value.fields(actors.KEYS)))

    def actors(self) -> Actors:
        return self.wanted

    def people(self, snapshot: PullSnapshot) -> tuple[str, ...]:
        return (snapshot.author,)

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        author = snapshot.author
        satisfied = self.wanted.include(author, snapshot)
        return PredicateResult(
            kind=self.key,
            satisfied=satisfied,
            description="" if satisfied else _failure(author),
            values=(author,),
        )


def _failure(author: str) -> str:
    return f"The pull request author {quoted(author)} does not meet the required membership conditions"
