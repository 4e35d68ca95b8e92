"""Judges one rule: does it apply, who counts, is that enough?"""

from collections.abc import Mapping
from typing import NamedTuple

from policies import candidates, history, strict
from policies.candidates import Sifted
from policies.error import CannotJudge
from policies.facts import FactMissing, PullSnapshot
from policies.mode import COMPAT, Manner, Mode
from policies.options import Options
from policies.policy import Rule
from policies.predicates.predicate import Predicate
from policies.remembered import remembered
from policies.result import Approver, Ignored, PredicateResult, Result, Status

UNSATISFIED = "A precondition of this rule was not satisfied"


class Count(NamedTuple):
    """Who counts, who does not and why; `candidates` is how many were left after edits and pushes."""

    approvers: tuple[Approver, ...] = ()
    ignored: tuple[Ignored, ...] = ()
    candidates: int = 0


def evaluate(rule: Rule, snapshot: PullSnapshot, manner: Manner = COMPAT) -> Result:
    """Never raises: what cannot be judged is an `error`."""
    try:
        return _evaluate(rule, snapshot, manner)
    except FactMissing as missing:
        return _failed(rule, str(missing))._replace(missing_fact=missing.name)
    except CannotJudge as problem:
        return _failed(rule, str(problem))


def barred(rule: Rule, snapshot: PullSnapshot, manner: Manner) -> Mapping[str, str]:
    """Who may not approve whoever they are, with the reason."""
    return _barred(snapshot, rule.options, manner.mode)


def objection(login: str, rule: Rule, out: Mapping[str, str], snapshot: PullSnapshot) -> str:
    """Why this user's approval does not count; empty if it does. `out`: who is barred."""
    if login in out:
        return out[login]
    return "" if rule.approvers.include(login, snapshot) else f"{login} is not among those who may approve"


@remembered
def _barred(snapshot: PullSnapshot, options: Options, mode: Mode) -> Mapping[str, str]:
    found = dict[str, str]()
    if options.allow_contributor:
        return found
    if not options.allow_non_author_contributor:
        for login in _contributors(options, snapshot, mode):
            found[login] = f"{login} wrote or committed a commit of the pull request"
    found.pop(snapshot.author, None)
    if not options.allow_author:
        found[snapshot.author] = f"{snapshot.author} is the author of the pull request"
    return found


def _contributors(options: Options, snapshot: PullSnapshot, mode: Mode) -> tuple[str, ...]:
    if mode == "strict":
        return strict.contributors(options, snapshot)
    return history.contributors(history.considered(options, snapshot))


def _preconditions(
    predicates: tuple[Predicate, ...], snapshot: PullSnapshot, manner: Manner
) -> tuple[PredicateResult, ...]:
    """Evaluate in order up to the first that does not hold."""
    results: list[PredicateResult] = []
    for predicate in predicates:
        found = predicate.judge(snapshot, manner.mode)
        results.append(found)
        if not found.satisfied:
            break
    return tuple(results)


def _failed(rule: Rule, problem: str) -> Result:
    return Result(name=rule.name, kind="rule", status="error", error=problem, required=rule.required)


def _evaluate(rule: Rule, snapshot: PullSnapshot, manner: Manner) -> Result:
    found = _preconditions(rule.predicates, snapshot, manner)
    if found and not found[-1].satisfied:
        return Result(
            name=rule.name,
            kind="rule",
            status="pending" if found[-1].doubt else "skipped",
            description=found[-1].description or UNSATISFIED,
            predicates=found,
            required=rule.required,
        )
    count = _count(rule, snapshot, manner) if rule.count > 0 else Count()
    conditions = tuple([condition.judge(snapshot, manner.mode) for condition in rule.conditions])
    status, description = _judge(rule, count, conditions)
    return Result(
        name=rule.name,
        kind="rule",
        status=status,
        description=description,
        predicates=found,
        conditions=conditions,
        required=rule.required,
        approvers=count.approvers,
        ignored=count.ignored,
    )


def _count(rule: Rule, snapshot: PullSnapshot, manner: Manner) -> Count:
    kept, dropped = _sifted(snapshot, rule.options, manner)
    out = barred(rule, snapshot, manner)
    verdicts = [(candidate, objection(candidate.login, rule, out, snapshot)) for candidate in kept]
    return Count(
        approvers=tuple([candidate.approver for candidate, against in verdicts if not against]),
        ignored=(*dropped, *[candidate.ignored(against) for candidate, against in verdicts if against]),
        candidates=len(kept),
    )


@remembered
def _sifted(snapshot: PullSnapshot, options: Options, manner: Manner) -> Sifted:
    found = candidates.collect(options.methods, snapshot, manner=manner)
    kept, dropped = candidates.sift(found, options, snapshot)
    kept, doubted = strict.sift(kept, options, snapshot) if manner.is_strict else (kept, ())
    return kept, (*dropped, *doubted)


def _judge(rule: Rule, count: Count, conditions: tuple[PredicateResult, ...]) -> tuple[Status, str]:
    held = [condition.satisfied for condition in conditions].count(True)
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
