"""The shared cases: what policy-bot itself answered, for every case whose policy we support."""

import json
from typing import Any

import pytest

from policies import dismissals, reference, review_requests, server_options
from policies.actors import Actors
from policies.document import parse
from policies.error import CannotJudge, PolicyError
from policies.evaluation import evaluate
from policies.facts import NOT_FETCHED, FactMissing, PullSnapshot
from policies.needs import facts_needed, users_to_look_up
from policies.policy import Policy
from policies.result import Result
from policies.simulation import Simulation, simulate
from policies.text import short
from policies.triggers import ORDER, is_triggered, triggers
from policies.verdict import Origin, of_load_error, of_policy_error, of_result
from tests.policies.shared_cases import CASES, DEFAULTS, Record, comments, read, reviewers, reviews, snapshot

needs_cases = pytest.mark.skipif(CASES is None, reason="MERGEGATE_CASES is unset: the shared policy cases are not here")
MINIMUM = {"policy_cases.jsonl": 1210, "policy_fuzz.jsonl": 819}
DIFFERENT_ON_PURPOSE = {
    "fuzz/1725": "the same as the next two",
    "paged/missing-head-or-second-call-succeeds": "policy-bot approves on a half-loaded force-push",
    "paged/missing-head-and": "the same; only the second rule tells the two apart",
}
PANIC = (None, "policy_tree", "error", "error", "Invalid policy in acme/widgets@main: .policy.yml", None, None, ())
"""Where policy-bot crashes and posts nothing, we refuse the file."""
NOTHING = {"state": None, "description": None}
SILENT = {"error": {"state": "error", "description": "Error loading policy from acme/widgets@main"}}
"""Where policy-bot says nothing of a bad reference, we do."""
FACTS = (
    "body",
    "labels",
    "files",
    "commits",
    "reviews",
    "comments",
    "statuses",
    "workflow_runs",
    "custom_properties",
)


@needs_cases
@pytest.mark.parametrize("name", sorted(MINIMUM))
def test_it_answers_every_supported_case_as_policy_bot_does(name: str) -> None:
    cases = [case for case in read(name) if not judged_elsewhere(case)]
    answers = {case["id"]: answer(case) for case in cases}
    assert answers == {case["id"]: expected(case) for case in cases}
    assert len(answers) >= MINIMUM[name]


def judged_elsewhere(case: Record) -> bool:
    """Facts that no snapshot can hold, or settings of the server."""
    return case["id"] in DIFFERENT_ON_PURPOSE or bool(case["pull"].get("raw"))


def answer(case: Record) -> tuple[Any, ...]:
    pull = {**DEFAULTS, **case["pull"]}
    server = server_options.parse(case.get("server_options", ""))
    path = case.get("policy_path") or server.policy_path
    origin = Origin(owner=pull["owner"], repo=pull["repo"], ref=pull["base_ref"], path=path)
    try:
        if reference.parse(case["policy"]):
            return (None, None, "remote", None, None, None, None, ())
        policy = parse(case["policy"], server)
    except PolicyError as error:
        verdict = of_load_error(origin, error.message) if error.kind == "remote" else of_policy_error(error, origin)
        return (None, error.kind, "error", verdict.state, verdict.description, None, None, ())
    if not is_relevant(policy, case):
        return (triggers(policy), None, "not_evaluated", None, None, None, None, ())
    groups = asked(policy, case)
    facts = only_needed(policy, simulated(case, snapshot({**case["pull"], "asked": groups})))
    result = evaluate(policy, facts)
    verdict = of_result(result, origin)
    return (
        triggers(policy),
        None,
        result.status,
        verdict.state,
        verdict.description,
        ours(result),
        our_requests(case, policy, result, facts),
        tuple((dismissal.review_id, dismissal.reason) for dismissal in dismissals.propose(result, server)),
    )


def only_needed(policy: Policy, everything: PullSnapshot) -> PullSnapshot:
    """Take away every fact that the policy says it does not need."""
    needs = facts_needed(policy)
    unneeded = [name for name in FACTS if not getattr(needs, name)]
    some = everything.model_copy(update=dict.fromkeys(unneeded, NOT_FETCHED))
    people = users_to_look_up(policy, some)
    memberships = {
        group: tuple(row for row in getattr(some, group) if row[1] in people)
        for group in ("team_members", "org_members")
    }
    return some.model_copy(
        update={"permissions": tuple(row for row in some.permissions if row[0] in people), **memberships}
    )


def asked(policy: Policy, case: Record) -> Record:
    needs = facts_needed(policy)
    left_out = [people for key, people in case.get("simulate", {}).items() if key.startswith("ignore_")]
    teams = [team for people in left_out for team in people.get("teams") or ()]
    orgs = [org for people in left_out for org in people.get("organizations") or ()]
    return {"team_members": (*needs.teams, *teams), "org_members": (*needs.organizations, *orgs)}


def expected(case: Record) -> tuple[Any, ...]:
    wanted = case["expected"]
    if wanted.get("error_kind") == "panic":
        return PANIC
    kind = wanted.get("error_kind") if wanted["phase"] != "evaluate" else None
    events = tuple(event for event in ORDER if event in wanted["triggers"]) if "triggers" in wanted else None
    status = wanted["commit_status"] or SILENT.get(wanted["status"], NOTHING)
    description = status["description"] and short(status["description"])
    return (
        events,
        kind,
        wanted["status"],
        status["state"],
        description,
        theirs(wanted.get("result")),
        without_chance(wanted.get("review_requests")),
        tuple((row["review_id"], row["reason"]) for row in wanted.get("dismiss_reviews") or ()),
    )


def our_requests(case: Record, policy: Policy, result: Result, facts: PullSnapshot) -> Any:
    """Names of rules, people and teams; of a random choice only how many are chosen."""
    events = tuple(case.get("event_trigger") or ORDER)
    rules = review_requests.waiting_rules(policy, result) if review_requests.is_time(facts, events) else ()
    if not rules:
        return None
    answer: Record = {"rules": [rule.name for rule in rules]}
    if any(rule.options.request_review.mode == "random-users" for rule in rules):
        answer["random"] = True
    known = reviewers({**DEFAULTS, **case["pull"]}, asked(policy, case))
    try:
        wanted = review_requests.requests(rules, facts, known)
        chosen = review_requests.choose(wanted, facts, known)
    except (FactMissing, CannotJudge):
        return {**answer, "error": True}
    lists = {
        "eligible_users": sorted({login for one in wanted for login in one.eligible}),
        "selected_teams": sorted({slug for one in wanted for slug in one.teams}),
        "request_users": list(chosen.users),
        "request_teams": list(chosen.teams),
    }
    return without_chance({**answer, **{name: found for name, found in lists.items() if found}})


def without_chance(requests: Record | None) -> Record | None:
    if requests is None:
        return None
    rest = {key: value for key, value in requests.items() if key != "selected_users"}
    if rest.get("random"):
        rest.pop("request_users", None)
    return {**rest, "error": True} if "error" in rest else rest


def simulated(case: Record, facts: PullSnapshot) -> PullSnapshot:
    written = case.get("simulate") or {}
    simulation = Simulation(
        ignore_comments=Actors.model_validate_json(json.dumps(written.get("ignore_comments") or {})),
        ignore_reviews=Actors.model_validate_json(json.dumps(written.get("ignore_reviews") or {})),
        add_comments=comments({"comments": written.get("add_comments")}),
        add_reviews=reviews({"reviews": written.get("add_reviews")}),
        base_ref=written.get("base_branch", ""),
    )
    return simulate(simulation, facts)


def is_relevant(policy: Policy, case: Record) -> bool:
    events = case.get("event_trigger") or ["all"]
    return "all" in events or is_triggered(policy, tuple(events))


def ours(result: Result) -> Any:
    return (
        result.kind,
        result.name,
        result.status,
        result.description if result.status != "error" else None,
        sorted(approver.login for approver in result.approvers) if result.kind == "rule" else None,
        None
        if result.status == "error"
        else findings([dict(each) for each in (*result.predicates[-1:], *result.conditions)]),
        [ours(child) for child in result.children],
    )


def findings(results: list[Record]) -> list[tuple[Any, ...]]:
    return [(each["kind"], each["satisfied"], each["description"]) for each in results]


def theirs(node: Record | None) -> Any:
    if node is None:
        return None
    approvers = (node.get("requires") or {}).get("approvers") or []
    last = (node.get("predicate_results") or [])[-1:]
    conditions = (node.get("requires") or {}).get("conditions") or []
    return (
        node["kind"],
        node["name"],
        node["effective_status"],
        node["status_description"] if node["effective_status"] != "error" else None,
        sorted(approver["user"] for approver in approvers) if node["kind"] == "rule" else None,
        None if node["effective_status"] == "error" else findings([*last, *conditions]),
        [theirs(child) for child in node.get("children") or []],
    )
