"""Judges a pull request as it would be: other remarks, another base, another policy, over the facts last stored."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.records.evaluations import Stored
from app.simulation_request import Request
from policies import certainty, comparison, document, needs, verdict
from policies.comparison import RuleChange
from policies.error import CannotJudge, PolicyError
from policies.evaluation import evaluate
from policies.facts import FactMissing, Membership, PullSnapshot
from policies.policy import Mode, Policy
from policies.result import Result
from policies.server_options import ServerOptions
from policies.simulation import simulate
from policies.verdict import Origin, Verdict


class CannotSimulate(Exception):
    """`code` is stable, the message one sentence."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Simulated:
    """`missing`: the facts that are not recorded and on which the verdict hangs, so that it can't be told.

    `rules`: what ended otherwise than in the tree that was recorded. `notes`: sentences about what was assumed.
    """

    pull: Stored
    mode: Mode
    verdict: Verdict
    result: Result
    rules: tuple[RuleChange, ...]
    missing: tuple[str, ...]
    notes: tuple[str, ...]


def run(request: Request, pull: Stored, server: ServerOptions, now: datetime) -> Simulated:
    """Raise `CannotSimulate` where there is nothing to judge by, or it can't be told whom to leave out."""
    policy, mode = _policy(request, pull, server), request.mode or pull.mode
    told = _with_rights(request, PullSnapshot.model_validate_json(pull.snapshot), policy)
    result = evaluate(policy, _simulated(request, told, now), mode)
    end = certainty.settled(result, mode)
    before = None if pull.result is None else Result.from_json(json.dumps(pull.result))
    return Simulated(
        pull=pull,
        mode=mode,
        verdict=verdict.of_result(end or result, _origin(told)),
        result=end or result,
        rules=comparison.rule_changes(before, result),
        missing=() if end else certainty.missing_facts(result),
        notes=tuple(_notes(request, pull, mode)),
    )


def how_to_tell(fact: str) -> str:
    """How whoever simulates can tell a missing fact himself; empty where he can't."""
    kind, _, rest = fact.partition(":")
    group, _, login = rest.rpartition(":")
    ways = {"permission": f"--permission {rest}=write", "team": f"--team {group}={login}"}
    return {**ways, "org": f"--organization {group}={login}"}.get(kind, "")


def _policy(request: Request, pull: Stored, server: ServerOptions) -> Policy:
    text = request.policy if request.policy is not None else pull.policy
    if text is None:
        raise CannotSimulate(
            "POLICY_NOT_RECORDED", "The text of the policy was not recorded; give one with the request."
        )
    try:
        return document.parsed(text, server)
    except PolicyError as wrong:
        place = f"line {wrong.line}, column {wrong.column}: " if wrong.line else ""
        raise CannotSimulate("POLICY_INVALID", f"The policy is not valid: {place}{wrong.message}.") from None


def _simulated(request: Request, snapshot: PullSnapshot, now: datetime) -> PullSnapshot:
    try:
        return simulate(request.simulation(snapshot.head_sha, now), snapshot)
    except FactMissing as missing:
        sentence = f"Whom to leave out hangs on the fact {missing.name!r}, which was not recorded."
        raise CannotSimulate("FACT_NOT_RECORDED", sentence) from None
    except CannotJudge as problem:
        raise CannotSimulate("CANNOT_JUDGE", f"It cannot be told whom to leave out: {problem}.") from None


def _with_rights(request: Request, snapshot: PullSnapshot, policy: Policy) -> PullSnapshot:
    """The snapshot with what the request says of people; of whom it says anything, every question has an answer."""
    described = request.described()
    wanted = needs.facts_needed(policy)
    left_out = (request.ignore_comments, request.ignore_reviews)
    teams = (*wanted.teams, *(team for people in left_out for team in people.teams))
    orgs = (*wanted.organizations, *(org for people in left_out for org in people.organizations))
    levels = {**dict.fromkeys(described, "none"), **dict(snapshot.permissions), **request.permissions}
    return snapshot.model_copy(
        update={
            "permissions": tuple(sorted(levels.items())),
            "team_members": _memberships(snapshot.team_members, request.teams, teams, described),
            "org_members": _memberships(snapshot.org_members, request.organizations, orgs, described),
        }
    )


def _memberships(
    known: tuple[Membership, ...],
    told: Mapping[str, tuple[str, ...]],
    groups: tuple[str, ...],
    logins: tuple[str, ...],
) -> tuple[Membership, ...]:
    """Recorded answers stand beside what is told; where neither answers for one of `logins`, it is no member."""
    answers = {(group, login): False for group in groups for login in logins}
    answers |= {(group, login): is_member for group, login, is_member in known}
    answers |= {(group, login): True for group, members in told.items() for login in members}
    return tuple(sorted((group, login, is_member) for (group, login), is_member in answers.items()))


def _notes(request: Request, pull: Stored, mode: Mode) -> Iterator[str]:
    if request.base_branch not in ("", pull.base_ref) and request.policy is None:
        yield f"The policy is still the one of {pull.base_ref!r}; {request.base_branch!r} may have another."
    if mode != pull.mode:
        yield f"Judged in {mode} mode; the verdict on record was posted in {pull.mode} mode."


def _origin(snapshot: PullSnapshot) -> Origin:
    return Origin(owner=snapshot.owner, repo=snapshot.repo, ref=snapshot.base_ref, path="policy")
