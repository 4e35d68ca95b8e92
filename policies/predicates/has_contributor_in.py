"""`has_contributor_in`: somebody who wrote or committed a commit, or the author, is one of these."""

from typing import ClassVar, Self

from policies import actors, history
from policies.actors import Actors
from policies.facts import PullSnapshot
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult


class HasContributorIn(Predicate):
    """Compares the author and everybody known from any commit with the actors, until one fits."""

    key: ClassVar[str] = "has_contributor_in"
    needs: ClassVar[tuple[str, ...]] = ("commits",)
    trigger: ClassVar[Trigger] = "commit"
    wanted: Actors

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(wanted=actors.read(value.fields(actors.KEYS)))

    def actors(self) -> Actors:
        return self.wanted

    def people(self, snapshot: PullSnapshot) -> tuple[str, ...]:
        return history.contributors(history.commits(snapshot), snapshot.author)

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        people = self.people(snapshot)
        satisfied = any(self.wanted.include(login, snapshot) for login in people)
        return PredicateResult(
            kind=self.key,
            satisfied=satisfied,
            description="" if satisfied else "No contributors meet the required membership conditions",
            values=people,
        )
