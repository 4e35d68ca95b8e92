"""What policy-bot answered to a policy case, without what is Go's wording or chance."""

import re
from typing import Any

from policies.triggers import ORDER
from tests.conformance.policy_facts import Record

SIGNER = re.compile(r'(Contributor|Key) ".*" does not meet the required (membership|key) conditions for signing')


def theirs(case: Record) -> Record:
    """Of a policy on which policy-bot itself breaks only two keys are compared."""
    wanted = case["expected"]
    kind = wanted.get("error_kind")
    if kind == "panic":
        return {"status": wanted["status"], "error_kind": kind}
    return {
        **answer(wanted["phase"], wanted["status"], error_kind=kind),
        "description": wanted.get("description", ""),
        "commit_status": _their_commit_status(wanted.get("commit_status")),
        "triggers": [event for event in ORDER if event in wanted.get("triggers", ())],
        "remote": wanted.get("remote"),
        "result": _their_node(wanted.get("result")),
        "review_requests": without_chance(wanted.get("review_requests")),
        "dismiss_reviews": [[row["review_id"], row["reason"]] for row in wanted.get("dismiss_reviews") or ()],
    }


def answer(phase: str, status: str, error_kind: str | None = None, **more: Any) -> Record:
    blank: Record = {
        "phase": phase,
        "status": status,
        "description": "",
        "error_kind": error_kind,
        "commit_status": None,
        "triggers": [],
        "remote": None,
        "result": None,
        "review_requests": None,
        "dismiss_reviews": [],
    }
    return {**blank, **more}


def settled(description: str) -> str:
    """Which of several wrong signers or keys is named is chance."""
    return SIGNER.sub(r"\1 does not meet the required \2 conditions for signing", description)


def without_chance(requests: Record | None) -> Record | None:
    """Of a random choice only how many were chosen, where policy-bot's own choice is known."""
    if requests is None:
        return None
    if requests.get("random"):
        is_told = "selected_users" in requests and len(requests["rules"]) == 1
        number = len(requests["selected_users"]) if is_told else None
        by_chance = ("selected_users", "request_users")
        requests = {**{key: value for key, value in requests.items() if key not in by_chance}, "chosen": number}
    return {**requests, "error": True} if "error" in requests else requests


def _their_commit_status(status: Record | None) -> Record | None:
    return {key: status[key] for key in ("context", "state", "description", "posted")} if status else None


def _their_node(node: Record | None) -> Record | None:
    """Beneath an error everything but kind, name and children has no meaning."""
    if node is None:
        return None
    failed = node["effective_status"] == "error"
    requires = node.get("requires") or {}
    answer: Record = {key: node[key] for key in ("kind", "name", "effective_status")}
    if node["kind"] == "rule":
        answer["approvers"] = [
            [one["type"], one["user"], one.get("review_id")] for one in requires.get("approvers") or ()
        ]
        answer["dismissals"] = [_their_dismissal(one) for one in node.get("dismissals") or ()]
    return {
        **answer,
        "status_description": "" if failed else settled(node["status_description"]),
        "predicates": [] if failed else [_their_finding(one) for one in node.get("predicate_results") or ()],
        "conditions": [] if failed else [_their_finding(one) for one in requires.get("conditions") or ()],
        "children": [_their_node(child) for child in node.get("children") or ()],
    }


def _their_finding(found: Record) -> list[Any]:
    return [found["kind"], found["satisfied"], settled(found["description"])]


def _their_dismissal(dismissal: Record) -> list[Any]:
    candidate = dismissal["candidate"]
    return [candidate["user"], candidate.get("review_id"), dismissal["reason"]]
