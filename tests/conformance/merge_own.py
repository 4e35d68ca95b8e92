"""Scenarios of our own: every verb, point, match, fault and assertion of the format at least once."""

import copy
from typing import Any

from tests.conformance.merge_words import Record

PUT = {"resource": "merge_put"}
WRITE = {
    "method": "PUT",
    "path": "/repos/o/r/pulls/42/merge",
    "body": {"sha": "H1", "merge_method": "squash"},
    "response": 200,
}
REVIEW = {"user": "bob", "user_id": None, "type": "User", "permission": "write", "state": "APPROVED", "commit_id": "H1"}
CHECK = {
    "name": "ci",
    "app_id": 15368,
    "status": "completed",
    "conclusion": "success",
    "head_sha": "H1",
    "suite_id": 1,
}
PULL = {
    "linked": True,
    "number": 42,
    "repo": "o/r",
    "repo_id": 1001,
    "state": "open",
    "merged": False,
    "draft": False,
    "author": "alice",
    "head_sha": "H1",
    "head_repo": "o/r",
    "head_ref": "feat",
    "base_ref": "main",
    "base_sha": "B1",
    "mergeable": True,
    "mergeable_state": "clean",
    "review_decision": None,
}
SETTINGS = {
    "merge_methods": ["merge", "squash", "rebase"],
    "method": "squash",
    "protection": {"readable": True, "required_checks": [], "required_approvals": 1, "strict": False},
    "rulesets": {"readable": True, "required_checks": [{"context": "ci", "app_id": 15368}]},
    "merge_queue": False,
    "delete_branch": False,
    "gate_is_bypass_actor": False,
    "archived": False,
}
POLICY = {
    "digest": "P1",
    "required_approvals": 1,
    "approval_must_match_head": True,
    "approver_min_permission": "write",
    "allowed_bot_approvers": [],
    "forbid_last_pusher": False,
    "rerequest_withdraws_approval": True,
    "checks_mode": "all",
    "required_checks": [],
    "strict_conclusions": False,
    "skipped_alone_is_evidence": False,
    "update_branch": False,
    "frozen": False,
    "dry_run": False,
    "safe_mode": False,
}
SNAPSHOT = {
    "present": True,
    "head_sha": "H1",
    "base_ref": "main",
    "policy_digest": "P1",
    "decision": "allow",
    "valid": True,
    "repo_id": 1001,
}
KILLED: list[Record] = [
    {"at": "after_run", "do": "advance_clock", "seconds": 120},
    {"at": "after_run", "do": "redeliver_task", "new_run": "B"},
]
"""What follows the death of A: its task comes again once its lease is over."""


def scenario(name: str, *script: Record, expect: Record | None = None, **more: Any) -> Record:
    """One that merges, but for what is said. `more`: parts of `given`, merged into it, and `trigger`."""
    trigger = more.pop("trigger", {"kind": "merge_request"})
    given: Record = copy.deepcopy(
        {
            "pr": PULL,
            "reviews": [REVIEW],
            "checks": [CHECK],
            "statuses": [],
            "repo_settings": SETTINGS,
            "policy": POLICY,
            "snapshot": SNAPSHOT,
            "script": list(script),
        }
    )
    for part, value in more.items():
        given[part] = {**given.get(part, {}), **value} if isinstance(value, dict) else value
    wanted = {"outcome": "merged", "blocker_code": None, "detail": None, "github_writes": [WRITE], "max_merge_puts": 1}
    return {"id": name, "given": given, "trigger": trigger, "expect": {**wanted, **(expect or {})}}


def against(outcome: str, code: str, detail: str | None = None, *writes: Record, **more: Any) -> Record:
    """What is expected where it is not merged."""
    puts = [write for write in writes if write["path"].endswith("/merge")]
    return {
        "outcome": outcome,
        "blocker_code": code,
        "detail": detail,
        "github_writes": list(writes),
        "max_merge_puts": len(puts),
        **more,
    }


def answered(response: int | str, message: str | None = None) -> Record:
    """The merge PUT with another response."""
    said = {} if message is None else {"message": message}
    return {**WRITE, "response": response, **said}
