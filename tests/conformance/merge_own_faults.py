"""Scenarios of our own: requests that go wrong, and services that are away."""

from tests.conformance.merge_own import CHECK, PUT, REVIEW, against, answered, scenario

FAULTS = [
    scenario(
        "a-fresh-token-refused-as-well",
        {
            "at": "before_request",
            "match": PUT,
            "nth": "every",
            "do": "reply",
            "status": 401,
            "message": "Bad credentials",
            "effect": "none",
        },
        expect=against("blocked", "MERGE_FAILED", "NOT_PERMITTED", answered(401), answered(401)),
    ),
    scenario(
        "dropped-after-effect",
        {"at": "before_request", "match": PUT, "nth": 1, "do": "drop_connection", "effect": "full"},
        expect={
            "github_writes": [answered("timeout")],
            "post": [{"check": "attempt_state", "state": "SUCCEEDED", "count": 1, "via": ["SENT", "IN_DOUBT"]}],
        },
    ),
    scenario(
        "hung-and-merged-later",
        {"at": "before_request", "match": PUT, "nth": 1, "do": "hang", "effect": "full", "effect_after_seconds": 35},
        expect={"github_writes": [answered("timeout")], "post": [{"check": "refs", "refs": {"refs/heads/main": "M1"}}]},
    ),
    scenario(
        "refused-once",
        {"at": "before_request", "match": PUT, "nth": 1, "do": "refuse_connection"},
        expect={
            "outcome": ["merged", "retry_scheduled"],
            "judge": "last",
            "github_writes": [],
            "max_merge_puts": 1,
            "post": [{"check": "request_count", "match": PUT, "equals": 0}],
        },
    ),
    *[
        scenario(
            f"{kind}-answer-of-a-merge",
            {
                "at": "before_request",
                "match": PUT,
                "nth": 1,
                "do": "reply",
                "status": 200,
                "body_kind": kind,
                "effect": "full",
            },
        )
        for kind in ("cut", "empty", "html")
    ],
    scenario(
        "half-an-hour-of-trouble",
        {
            "at": "before_request",
            "match": {"resource": "checks", "method": "GET", "sha": "H1", "path": "/commits/H1/"},
            "nth": "every",
            "do": "reply",
            "status": 502,
            "for_seconds": 20,
            "effect": "none",
        },
        {"at": "after_run", "do": "advance_clock", "seconds": 120},
        {"at": "after_run", "do": "tick_sweeper"},
        expect={"outcome": "merged", "judge": "sweeper-1"},
    ),
    scenario(
        "stale-list-of-reviews",
        {
            "at": "start",
            "do": "add_review",
            "review": {**REVIEW, "user": "carol", "state": "CHANGES_REQUESTED", "id": 9},
        },
        {"at": "before_request", "match": {"resource": "reviews"}, "nth": "every", "do": "stale_read", "omit_ids": [9]},
        expect=against("blocked", "MERGE_FAILED", "GITHUB_REJECTED", answered(405)),
    ),
    scenario(
        "checks-of-an-older-head",
        {
            "at": "before_request",
            "match": {"resource": "checks"},
            "nth": "every",
            "do": "stale_read",
            "as_of_sha": "H0",
        },
        checks=[{**CHECK, "conclusion": "failure"}, {**CHECK, "head_sha": "H0", "id": 7}],
        expect={"outcome": ["merged", "retry_scheduled", "blocked"], "github_writes": [], "max_merge_puts": 0},
    ),
    scenario(
        "suspended",
        {"at": "start", "do": "set_installation", "fields": {"suspended": True}},
        expect=against("blocked", "MERGE_FAILED", "EVIDENCE_UNAVAILABLE"),
    ),
    scenario(
        "no-postgres-before-sent",
        {"at": "before_commit", "commit": "sent", "nth": 1, "do": "postgres", "state": "down"},
        expect=against("retry_scheduled", "MERGE_FAILED", "AUDIT_UNAVAILABLE"),
    ),
    scenario(
        "redis-away-after-the-final-read",
        {"at": "after_final_read", "nth": 1, "do": "redis", "state": "down"},
        expect=against("retry_scheduled", "MERGE_FAILED", "IDEMPOTENCY_STORE_UNAVAILABLE"),
    ),
    scenario(
        "limited-for-the-pull",
        {
            "at": "before_request",
            "match": PUT,
            "nth": 1,
            "do": "reply",
            "status": 429,
            "message": "You have exceeded a secondary rate limit.",
            "headers": {"retry-after": "90"},
            "effect": "none",
        },
        expect=against(
            "retry_scheduled",
            "MERGE_FAILED",
            "RATE_LIMITED",
            answered(429),
            post=[
                {"check": "retry_not_before_seconds", "seconds": 90},
                {"check": "no_writes_before_retry", "scope": "pull"},
            ],
        ),
    ),
]
