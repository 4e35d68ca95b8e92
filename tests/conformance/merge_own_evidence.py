"""Scenarios of our own: evidence that is missing, late, hidden or of another moment."""

from typing import Any

from tests.conformance.merge_own import CHECK, REVIEW, SNAPSHOT, against, scenario
from tests.conformance.merge_words import Record

UNREAD = against("retry_scheduled", "MERGE_FAILED", "EVIDENCE_UNAVAILABLE")
FORBIDDEN = against("blocked", "MERGE_FAILED", "EVIDENCE_UNAVAILABLE")
PARTIAL = against("retry_scheduled", "MERGE_FAILED", "EVIDENCE_INCOMPLETE")
NOT_ACCESSIBLE = "Resource not accessible by integration"
VETO = {**REVIEW, "id": 7, "user": "carol", "state": "CHANGES_REQUESTED"}


def _reply(resource: str, status: int, message: str | None = None, **more: Any) -> Record:
    said = {} if message is None else {"message": message}
    fault = {"do": "reply", "status": status, "effect": "none", "nth": "every", **said, **more}
    return {"at": "before_request", "match": {"resource": resource}, **fault}


def _while_reading(verb: str, **more: Any) -> Record:
    return {"at": "before_request", "match": {"resource": "checks"}, "nth": 1, "do": verb, **more}


def _at_start(verb: str, **more: Any) -> Record:
    return {"at": "start", "do": verb, **more}


def _status(**fields: Any) -> Record:
    return {"context": "ci", "state": "success", "sha": "H1", "creator_app_id": None, "seq": 1, **fields}


_READ = ("pull", "protection", "graphql", "contents")

EVIDENCE = [
    *[scenario(f"{name}-502", _reply(name, 502), expect=UNREAD) for name in _READ],
    *[scenario(f"{name}-forbidden", _reply(name, 403, NOT_ACCESSIBLE), expect=FORBIDDEN) for name in _READ],
    *[scenario(f"{kind}-reviews", _reply("reviews", 200, body_kind=kind), expect=UNREAD) for kind in ("cut", "empty")],
    scenario("protection-hidden", _reply("protection", 404, "Not Found"), expect=FORBIDDEN),
    scenario(
        "more-suites-than-github-looks-at",
        pagination=[{"resource": "suites", "total": 1001, "fill": {"app_id": 15368, "head_sha": "H1"}}],
        expect=PARTIAL,
    ),
    scenario(
        "statuses-that-do-not-all-come",
        pagination=[{"resource": "statuses", "total": 150, "rows_served": 100, "fill": _status(context="s-@n")}],
        expect=PARTIAL,
    ),
    scenario(
        "a-failure-under-many-statuses",
        pagination=[{"resource": "statuses", "total": 150, "fill": _status(context="s-@n")}],
        statuses=[_status(context="bad", state="failure", seq=3)],
        expect=against("blocked", "CHECKS_FAILED"),
    ),
    scenario(
        "check-runs-of-another-commit",
        {
            "at": "before_request",
            "match": {"resource": "checks"},
            "nth": "every",
            "do": "stale_read",
            "as_of_sha": "H0",
        },
        checks=[CHECK, {**CHECK, "head_sha": "H0", "suite_id": 9}],
        expect=UNREAD,
    ),
    scenario("a-pinned-status-of-its-app", checks=[], statuses=[_status(creator_app_id=15368)]),
    scenario("our-own-status", statuses=[_status(context="policy-gate", state="pending", creator_app_id=4242)]),
    scenario(
        "a-status-with-our-name-by-a-person",
        statuses=[_status(context="policy-gate", state="pending")],
        expect=against("blocked", "CHECKS_PENDING"),
    ),
    scenario("suspended", _at_start("set_installation", fields={"suspended": True}), expect=FORBIDDEN),
    scenario("a-token-that-runs-out", _while_reading("set_installation", fields={"token": "expired"})),
    scenario(
        "a-push-while-reading",
        _while_reading("push_head", sha="H2", notify=False),
        expect=against("blocked", "SNAPSHOT_NOT_FOUND", "HEAD_MOVED"),
    ),
    scenario(
        "a-new-base-while-reading",
        _while_reading("set_pr", fields={"base_ref": "release"}),
        expect=against("blocked", "SNAPSHOT_NOT_FOUND", "BASE_CHANGED"),
    ),
    scenario(
        "merged-while-reading",
        _while_reading("merge_by", login="mallory", head="H1", notify=False),
        expect=against("already_merged", "PR_ALREADY_MERGED"),
    ),
    scenario(
        "slow-reading",
        _while_reading("advance_clock", seconds=90),
        expect=against("retry_scheduled", "SNAPSHOT_NOT_FOUND", "EVIDENCE_EXPIRED"),
    ),
    scenario(
        "a-veto-that-only-its-webhook-shows",
        _at_start("add_review", review=VETO, notify=True),
        {"at": "before_request", "match": {"resource": "reviews"}, "nth": "every", "do": "stale_read", "omit_ids": [7]},
        expect=against("retry_scheduled", "CHANGES_REQUESTED", "EVIDENCE_BEHIND_WEBHOOK"),
    ),
    scenario(
        "a-late-webhook-of-an-old-head",
        _at_start("deliver_webhook", event="pull_request", action="labeled", signature="valid", times=1)
        | {"fields": {"number": 42, "head_sha": "H0"}},
    ),
    *[
        scenario(
            f"a-policy-that-is-{content}",
            _at_start("set_policy_file", where="base", content=content),
            expect=against("blocked", "SNAPSHOT_NOT_FOUND", detail),
        )
        for content, detail in (
            ("invalid", "POLICY_INVALID"),
            ("relaxed", "POLICY_CHANGED"),
            ("absent", "POLICY_CHANGED"),
        )
    ],
    scenario("a-policy-relaxed-at-the-head", _at_start("set_policy_file", where="head", content="relaxed")),
    scenario(
        "a-corrupt-evaluation",
        snapshot={**SNAPSHOT, "valid": False, "invalid_reason": "corrupt"},
        expect=against("blocked", "SNAPSHOT_NOT_FOUND", "SNAPSHOT_CORRUPT"),
    ),
    scenario(
        "retargeted-and-back",
        _at_start("set_pr", fields={"base_ref": "release"}, notify=True),
        _at_start("set_pr", fields={"base_ref": "main"}, notify=True),
        snapshot={**SNAPSHOT, "valid": False, "invalid_reason": "event"},
        expect=against("blocked", "SNAPSHOT_NOT_FOUND", "SNAPSHOT_INVALIDATED"),
    ),
    scenario(
        "a-failure-on-the-test-merge",
        policy={"evaluate_test_merge_commit": True},
        checks=[CHECK, {**CHECK, "conclusion": "failure", "head_sha": "TM1", "suite_id": 5}],
        expect=against("blocked", "CHECKS_FAILED"),
    ),
]
