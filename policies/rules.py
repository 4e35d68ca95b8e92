"""Judges one rule: does it apply, who counts, is that enough?"""

from policies import candidates, history
from policies.candidates import Candidate
from policies.error import CannotJudge
from policies.facts import FactMissing, Frozen, PullSnapshot
from policies.policy import Rule
from policies.predicates.predicate import Predicate
from policies.result import Approver, Ignored, PredicateResult, Result, Status

UNSATISFIED = "A precondition of this rule was not satisfied"


class Count(Frozen):
    """Who counts, who does not and why; `candidates` is how many were left after edits and pushes."""

    approvers: tuple[Approver, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    candidates: int = 0


def evaluate(rule: Rule, snapshot: PullSnapshot) -> Result:
    """Never raises: what cannot be judged is an `error`."""
    try:
        return _evaluate(rule, snapshot)
    except FactMissing as missing:
        return _failed(rule, str(missing)).model_copy(update={"missing_fact": missing.name})
    except CannotJudge as problem:
        return _failed(rule, str(problem))


def preconditions(predicates: tuple[Predicate, ...], snapshot: PullSnapshot) -> tuple[PredicateResult, ...]:
    """Evaluate in order up to the first that does not hold."""
    results: list[PredicateResult] = []
    for predicate in predicates:
        results.append(predicate.evaluate(snapshot))
        if not results[-1].satisfied:
            break
    return tuple(results)


def _failed(rule: Rule, problem: str) -> Result:
    return Result(name=rule.name, kind="rule", status="error", error=problem, required=max(rule.count, 0))


def _evaluate(rule: Rule, snapshot: PullSnapshot) -> Result:
    found = preconditions(rule.predicates, snapshot)
    if found and not found[-1].satisfied:
        return Result(
            name=rule.name,
            kind="rule",
            status="skipped",
            description=found[-1].description or UNSATISFIED,
            predicates=found,
            required=max(rule.count, 0),
        )
    count = _count(rule, snapshot) if rule.count > 0 else Count()
    conditions = tuple(condition.evaluate(snapshot) for condition in rule.conditions)
    status, description = _judge(rule, count, conditions)
    return Result(
        name=rule.name,
        kind="rule",
        status=status,
        description=description,
        predicates=found,
        conditions=conditions,
        required=max(rule.count, 0),
        approvers=count.approvers,
        ignored=count.ignored,
    )


def _count(rule: Rule, snapshot: PullSnapshot) -> Count:
    found = candidates.collect(rule.options.methods, snapshot)
    kept, dropped = candidates.sift(found, rule.options, snapshot)
    barred = _barred(rule, snapshot)
    verdicts = tuple((candidate, _objection(candidate, rule, barred, snapshot)) for candidate in kept)
    return Count(
        approvers=tuple(candidate.approver() for candidate, objection in verdicts if not objection),
        ignored=(*dropped, *(candidate.ignored(objection) for candidate, objection in verdicts if objection)),
        candidates=len(kept),
    )


def _barred(rule: Rule, snapshot: PullSnapshot) -> dict[str, str]:
    """Who may not approve whoever they are, with the reason."""
    options, barred = rule.options, dict[str, str]()
    if options.allow_contributor:
        return barred
    if not options.allow_non_author_contributor:
        for login in history.contributors(history.considered(options, snapshot)):
            barred[login] = f"{login} wrote or committed a commit of the pull request"
    barred.pop(snapshot.author, None)
    if not options.allow_author:
        barred[snapshot.author] = f"{snapshot.author} is the author of the pull request"
    return barred


def _objection(candidate: Candidate, rule: Rule, barred: dict[str, str], snapshot: PullSnapshot) -> str:
    """Why the candidate does not count; empty if it does."""
    if candidate.login in barred:
        return barred[candidate.login]
    if rule.approvers.include(candidate.login, snapshot):
        return ""
    return f"{candidate.login} is not among those who may approve"


def _judge(rule: Rule, count: Count, conditions: tuple[PredicateResult, ...]) -> tuple[Status, str]:
    held = sum(condition.satisfied for condition in conditions)
    if len(count.approvers) >= rule.count and held == len(conditions):
        return "approved", _approved(rule, count, conditions)
    parts = [f"{len(count.approvers)}/{rule.count} required approvals"] if rule.count > 0 else []
    parts += [f"{held}/{len(conditions)} required conditions"] if conditions else []
    return "pending", " and ".join(parts) + _disqualified(rule, count)


def _approved(rule: Rule, count: Count, conditions: tuple[PredicateResult, ...]) -> str:
    grounds = [", ".join(approver.login for approver in count.approvers)] if rule.count > 0 else []
    grounds += ["required conditions"] if conditions else []
    return f"Approved by {' and '.join(grounds)}" if grounds else "No approval required"


def _disqualified(rule: Rule, count: Count) -> str:
    number = count.candidates - len(count.approvers)
    if rule.count <= 0 or number <= 0:
        return ""
    return f". Ignored {number} approval{'' if number == 1 else 's'} from disqualified users"
