"""Judges whether a pull request is turned down."""

from policies import candidates
from policies.actors import Actors
from policies.candidates import Candidate
from policies.error import CannotJudge
from policies.facts import FactMissing, PullSnapshot
from policies.mode import COMPAT, Manner
from policies.policy import Disapproval
from policies.result import PredicateResult, Result

NAME = "disapproval"
NOTHING_WRITTEN = "No disapproval policy is specified or the policy is empty"
SATISFIED = "A precondition of this rule was satisfied"


def evaluate(disapproval: Disapproval, snapshot: PullSnapshot, manner: Manner = COMPAT) -> Result:
    """Never raises: what cannot be judged is an `error`."""
    try:
        return _evaluate(disapproval, snapshot, manner)
    except FactMissing as missing:
        return Result(name=NAME, kind="disapproval", status="error", error=str(missing), missing_fact=missing.name)
    except CannotJudge as problem:
        return Result(name=NAME, kind="disapproval", status="error", error=str(problem))


def _evaluate(disapproval: Disapproval, snapshot: PullSnapshot, manner: Manner) -> Result:
    found: list[PredicateResult] = []
    for predicate in disapproval.predicates:
        found.append(predicate.evaluate(snapshot))
        if manner.is_strict:
            predicate.check_globs()
        if found[-1].satisfied:
            return _disapproved(found[-1].description or SATISFIED)._replace(predicates=tuple(found))
    people = _people(disapproval, snapshot, manner)
    return people._replace(predicates=tuple(found))


def _people(disapproval: Disapproval, snapshot: PullSnapshot, manner: Manner) -> Result:
    wanted = disapproval.disapprovers
    if wanted.is_empty:
        return _skipped(NOTHING_WRITTEN)
    noes = candidates.collect(disapproval.disapprove, snapshot, "changes_requested", manner=manner)
    against = _newest(noes, wanted, snapshot)
    yeses = candidates.collect(disapproval.revoke, snapshot, manner=manner) if against else ()
    revoking = _newest(yeses, wanted, snapshot)
    if against is None:
        return _skipped("No disapprovals")
    if revoking is None or against.created_at > revoking.created_at:
        return _disapproved(f"Disapproved by {against.login}")._replace(approvers=(against.approver,))
    return _skipped(f"Disapproval revoked by {revoking.login}")


def _newest(found: tuple[Candidate, ...], wanted: Actors, snapshot: PullSnapshot) -> Candidate | None:
    return next((candidate for candidate in reversed(found) if wanted.include(candidate.login, snapshot)), None)


def _disapproved(description: str) -> Result:
    return Result(name=NAME, kind="disapproval", status="disapproved", description=description)


def _skipped(description: str) -> Result:
    return Result(name=NAME, kind="disapproval", status="skipped", description=description)
