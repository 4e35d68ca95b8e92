"""Judges whether a pull request is turned down."""

from policies import candidates
from policies.actors import Actors
from policies.candidates import Candidate, ReviewState
from policies.error import CannotJudge
from policies.facts import FactMissing, PullSnapshot
from policies.options import Methods
from policies.policy import Disapproval
from policies.result import PredicateResult, Result

NAME = "disapproval"
NOTHING_WRITTEN = "No disapproval policy is specified or the policy is empty"
SATISFIED = "A precondition of this rule was satisfied"


def evaluate(disapproval: Disapproval, snapshot: PullSnapshot) -> Result:
    """Never raises: what cannot be judged is an `error`."""
    try:
        return _evaluate(disapproval, snapshot)
    except FactMissing as missing:
        return Result(name=NAME, kind="disapproval", status="error", error=str(missing), missing_fact=missing.name)
    except CannotJudge as problem:
        return Result(name=NAME, kind="disapproval", status="error", error=str(problem))


def _evaluate(disapproval: Disapproval, snapshot: PullSnapshot) -> Result:
    found: list[PredicateResult] = []
    for predicate in disapproval.predicates:
        found.append(predicate.evaluate(snapshot))
        if found[-1].satisfied:
            return _disapproved(found[-1].description or SATISFIED).model_copy(update={"predicates": tuple(found)})
    people = _people(disapproval, snapshot)
    return people.model_copy(update={"predicates": tuple(found)})


def _people(disapproval: Disapproval, snapshot: PullSnapshot) -> Result:
    wanted = disapproval.disapprovers
    if wanted.is_empty:
        return _skipped(NOTHING_WRITTEN)
    against = _newest(disapproval.disapprove, wanted, snapshot, "changes_requested")
    revoking = _newest(disapproval.revoke, wanted, snapshot, "approved") if against else None
    if against is None:
        return _skipped("No disapprovals")
    if revoking is None or against.created_at > revoking.created_at:
        return _disapproved(f"Disapproved by {against.login}").model_copy(update={"approvers": (against.approver(),)})
    return _skipped(f"Disapproval revoked by {revoking.login}")


def _newest(methods: Methods, wanted: Actors, snapshot: PullSnapshot, state: ReviewState) -> Candidate | None:
    found = reversed(candidates.collect(methods, snapshot, state))
    return next((candidate for candidate in found if wanted.include(candidate.login, snapshot)), None)


def _disapproved(description: str) -> Result:
    return Result(name=NAME, kind="disapproval", status="disapproved", description=description)


def _skipped(description: str) -> Result:
    return Result(name=NAME, kind="disapproval", status="skipped", description=description)
