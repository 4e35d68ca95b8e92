"""Builds a pull request that may be merged, and everything that may speak against it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from policies.merging.answer import Against
from policies.merging.facts import Check, MergeFacts, Protection, Pull, Repository, Required, Review
from policies.merging.rules import MergeRules
from policies.merging.situation import Posture, Situation, StoredEvaluation

NOW = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
HEAD, OLD, TEST_MERGE, BASE = "a1", "a0", "t1", "b1"
GATE_APP, ACTIONS, OTHER_APP = 4242, 15368, 999
IDS = {"alice": 1, "bob": 2, "carol": 3, "rita": 4, "renovate[bot]": 5}


def review(who: str | None = "bob", state: str = "APPROVED", **changes: Any) -> Review:
    """Of a writer, for the head, at a time that its id tells."""
    id_ = changes.get("id", 1)
    known: dict[str, Any] = {
        "id": id_,
        "user_id": IDS[who] if who else None,
        "login": who,
        "is_bot": bool(who and who.endswith("[bot]")),
        "state": state,
        "commit_sha": HEAD,
        "submitted_at": NOW - timedelta(hours=1) + timedelta(seconds=id_),
        "permission": "write",
    }
    return Review(**known | changes)


def check(name: str = "ci", conclusion: str | None = "success", **changes: Any) -> Check:
    """A check run of GitHub Actions on the head, completed where it has a conclusion."""
    known: dict[str, Any] = {
        "kind": "check_run",
        "id": 1,
        "name": name,
        "app_id": ACTIONS,
        "status": "completed" if conclusion else "in_progress",
        "conclusion": conclusion,
        "sha": HEAD,
    }
    return Check(**known | changes)


def status(context: str = "ci", state: str = "success", **changes: Any) -> Check:
    """A commit status by a person's token."""
    pending = state == "pending"
    known = {"kind": "status", "app_id": None, "status": "pending" if pending else "completed"}
    return check(context, None if pending else state, **known | changes)


def required(context: str = "ci", app_id: int | None = ACTIONS) -> Required:
    """A context that the branch demands."""
    return Required(context=context, app_id=app_id, source="ruleset")


def pull(**changes: Any) -> Pull:
    """Of alice, open, clean, into main."""
    known: dict[str, Any] = {
        "repository_id": 1001,
        "number": 42,
        "state": "open",
        "merged": False,
        "draft": False,
        "author": "alice",
        "author_is_gate": False,
        "head_sha": HEAD,
        "head_ref": "feat",
        "head_repository": "o/r",
        "base_ref": "main",
        "base_sha": BASE,
        "mergeable": True,
        "mergeable_state": "clean",
        "merge_commit_sha": TEST_MERGE,
        "review_decision": None,
    }
    return Pull(**known | changes)


def facts(**changes: Any) -> MergeFacts:
    """Bob has approved and `ci` is green; keywords replace facts, those of the pull request by their own names."""
    of_pull = {name: changes.pop(name) for name in list(changes) if name in Pull.model_fields}
    known: dict[str, Any] = {
        "pull": pull(**of_pull),
        "repository": Repository(id=1001, full_name="o/r", archived=False, methods=("merge", "squash", "rebase")),
        "protection": Protection(required=(required(),), required_approvals=1),
        "reviews": (review(),),
        "checks": (check(),),
        "gate_app_id": GATE_APP,
        "gate_context": "policy-gate",
    }
    return MergeFacts(**known | changes)


def posture(**changes: Any) -> Posture:
    """One that lets merge."""
    known: dict[str, Any] = {"live": True, "safe_mode": False, "dry_run": False, "gate_required": True}
    return Posture(**known | changes)


def evaluation(**changes: Any) -> StoredEvaluation:
    """An allow of a minute ago for just this."""
    known: dict[str, Any] = {
        "id": "e1",
        "head_sha": HEAD,
        "base_ref": "main",
        "repository_id": 1001,
        "policy_digest": "p1",
        "decision": "allow",
        "evaluated_at": NOW - timedelta(minutes=1),
    }
    return StoredEvaluation(**known | changes)


def situation(**changes: Any) -> Situation:
    """One in which nothing stands against the merge."""
    known: dict[str, Any] = {
        "facts": facts(),
        "rules": MergeRules(),
        "posture": posture(),
        "evaluation": evaluation(),
        "policy_digest": "p1",
    }
    return Situation(**known | changes)


def said(against: tuple[Against, ...]) -> list[str]:
    """The codes with their details, in their order."""
    return [f"{one.code}/{one.detail}" if one.detail else one.code for one in against]
