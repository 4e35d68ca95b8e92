"""Scenarios of our own: webhooks and sweeps that wake the gate, and merges that it did not make."""

from typing import Any

from tests.conformance.merge_own import CHECK, PUT, REVIEW, WRITE, against, answered, scenario
from tests.conformance.merge_words import Record

WAITING: Record = {"at": "start", "do": "accept_merge_request", "task": "waiting", "request_id": "R1"}
LOST: Record = {"at": "start", "do": "accept_merge_request", "task": "lost"}
FEAT = "refs/heads/feat"
JENKINS = {"context": "jenkins", "state": "success", "sha": "H1"}
IGNORED: Record = {"outcome": "ignored", "github_writes": [], "max_merge_puts": 0}


def hook(event: str, action: str | None = None, signature: str = "valid", **fields: Any) -> Record:
    """The webhook as a trigger."""
    named = {} if action is None else {"action": action}
    return {"kind": "webhook", "event": event, **named, "fields": fields, "signature": signature, "times": 1}


def closed(**fields: Any) -> Record:
    """That it was closed."""
    return hook("pull_request", "closed", number=42, head_sha="H1", **fields)


WOKEN = [
    scenario("unsigned", WAITING, trigger=hook("check_run", "completed", "missing", name="ci"), expect=IGNORED),
    *[
        scenario(f"woken-by-{trigger['event']}", WAITING, trigger=trigger, expect={"judge": "any"})
        for trigger in (
            hook("pull_request_review", "submitted", number=42, user="bob", state="APPROVED"),
            hook("check_suite", "completed", head_sha="H1", app_id=15368, conclusion="success", pull_requests=[42]),
            hook("status", sha="H1", context="jenkins", state="success"),
            hook("pull_request", "labeled", number=42, label="ship it"),
            hook("issue_comment", "created", number=42, user="alice", body="go"),
        )
    ],
    scenario("sweep-finds-nothing", trigger={"kind": "sweep"}, expect=IGNORED),
    scenario("lost-and-found", LOST, trigger={"kind": "sweep"}, expect={"judge": "sweeper-1"}),
    scenario(
        "a-retry-comes-with-the-sweep",
        {"at": "before_request", "match": {"resource": "reviews"}, "nth": 1, "do": "reply", "status": 502},
        {"at": "after_run", "do": "advance_clock", "seconds": 600},
        {"at": "after_run", "do": "tick_sweeper"},
        expect={"judge": "last", "post": [{"check": "run_count", "equals": 1}]},
    ),
    scenario(
        "told-of-everything",
        {"at": "start", "do": "add_review", "review": {**REVIEW, "user": "carol"}, "notify": True},
        {"at": "start", "do": "set_check", "check": {**CHECK, "id": 1}, "notify": True},
        {
            "at": "start",
            "do": "add_status",
            "status": {"context": "x", "state": "success", "sha": "H1"},
            "notify": True,
        },
        {"at": "start", "do": "set_permission", "user": "dave", "permission": "write", "notify": True},
        {"at": "start", "do": "rerequest_review", "user": "dave", "notify": True},
        {"at": "start", "do": "set_repo", "fields": {"gate_is_bypass_actor": False}, "notify": True},
        {"at": "start", "do": "set_ref", "ref": "refs/heads/other", "sha": "B2", "notify": True},
        {"at": "start", "do": "set_installation", "fields": {"token": "expired"}, "notify": True},
        {"at": "start", "do": "set_pr", "fields": {"mergeable_state": "clean"}, "notify": True},
        {"at": "start", "do": "dismiss_review", "user": "carol", "notify": True},
        expect={"post": [{"check": "audit_count", "event": "EXTERNAL_MERGE", "equals": 0}]},
    ),
]
FOUND_BY_SWEEP = [
    scenario(
        "a-merge-that-nobody-heard-of",
        {"at": "start", "do": "set_attempt_row", "state": "IN_DOUBT", "head_sha": "H1"},
        pr={"state": "closed", "merged": True, "merged_by": "gate[bot]"},
        trigger={"kind": "sweep"},
        expect={
            "outcome": ["merged", "already_merged"],
            "github_writes": [],
            "post": [{"check": "attempt_state", "state": "SUCCEEDED", "count": 1, "by": "sweeper"}],
        },
    ),
    scenario(
        "a-merge-by-hand-whose-webhook-was-lost",
        {"at": "start", "do": "merge_by", "login": "mallory", "head": "H1"},
        {"at": "start", "do": "advance_clock", "seconds": 700},
        trigger={"kind": "sweep"},
        expect={
            "outcome": "already_merged",
            "github_writes": [],
            "post": [{"check": "audit_count", "event": "EXTERNAL_MERGE", "equals": 1}],
        },
    ),
]
BYPASSES = [
    scenario(
        "merged-by-hand-and-told",
        {"at": "start", "do": "merge_by", "login": "mallory", "head": "H1"},
        trigger=closed(merged=True, merged_by="mallory"),
        expect={
            "outcome": "already_merged",
            "github_writes": [],
            "post": [
                {"check": "audit_count", "event": "EXTERNAL_MERGE", "equals": 1},
                {"check": "issue_state", "state": "DONE"},
            ],
        },
    ),
    scenario(
        "merged-by-hand-unjudged",
        {"at": "start", "do": "merge_by", "login": "mallory", "head": "H2"},
        trigger=closed(merged=True, merged_by="mallory"),
        expect={
            "outcome": "already_merged",
            "github_writes": [],
            "post": [
                {"check": "audit_contains", "event": "EXTERNAL_MERGE", "fields": {"merged_by": "mallory"}},
                {"check": "alert", "code": "BYPASS_UNAPPROVED_HEAD"},
            ],
        },
    ),
    scenario(
        "merged-by-hand-just-before-ours",
        {"at": "after_final_read", "nth": 1, "do": "merge_by", "login": "mallory", "head": "H1", "notify": True},
        expect={
            "outcome": "already_merged",
            "blocker_code": "PR_ALREADY_MERGED",
            "github_writes": [answered(405)],
            "post": [{"check": "audit_contains", "event": "EXTERNAL_MERGE", "fields": {"via": "hand"}}],
        },
    ),
    scenario(
        "reopened-after-our-merge",
        {"at": "start", "do": "set_attempt_row", "state": "SUCCEEDED", "head_sha": "H1", "merge_sha": "B2"},
        expect=against(
            "needs_operator",
            "MERGE_FAILED",
            "POST_MERGE_VERIFY_FAILED",
            post=[{"check": "alert", "code": "REOPENED_AFTER_MERGE"}],
        ),
    ),
    scenario(
        "branch-moved-before-its-deletion",
        {
            "at": "after_effect_before_reply",
            "match": PUT,
            "nth": 1,
            "do": "set_ref",
            "ref": "refs/heads/feat",
            "sha": "H3",
        },
        repo_settings={"delete_branch": True},
        expect={
            "github_writes": [WRITE],
            "post": [
                {"check": "audit_count", "event": "BRANCH_MOVED_AFTER_MERGE", "equals": 1},
                {"check": "refs", "refs": {FEAT: "H3"}},
            ],
        },
    ),
]
