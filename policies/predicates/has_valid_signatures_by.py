"""`has_valid_signatures_by`: every commit is validly signed by one of these."""

from typing import ClassVar, Self

from policies import actors, history
from policies.actors import Actors
from policies.facts import PullSnapshot
from policies.predicates.has_valid_signatures import signature_fault
from policies.predicates.predicate import Predicate, Trigger
from policies.reading import Value
from policies.result import PredicateResult
from policies.text import quoted


class HasValidSignaturesBy(Predicate):
    """The first signer, in sorted order, who is none of the actors is named."""

    key: ClassVar[str] = "has_valid_signatures_by"
    needs: ClassVar[tuple[str, ...]] = ("commits", "signatures")
    trigger: ClassVar[Trigger] = "commit"
    wanted: Actors

    @classmethod
    def read(cls, value: Value) -> Self:
        return cls(wanted=actors.read(value.fields(actors.KEYS)))

    def actors(self) -> Actors:
        return self.wanted

    def people(self, snapshot: PullSnapshot) -> tuple[str, ...]:
        """Nobody where a signature is at fault, since that decides."""
        return () if _fault(snapshot) else _signers(snapshot)

    def evaluate(self, snapshot: PullSnapshot) -> PredicateResult:
        fault, signers = _fault(snapshot), self.people(snapshot)
        stranger = next((login for login in signers if not self.wanted.include(login, snapshot)), None)
        if stranger is not None:
            fault = f"Contributor {quoted(stranger)} does not meet the required membership conditions for signing"
        return PredicateResult(kind=self.key, satisfied=not fault, description=fault, values=signers)


def _fault(snapshot: PullSnapshot) -> str:
    return next((fault for commit in history.commits(snapshot) if (fault := signature_fault(commit))), "")


def _signers(snapshot: PullSnapshot) -> tuple[str, ...]:
    """Sorted; one without an account is the empty text."""
    signatures = (commit.signature for commit in history.commits(snapshot))
    return tuple(sorted(dict.fromkeys(signature.signer for signature in signatures if signature)))
