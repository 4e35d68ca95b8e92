"""What the engine answers to a policy case, in the form of `policy_expected`."""

import json
from collections.abc import Iterable
from typing import Any

from policies import dismissals, reference, review_requests, server_options
from policies.actors import Actors
from policies.document import parse
from policies.error import CannotJudge, PolicyError
from policies.evaluation import evaluate
from policies.facts import NOT_FETCHED, FactMissing, PullSnapshot
from policies.needs import facts_needed, users_to_look_up
from policies.policy import Policy
from policies.predicates.predicate import Trigger
from policies.result import PredicateResult, Result
from policies.server_options import ServerOptions
from policies.simulation import Simulation, simulate
from policies.triggers import ORDER, is_triggered, triggers
from policies.verdict import Origin, Verdict, of_load_error, of_policy_error, of_result
from tests.conformance import policy_facts, policy_words
from tests.conformance.case import UnknownWord
from tests.conformance.policy_expected import answer, settled, without_chance
from tests.conformance.policy_facts import DEFAULTS, Record

STATUS_CONTEXT = "policy-bot"
NOT_LOADED = "policy could not be loaded"
PHASES = {"remote": "load", "policy_tree": "parse_policy", "panic": "parse_policy"}
FACTS = (
    *("body", "labels", "files", "commits", "reviews", "comments"),
    *("statuses", "workflow_runs", "custom_properties"),
)


def ours(case: Record) -> Record:
    """The answer of the engine; raise nothing for a case that policy-bot would refuse."""
    try:
        policy_words.check(case)
        server = _server(case)
        written = {key: value for key, value in case["pull"].items() if value is not None}
        return _loaded({**case, "pull": {**DEFAULTS, **written}}, server)
    except (UnknownWord, PolicyError, KeyError, ValueError, TypeError, AttributeError):
        return answer("input", "error", error_kind="input")


def _server(case: Record) -> ServerOptions:
    options = server_options.parse(case.get("server_options") or "")
    is_default = options.status_check_context == server_options.BUILT_IN.status_check_context
    return options.model_copy(update={"status_check_context": STATUS_CONTEXT}) if is_default else options


def _loaded(case: Record, server: ServerOptions) -> Record:
    """What a file says that is a reference, is refused, or is a policy."""
    try:
        if reference.parse(case["policy"]):
            return answer("load", "remote", remote=_remote(case["policy"]))
        policy = parse(case["policy"], server)
    except PolicyError as error:
        return _refused(case, error, server)
    return _judged(case, policy, server)


def _remote(text: str) -> Record:
    return dict(zip(reference.KEYS, reference.written(text) or (), strict=False))


def _refused(case: Record, error: PolicyError, server: ServerOptions) -> Record:
    """Following a reference is the loader's business, so that a wrong one is not yet a status here."""
    if error.kind == "remote" and (remote := _remote(case["policy"]))["remote"]:
        return answer("load", "error", error.kind, remote=remote)
    origin = _origin(case, server)
    verdict = of_load_error(origin, error.message) if error.kind == "remote" else of_policy_error(error, origin)
    status = _commit_status(verdict, case["pull"]["base_ref"], server, is_open=_is_open(case))
    return answer(
        PHASES.get(error.kind, "parse_yaml"), "error", error.kind, description=NOT_LOADED, commit_status=status
    )


def _judged(case: Record, policy: Policy, server: ServerOptions) -> Record:
    events = case.get("event_trigger") or ["all"]
    waits_for = list(triggers(policy))
    if "all" not in events and not is_triggered(policy, tuple(events)):
        return answer("trigger", "not_evaluated", triggers=waits_for)
    asked = _asked(policy, case)
    facts = _only_needed(policy, _simulated(case, policy_facts.snapshot(case["pull"], asked)))
    result = evaluate(policy, facts)
    verdict = of_result(result, _origin(case, server))
    return answer(
        "evaluate",
        result.status,
        "evaluate" if result.status == "error" else None,
        description=result.description,
        commit_status=_commit_status(verdict, facts.base_ref, server, is_open=facts.state == "open"),
        triggers=waits_for,
        result=_our_node(result),
        review_requests=without_chance(_requests(case, policy, result, facts)),
        dismiss_reviews=[[one.review_id, one.reason] for one in dismissals.propose(result, server)],
    )


def _origin(case: Record, server: ServerOptions) -> Origin:
    pull, simulated = case["pull"], case.get("simulate") or {}
    path = case.get("policy_path") or server.policy_path
    return Origin(
        owner=pull["owner"], repo=pull["repo"], ref=simulated.get("base_branch") or pull["base_ref"], path=path
    )


def _is_open(case: Record) -> bool:
    return bool(case["pull"].get("state", "open") == "open")


def _commit_status(verdict: Verdict, base_ref: str, server: ServerOptions, *, is_open: bool) -> Record:
    context = f"{server.status_check_context}: {base_ref}"
    return {"context": context, "state": verdict.state, "description": verdict.whole, "posted": is_open}


def _asked(policy: Policy, case: Record) -> Record:
    needs = facts_needed(policy)
    left_out = [people for key, people in (case.get("simulate") or {}).items() if key.startswith("ignore_")]
    teams = [team for people in left_out for team in people.get("teams") or ()]
    orgs = [org for people in left_out for org in people.get("organizations") or ()]
    return {"team_members": (*needs.teams, *teams), "org_members": (*needs.organizations, *orgs)}


def _only_needed(policy: Policy, everything: PullSnapshot) -> PullSnapshot:
    """Take away every fact that the policy says it does not need."""
    needs = facts_needed(policy)
    unneeded = [name for name in FACTS if not getattr(needs, name)]
    some = everything.model_copy(update=dict.fromkeys(unneeded, NOT_FETCHED))
    people = users_to_look_up(policy, some)
    members = {
        group: tuple(row for row in getattr(some, group) if row[1] in people)
        for group in ("team_members", "org_members")
    }
    return some.model_copy(
        update={"permissions": tuple(row for row in some.permissions if row[0] in people), **members}
    )


def _simulated(case: Record, facts: PullSnapshot) -> PullSnapshot:
    written = case.get("simulate") or {}
    simulation = Simulation(
        ignore_comments=Actors.model_validate_json(json.dumps(written.get("ignore_comments") or {})),
        ignore_reviews=Actors.model_validate_json(json.dumps(written.get("ignore_reviews") or {})),
        add_comments=policy_facts.comments({"comments": _now(written.get("add_comments"), facts)}),
        add_reviews=policy_facts.reviews({"reviews": _numbered(_now(written.get("add_reviews"), facts))}),
        base_ref=written.get("base_branch") or "",
    )
    return simulate(simulation, facts)


def _now(entries: list[Record] | None, facts: PullSnapshot) -> list[Record]:
    """What is added without a time is added now."""
    return [{"created_at": facts.taken_at.isoformat(), **entry} for entry in entries or ()]


def _numbered(reviews: list[Record]) -> list[Record]:
    return [{"id": f"simulated-reviewID-{index}", "state": "approved", **one} for index, one in enumerate(reviews)]


def _requests(case: Record, policy: Policy, result: Result, facts: PullSnapshot) -> Record | None:
    events: tuple[Trigger, ...] = tuple(case.get("event_trigger") or ORDER)
    rules = review_requests.waiting_rules(policy, result) if review_requests.is_time(facts, events) else ()
    if not rules:
        return None
    answer: Record = {"rules": [rule.name for rule in rules]}
    if any(rule.options.request_review.mode == "random-users" for rule in rules):
        answer["random"] = True
    known = policy_facts.reviewers(case["pull"], _asked(policy, case))
    try:
        wanted = review_requests.requests(rules, facts, known)
        chosen = review_requests.choose(wanted, facts, known)
    except (FactMissing, CannotJudge):
        return {**answer, "error": True}
    lists = {
        "eligible_users": _sorted(login for one in wanted for login in one.eligible),
        "selected_users": _sorted(login for one in wanted for login in review_requests.chosen(one, facts)),
        "selected_teams": _sorted(slug for one in wanted for slug in one.teams),
        "request_users": list(chosen.users),
        "request_teams": list(chosen.teams),
    }
    return {**answer, **{name: found for name, found in lists.items() if found}}


def _our_node(result: Result) -> Record:
    node: Record = {"kind": result.kind, "name": result.name, "effective_status": result.status}
    failed = result.status == "error"
    if result.kind == "rule":
        node["approvers"] = [[one.source, one.login, one.review_id] for one in result.approvers]
        node["dismissals"] = [[one.login, one.review_id, one.spoilt_by] for one in result.ignored if one.spoilt_by]
    return {
        **node,
        "status_description": "" if failed else settled(result.description),
        "predicates": [] if failed else [_our_finding(one) for one in _shown(result)],
        "conditions": [] if failed else [_our_finding(one) for one in result.conditions],
        "children": [_our_node(child) for child in result.children],
    }


def _shown(result: Result) -> tuple[PredicateResult, ...]:
    """policy-bot shows only the predicate that decides, where one does."""
    decides = result.kind == "disapproval"
    last = result.predicates[-1:]
    return last if last and last[0].satisfied is decides else result.predicates


def _our_finding(found: PredicateResult) -> list[Any]:
    return [found.kind, found.satisfied, settled(found.description)]


def _sorted(names: Iterable[str]) -> list[str]:
    return sorted(dict.fromkeys(names))
