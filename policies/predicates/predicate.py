"""What every condition of `if` has in common."""

from abc import ABC, abstractmethod
from typing import ClassVar, Literal, Self

from policies.actors import NOBODY, Actors
from policies.error import CannotJudge
from policies.facts import Frozen, PullSnapshot
from policies.globs import Glob
from policies.mode import Mode
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

    def judge(self, snapshot: PullSnapshot, mode: Mode) -> PredicateResult:
        """The same; strictly, raise `CannotJudge` for a glob that is not valid too, and take no doubtful yes."""
        found = self.evaluate(snapshot)
        if mode == "strict":
            self.check_globs()
            doubt = self.doubt(snapshot) if found.satisfied else ""
            return found._replace(satisfied=False, description=doubt, doubt=doubt) if doubt else found
        return found

    def check_globs(self) -> None:
        """Raise `CannotJudge` if one is not valid; policy-bot takes it for one that no file matches."""
        for glob in self.globs():
            if not glob.is_valid:
                raise CannotJudge(f"the glob {glob.text!r} in {self.key} is not valid and has to be corrected")

    def globs(self) -> tuple[Glob, ...]:
        """Every glob among its arguments."""
        return ()

    def doubt(self, snapshot: PullSnapshot) -> str:
        """Why its yes cannot be relied on, one sentence; empty where it can."""
        return ""

    def actors(self) -> Actors:
        """Whom it compares with, where it compares people."""
        return NOBODY

    def people(self, snapshot: PullSnapshot) -> tuple[str, ...]:
        """Whom it compares with `actors`."""
        return ()
