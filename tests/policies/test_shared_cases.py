"""The shared cases: what policy-bot itself answered, for every case whose policy we support."""

from typing import Any

import pytest

from policies.document import parse
from policies.error import PolicyError
from policies.evaluation import evaluate
from policies.needs import facts_needed
from policies.policy import Policy
from policies.result import Result
from policies.text import short
from policies.verdict import Origin, of_policy_error, of_result
from tests.policies import shared_cases
from tests.policies.shared_cases import Record

MINIMUM = {"policy_cases.jsonl": 1, "policy_fuzz.jsonl": 1}
DIFFERENT_ON_PURPOSE = {
    "paged/missing-head-or-second-call-succeeds": "policy-bot approves on a half-loaded force-push",
    "paged/missing-head-and": "the same; only the second rule tells the two apart",
}
PANIC = ("policy_tree", "error", "error", "Invalid policy in acme/widgets@main: .policy.yml", None)
"""Where policy-bot crashes and posts nothing, we refuse the file."""
PATH = ".policy.yml"
OUTSIDE = ("server_options", "simulate")


def judged_elsewhere(case: Record) -> bool:
    """Facts that no snapshot can hold, or settings of the server."""
    return (
        any(key in case for key in OUTSIDE)
        or case["id"] in DIFFERENT_ON_PURPOSE
        or bool(case["pull"].get("raw"))
        or case["expected"]["phase"] in ("load", "trigger")
    )


def answer(case: Record) -> tuple[Any, ...]:
    pull = {**shared_cases.DEFAULTS, **case["pull"]}
    origin = Origin(owner=pull["owner"], repo=pull["repo"], ref=pull["base_ref"], path=PATH)
    try:
        policy = parse(case["policy"])
    except PolicyError as error:
        if error.kind == "unsupported":
            pytest.skip("not supported yet")
        verdict = of_policy_error(error, origin)
        return (kind_of(error), "error", verdict.state, verdict.description, None)
    result = evaluate(policy, shared_cases.snapshot({**case["pull"], "asked": asked(policy)}))
    verdict = of_result(result, origin)
    return (None, result.status, verdict.state, verdict.description, ours(result))


def asked(policy: Policy) -> Record:
    needs = facts_needed(policy)
    return {"team_members": needs.teams, "org_members": needs.organizations}


def kind_of(error: PolicyError) -> str:
    return error.kind


def expected(case: Record) -> tuple[Any, ...]:
    wanted = case["expected"]
    if wanted.get("error_kind") == "panic":
        return PANIC
    kind = wanted.get("error_kind") if wanted["phase"] != "evaluate" else None
    status = wanted["commit_status"]
    return (kind, wanted["status"], status["state"], short(status["description"]), theirs(wanted.get("result")))


def ours(result: Result) -> Any:
    return (
        result.kind,
        result.name,
        result.status,
        sorted(approver.login for approver in result.approvers) if result.kind == "rule" else None,
        [ours(child) for child in result.children],
    )


def theirs(node: Record | None) -> Any:
    if node is None:
        return None
    approvers = (node.get("requires") or {}).get("approvers") or []
    return (
        node["kind"],
        node["name"],
        node["effective_status"],
        sorted(approver["user"] for approver in approvers) if node["kind"] == "rule" else None,
        [theirs(child) for child in node.get("children") or []],
    )
