"""What every condition of `if` has in common."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, Self

from policies.actors import NOBODY, Actors
from policies.facts import Frozen, PullSnapshot
from policies.reading import Value
from policies.result import PredicateResult

Trigger = Literal["static", "commit", "comment", "review", "label", "status", "pull_request"]


class Predicate(Frozen, ABC):
    """One condition with its arguments.

    `needs` names the facts that it reads, `trigger` the kind of event that can change its answer.
    """

    key: ClassVar[str]
    needs: ClassVar[tuple[str, ...]] = ()
    trigger: ClassVar[Trigger] = "static"

    @classmethod
    @abstractmethod
    def read(cls, value: Value) -> Self:
        """Take the arguments from the document, or note there what is wrong with them."""

    @abstractmethod
    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        """Raise `FactMissing` for a fact that was not fetched, `CannotJudge` for one that is of no use."""

    def actors(self) -> Actors:
        """Whom it compares with, where it compares people."""
        return NOBODY

    def people(self, snapshot: PullSnapshot) -> tuple[str, ...]:
        """Whom it compares with `actors`."""
        return ()
