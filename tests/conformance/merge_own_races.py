"""Scenarios of our own: workers that die, two at once, and what happens between the reading and the merge."""

from tests.conformance.merge_own import KILLED, PUT, against, scenario

AGAIN = {"outcome": "already_merged", "blocker_code": "PR_ALREADY_MERGED"}
KILLS = [
    scenario(
        "killed-before-request",
        {"at": "before_request", "match": PUT, "nth": 1, "run": "A", "do": "kill_worker"},
        *KILLED,
        expect={**AGAIN, "post": [{"check": "attempt_state", "state": "SUCCEEDED", "count": 1}]},
    ),
    scenario(
        "killed-after-effect",
        {"at": "after_effect_before_reply", "match": PUT, "nth": 1, "run": "A", "do": "kill_worker"},
        *KILLED,
        expect=AGAIN,
    ),
    scenario(
        "killed-after-request",
        {"at": "after_request", "match": PUT, "nth": 1, "run": "A", "do": "kill_worker"},
        *KILLED,
        expect={**AGAIN, "judge": "B", "post": [{"check": "issue_state", "state": "DONE"}]},
    ),
    *[
        scenario(
            f"killed-before-commit-{commit}",
            {"at": "before_commit", "commit": commit, "nth": 1, "run": "A", "do": "kill_worker"},
            *KILLED,
            expect=AGAIN if commit == "result" else {"outcome": "merged"},
        )
        for commit in ("intent", "sent", "result")
    ],
    scenario(
        "killed-at-final-read",
        {"at": "after_final_read", "nth": 1, "do": "kill_worker"},
        *KILLED,
        expect={"outcome": "merged", "judge": "last"},
    ),
]
RACES = [
    scenario(
        "two-at-once",
        {"at": "start", "do": "run_concurrently", "runs": ["A", "B"]},
        expect={
            "outcome": ["merged", "already_merged"],
            "judge": "any",
            "post": [{"check": "run_outcomes", "outcomes": ["merged", "already_merged"]}],
        },
    ),
    scenario(
        "three-at-once",
        {"at": "start", "do": "run_concurrently", "runs": 3},
        expect={
            "judge": "any",
            "post": [{"check": "run_outcomes", "outcomes": ["already_merged", "merged", "already_merged"]}],
        },
    ),
    scenario(
        "task-delivered-twice",
        {"at": "after_intent", "nth": 1, "run": "A", "do": "redeliver_task", "new_run": "B"},
        expect={"outcome": ["merged", "already_merged"], "judge": "A"},
    ),
    scenario(
        "freeze-after-final-read",
        {"at": "after_final_read", "nth": 1, "do": "set_posture", "frozen": True},
        expect=against("retry_scheduled", "MERGE_FAILED", "FROZEN"),
    ),
    scenario(
        "safe-mode-after-intent",
        {"at": "after_intent", "nth": 1, "do": "set_posture", "safe_mode": True},
        expect=against("blocked", "MERGE_FAILED", "SAFE_MODE"),
    ),
    *[
        scenario(
            f"dry-run-at-{point}",
            {"at": point, "nth": 1, "do": "set_posture", "dry_run": True},
            expect={
                "outcome": "would_merge",
                "github_writes": [],
                "max_merge_puts": 0,
                "post": [{"check": "audit_contains", "event": "WOULD_MERGE", "fields": {"sha": "H1"}}],
            },
        )
        for point in ("after_final_read", "after_intent")
    ],
    scenario(
        "retargeted-after-final-read",
        {"at": "after_final_read", "nth": 1, "do": "set_pr", "fields": {"base_ref": "next"}},
        expect={
            "outcome": ["merged", "needs_operator"],
            "post": [{"check": "alert", "code": "MERGED_TO_UNEXPECTED_BASE"}],
        },
        other_prs=[{"number": 41, "head_sha": "H41", "head_ref": "feat41", "base_ref": "next"}],
    ),
    scenario(
        "paused-too-long",
        {"at": "after_final_read", "nth": 1, "do": "advance_clock", "seconds": 61},
        expect=against("retry_scheduled", "SNAPSHOT_NOT_FOUND", "EVIDENCE_EXPIRED"),
    ),
    scenario(
        "elapsed-since-trigger",
        {"at": "elapsed", "since": "trigger", "seconds": 5, "do": "set_pr", "fields": {"mergeable": True}},
        pr={"mergeable": None, "mergeable_state": "unknown"},
        expect={"outcome": "retry_scheduled", "blocker_code": "MERGE_FAILED", "github_writes": [], "max_merge_puts": 0},
    ),
]
