"""Scenarios of our own: what GitHub and the gate are like when the merge is asked for."""

from tests.conformance.merge_own import CHECK, REVIEW, WRITE, against, scenario

STATES = [
    scenario(
        "policy-changed",
        {"at": "start", "do": "set_policy_file", "where": "base", "content": "relaxed"},
        expect=against("blocked", "SNAPSHOT_NOT_FOUND", "POLICY_CHANGED"),
    ),
    scenario(
        "policy-broken",
        {"at": "start", "do": "set_policy_file", "where": "base", "content": "invalid"},
        expect=against("blocked", "SNAPSHOT_NOT_FOUND", "POLICY_INVALID"),
    ),
    scenario(
        "policy-gone",
        {"at": "start", "do": "set_policy_file", "where": "base", "content": "absent"},
        expect=against("blocked", "SNAPSHOT_NOT_FOUND", "POLICY_CHANGED"),
    ),
    scenario(
        "policy-of-the-head-does-not-count",
        {"at": "start", "do": "set_policy_file", "where": "head", "content": "relaxed"},
        reviews=[],
        expect=against("blocked", "NO_REVIEW_APPROVAL"),
    ),
    scenario(
        "evaluated-by-another-policy",
        snapshot={"policy_digest": "P0"},
        expect=against("blocked", "SNAPSHOT_NOT_FOUND", "POLICY_CHANGED"),
    ),
    scenario(
        "damaged",
        snapshot={"valid": False, "invalid_reason": "corrupt"},
        expect=against("blocked", "SNAPSHOT_NOT_FOUND", "SNAPSHOT_CORRUPT"),
    ),
    scenario(
        "other-base-evaluated",
        snapshot={"base_ref": "next"},
        expect=against("blocked", "SNAPSHOT_NOT_FOUND", "BASE_CHANGED"),
    ),
    scenario(
        "repository-made-anew",
        {"at": "start", "do": "set_repo", "fields": {"id": 2002}},
        expect=against("blocked", "PR_NOT_FOUND", "REPO_ID_MISMATCH"),
    ),
    scenario(
        "hidden",
        {"at": "start", "do": "set_repo", "fields": {"visible": False}},
        expect=against("blocked", "PR_NOT_FOUND", "REPO_HIDDEN_OR_GONE"),
    ),
    scenario("archived", repo_settings={"archived": True}, expect=against("blocked", "MERGE_FAILED", "REPO_ARCHIVED")),
    scenario(
        "too-many-suites",
        pagination=[{"resource": "suites", "total": 1001, "fill": {"app_id": 15368, "head_sha": "H1"}}],
        expect=against("retry_scheduled", "MERGE_FAILED", "EVIDENCE_INCOMPLETE"),
    ),
    scenario(
        "many-statuses",
        pagination=[
            {"resource": "statuses", "total": 130, "fill": {"context": "s-@n", "state": "success", "sha": "H1"}}
        ],
        statuses=[{"context": "late", "state": "failure", "sha": "H1", "creator_app_id": 999, "seq": 129}],
        expect=against("blocked", "CHECKS_FAILED"),
    ),
    scenario(
        "test-merge-red",
        policy={"evaluate_test_merge_commit": True},
        checks=[CHECK, {**CHECK, "head_sha": "TM1", "conclusion": "failure", "suite_id": 3}],
        expect=against("blocked", "CHECKS_FAILED"),
    ),
    scenario(
        "renamed-since-the-veto",
        reviews=[
            {**REVIEW, "id": 1, "user_id": 7, "state": "CHANGES_REQUESTED"},
            {**REVIEW, "id": 2, "user_id": 7, "user": "bob-new"},
        ],
    ),
    scenario(
        "asked-again-and-approved-again",
        {"at": "start", "do": "rerequest_review", "user": "bob"},
        {"at": "start", "do": "add_review", "review": {**REVIEW, "id": 7}},
    ),
    scenario(
        "our-own-context-required",
        repo_settings={
            "rulesets": {
                "readable": True,
                "required_checks": [{"context": "ci", "app_id": 15368}, {"context": "policy-gate", "app_id": 4242}],
            }
        },
        statuses=[{"context": "policy-gate", "state": "success", "sha": "H1", "creator_app_id": 4242, "seq": 1}],
        expect={"post": [{"check": "snapshot_field", "field": "policy_digest", "equals": "P1"}]},
    ),
    scenario(
        "from-a-fork",
        pr={"head_repo": "alice/r"},
        repo_settings={"delete_branch": True, "method": "rebase"},
        expect={"github_writes": [{**WRITE, "body": {"sha": "H1", "merge_method": "rebase"}}]},
    ),
    scenario(
        "queue",
        repo_settings={"merge_queue": True},
        expect={
            "outcome": ["retry_scheduled", "merged", "blocked"],
            "github_writes": [
                {
                    "method": "POST",
                    "path": "/graphql",
                    "body": {"mutation": "enqueuePullRequest", "expectedHeadOid": "H1"},
                }
            ],
            "max_merge_puts": 0,
        },
    ),
    scenario(
        "deletes-the-branch",
        repo_settings={"delete_branch": True},
        expect={
            "github_writes": [
                WRITE,
                {"method": "DELETE", "path": "/repos/o/r/git/refs/heads/feat", "response": 204},
            ],
            "post": [{"check": "refs", "refs": {"refs/heads/feat": None}}],
        },
    ),
    *[
        scenario(
            f"attempt-{state}",
            {"at": "start", "do": "set_attempt_row", "request_id": "R1", "state": state, "head_sha": "H1"},
            trigger={"kind": "merge_request", "request_id": "R1"},
            expect=expect,
        )
        for state, expect in (
            ("INTENT", {}),
            ("FAILED", {}),
            ("IN_DOUBT", against("retry_scheduled", "MERGE_FAILED", "MERGE_NOT_PERFORMED")),
            ("SENT", against("retry_scheduled", "MERGE_FAILED", "MERGE_NOT_PERFORMED")),
        )
    ],
    scenario(
        "branch-left-to-delete",
        {
            "at": "start",
            "do": "set_attempt_row",
            "state": "SUCCEEDED",
            "head_sha": "H1",
            "merge_sha": "M1",
            "pending": ["delete_branch"],
        },
        pr={"state": "closed", "merged": True},
        trigger={"kind": "sweep"},
        expect={
            "outcome": "ignored",
            "github_writes": [{"method": "DELETE", "path": "/repos/o/r/git/refs/heads/feat", "response": 204}],
            "max_merge_puts": 0,
        },
    ),
]
