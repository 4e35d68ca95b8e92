"""The steps of an issue: each does what the contract says, once, or names what is in its way."""

from typing import Any

import pytest

from tests.tasks.desk import GITHUB_URL, ISSUES, PULL_URL, Desk, desk
from tests.tasks.house import REPOSITORY, House

DRAFT: dict[str, Any] = {"draft": {"body": "do it"}, "draftCommitted": True, "validation": {"valid": True}}


@pytest.fixture
def at(house: House) -> Desk:
    return desk(house)


def test_an_issue_goes_from_created_to_its_review(at: Desk) -> None:
    at.house.github.request_review(REPOSITORY, 1, "alice", by="bob")
    issue = at.issue(**DRAFT)
    ended = [at.run(issue) for _ in range(4)]
    assert [(each["success"], each["step"], each["stateBefore"], each["stateAfter"]) for each in ended] == [
        (True, "S1_PICK_ISSUE", "CREATED", "CREATED"),
        (True, "S2_SPEC_READY", "CREATED", "SPEC_READY"),
        (True, "S3_IMPLEMENT_PREP", "SPEC_READY", "IMPLEMENTING_PREP"),
        (True, "S4_REVIEW", "IMPLEMENTING_PREP", "REVIEW_READY"),
    ]
    assert ended[0] == {
        "success": True,
        "runId": ended[0]["runId"],
        "step": "S1_PICK_ISSUE",
        "stateBefore": "CREATED",
        "stateAfter": "CREATED",
        "durationMs": 0,
    }
    assert at.types(issue) == [
        *("loop_run_started", "loop_step_s1_completed", "loop_run_finished"),
        *("loop_run_started", "loop_step_s2_spec_ready", "loop_run_finished"),
        *("loop_run_started", "loop_step_s3_implement_prep", "loop_run_finished"),
        *("loop_run_started", "loop_review_requested", "loop_step_s4_completed", "loop_run_finished"),
    ]
    assert ended[3]["reviewEvidence"]["reviewers"] == ["alice"]
    assert at.state(issue) == "REVIEW_READY"


def test_the_request_for_review_says_whom_and_of_what(at: Desk) -> None:
    at.house.github.request_review(REPOSITORY, 1, "alice", by="bob")
    issue = at.issue("IMPLEMENTING_PREP")
    answer = at.agent.post(f"{ISSUES}/{issue}/review", json={"requestId": "12345678-1234-4678-9234-567812345678"})
    at.house.sweep()
    (asked,) = [event for event in at.events(issue) if event["type"] == "loop_review_requested"]
    assert asked["payload"] == {
        "runId": answer.get_json()["runId"],
        "step": "S4_REVIEW",
        "mode": "execute",
        "stateBefore": "IMPLEMENTING_PREP",
        "stateAfter": "REVIEW_READY",
        "requestId": "12345678-1234-4678-9234-567812345678",
        "prUrl": PULL_URL,
        "headSha": at.house.github.state.pull(REPOSITORY, 1).head_sha,
        "reviewers": ["alice"],
        "teams": [],
    }


def test_the_checks_at_the_review_are_kept_with_a_receipt(at: Desk) -> None:
    issue = at.issue("IMPLEMENTING_PREP")
    snapshot = at.run(issue, "S4_REVIEW")["reviewEvidence"]["snapshotId"]
    (kept,) = at.house.rows("SELECT id, ref, total_count FROM checks_snapshots")
    (receipt,) = at.house.rows("SELECT kind, body, sha FROM issue_evidence")
    assert (str(kept["id"]), kept["total_count"]) == (snapshot, 0)
    said = {"body": {"snapshotId": snapshot, "gateStep": "S4"}, "sha": kept["ref"]}
    assert receipt == {"kind": "CHECKS_SNAPSHOT_RECEIPT", **said}


def test_checks_that_cannot_be_read_hold_up_no_review(at: Desk) -> None:
    at.house.github.fault("GET", "/check-runs", 502)
    ended = at.run(at.issue("IMPLEMENTING_PREP"), "S4_REVIEW")
    assert (ended["success"], "snapshotId" in ended["reviewEvidence"]) == (True, False)


@pytest.mark.parametrize(
    ("given", "code", "mended"),
    [
        ({"githubUrl": None}, "NO_GITHUB_LINK", {"githubUrl": GITHUB_URL}),
        ({"prUrl": None}, "NO_PR_LINKED", {"prUrl": PULL_URL}),
        ({"prUrl": f"https://github.com/{REPOSITORY}/pull/99"}, "PR_NOT_FOUND", {"prUrl": PULL_URL}),
        ({"prUrl": "https://github.com/other/widget/pull/1"}, "PR_NOT_FOUND", {"prUrl": PULL_URL}),
    ],
)
def test_a_review_needs_its_links(at: Desk, given: dict[str, Any], code: str, mended: dict[str, Any]) -> None:
    issue = at.issue("IMPLEMENTING_PREP", **given)
    ended = at.run(issue, "S4_REVIEW")
    assert ended == {
        "success": False,
        "blocked": True,
        "blockerCode": code,
        "blockerMessage": ended["blockerMessage"],
        **({"detail": ended["detail"]} if "detail" in ended else {}),
        "runId": ended["runId"],
        "step": "S4_REVIEW",
        "stateBefore": "IMPLEMENTING_PREP",
        "stateAfter": "IMPLEMENTING_PREP",
    }
    assert at.types(issue) == ["loop_run_started", "loop_run_blocked"]
    assert at.events(issue)[-1]["payload"]["blockerCode"] == code
    at.agent.patch(f"{ISSUES}/{issue}", json=mended)
    assert at.run(issue, "S4_REVIEW")["success"] is True


def test_several_pull_requests_that_may_be_meant_block_until_one_is_linked(at: Desk) -> None:
    issue = at.issue("IMPLEMENTING_PREP", prUrl=None, prCandidates=[PULL_URL, f"{PULL_URL}2"])
    ended = at.run(issue, "S4_REVIEW")
    assert (ended["blockerCode"], ended["detail"]) == ("NO_PR_LINKED", "AMBIGUOUS_LINK")
    at.agent.patch(f"{ISSUES}/{issue}", json={"prUrl": PULL_URL})
    assert at.run(issue, "S4_REVIEW")["success"] is True


def test_a_closed_pull_request_gets_no_review_until_it_is_open(at: Desk) -> None:
    at.house.github.close(REPOSITORY, 1)
    issue = at.issue("IMPLEMENTING_PREP")
    assert at.run(issue, "S4_REVIEW")["blockerCode"] == "PR_CLOSED"
    assert at.state(issue) == "IMPLEMENTING_PREP"
    at.house.github.reopen(REPOSITORY, 1)
    assert at.run(issue, "S4_REVIEW")["success"] is True


@pytest.mark.parametrize(
    ("what", "code"), [(403, "GITHUB_AUTH_FAILED"), (401, "GITHUB_AUTH_FAILED"), (502, "GITHUB_API_ERROR")]
)
def test_trouble_with_github_ends_the_step_and_changes_no_state(at: Desk, what: int, code: str) -> None:
    issue = at.issue("IMPLEMENTING_PREP")
    at.house.github.fault("GET", "/pulls/1$", what)
    assert at.run(issue, "S4_REVIEW")["blockerCode"] == code
    assert at.state(issue) == "IMPLEMENTING_PREP"
    assert at.run(issue, "S4_REVIEW")["success"] is True


def test_a_rate_limit_is_waited_for(at: Desk) -> None:
    issue = at.issue("IMPLEMENTING_PREP")
    at.house.github.limit_secondary("GET", "/pulls/1$", retry_after=30)
    run_id = at.ask(issue, "S4_REVIEW")
    at.house.sweep()
    assert at.ended(run_id)["status"] == "running"
    at.house.clock.forward(120)
    at.house.sweep()
    assert (at.ended(run_id)["success"], at.types(issue).count("loop_run_started")) == (True, 1)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "NO_DRAFT"),
        ({**DRAFT, "draftCommitted": False}, "DRAFT_NOT_COMMITTED"),
        ({**DRAFT, "validation": None}, "DRAFT_NOT_VALIDATED"),
        ({**DRAFT, "validation": {"valid": False}}, "DRAFT_INVALID"),
    ],
)
def test_a_spec_is_ready_with_a_committed_and_valid_draft(at: Desk, given: dict[str, Any], code: str) -> None:
    issue = at.issue(**given)
    assert at.run(issue, "S2_SPEC_READY")["blockerCode"] == code
    at.agent.patch(f"{ISSUES}/{issue}", json=DRAFT)
    assert (at.run(issue, "S2_SPEC_READY")["success"], at.state(issue)) == (True, "SPEC_READY")


@pytest.mark.parametrize("step", ["S2_SPEC_READY", "S3_IMPLEMENT_PREP", "S6_DEPLOYMENT_OBSERVE", "S7_VERIFY_GATE"])
def test_a_step_in_another_state_leaves_it_as_it_was(at: Desk, step: str) -> None:
    issue = at.issue("REVIEW_READY")
    ended = at.run(issue, step)
    assert (ended["blockerCode"], ended["stateBefore"], ended["stateAfter"]) == (
        "INVARIANT_VIOLATION",
        "REVIEW_READY",
        "REVIEW_READY",
    )
    assert at.state(issue) == "REVIEW_READY"


def test_a_dry_run_leaves_its_audit_entry_and_the_events_of_its_run(at: Desk) -> None:
    issue = at.issue("IMPLEMENTING_PREP")
    before = at.agent.get(f"{ISSUES}/{issue}").get_json()
    ended = at.run(issue, "S4_REVIEW", mode="dryRun")
    assert (ended["dryRun"], ended["success"], ended["stateAfter"]) == (True, True, "IMPLEMENTING_PREP")
    assert ended["would"]["stateAfter"] == "REVIEW_READY"
    assert at.types(issue) == ["loop_run_started", "loop_run_finished"]
    assert at.agent.get(f"{ISSUES}/{issue}").get_json() == before
    assert at.house.rows("SELECT id FROM checks_snapshots UNION ALL SELECT id FROM issue_evidence") == []
    (entry,) = at.house.rows("SELECT body FROM audit_events WHERE kind = 'step_ended'")
    assert (entry["body"]["mode"], entry["body"]["ending"]) == ("dryRun", "finished")


def test_a_dry_run_says_what_is_in_the_way(at: Desk) -> None:
    ended = at.run(at.issue("IMPLEMENTING_PREP", prUrl=None), "S4_REVIEW", mode="dryRun")
    assert (ended["dryRun"], ended["blockerCode"]) == (True, "NO_PR_LINKED")


def test_an_issue_that_is_held_meanwhile_stays_held(at: Desk) -> None:
    issue = at.issue("IMPLEMENTING_PREP")
    with at.house.dying_at("step.read"):
        run_id = at.ask(issue, "S4_REVIEW")
        at.house.sweep()
    assert at.agent.post(f"{ISSUES}/{issue}/hold", json={"reason": "stop"}).status_code == 200
    _next_worker(at)
    assert (at.ended(run_id)["blockerCode"], at.state(issue)) == ("INVARIANT_VIOLATION", "HOLD")


def test_what_is_linked_while_a_step_reads_is_locked(at: Desk) -> None:
    issue = at.issue("IMPLEMENTING_PREP")
    with at.house.dying_at("step.read"):
        at.ask(issue, "S4_REVIEW")
        at.house.sweep()
    answer = at.agent.patch(f"{ISSUES}/{issue}", json={"prUrl": f"{PULL_URL}2"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "LOCKED")


@pytest.mark.parametrize("point", ["step.claimed", "step.read", "step.before_commit"])
def test_a_worker_that_dies_leaves_one_end_to_the_next(at: Desk, point: str) -> None:
    issue = at.issue("IMPLEMENTING_PREP")
    with at.house.dying_at(point):
        run_id = at.ask(issue, "S4_REVIEW")
        at.house.sweep()
    _next_worker(at)
    assert (at.ended(run_id)["success"], at.state(issue)) == (True, "REVIEW_READY")
    types = ["loop_run_started", "loop_review_requested", "loop_step_s4_completed", "loop_run_finished"]
    assert at.types(issue) == types


def test_a_step_that_kills_each_of_its_workers_fails_in_the_end(at: Desk) -> None:
    issue = at.issue(**DRAFT)
    run_id = at.ask(issue, "S2_SPEC_READY")
    for _ in range(5):
        with at.house.dying_at("step.claimed"):
            at.house.sweep()
        at.house.clock.forward(at.house.context.settings.lease_seconds + 61)
        at.house.sweep()
        at.house.clock.forward(61)
    assert (at.ended(run_id)["blockerCode"], at.state(issue)) == ("STEP_FAILED", "CREATED")
    assert at.types(issue) == ["loop_run_started", "loop_run_failed"]
    assert at.run(issue, "S2_SPEC_READY")["success"] is True


def test_who_waits_gets_the_end_with_the_same_key(at: Desk) -> None:
    issue, key = at.issue(), {"Idempotency-Key": "one"}
    path = f"{ISSUES}/{issue}/run-next-step?wait=1"
    first = at.agent.post(path, headers=key)
    at.house.sweep()
    again = at.agent.post(path, headers=key)
    assert (first.status_code, again.status_code) == (202, 200)
    assert again.get_json() == at.ended(first.get_json()["runId"])
    assert again.get_json()["success"] is True


def test_a_message_that_comes_twice_runs_a_step_once(at: Desk) -> None:
    issue = at.issue(**DRAFT)
    run_id = at.ask(issue, "S2_SPEC_READY")
    at.house.sweep()
    at.house.sent += [("step.run", at.house.rows("SELECT id FROM runs")[0]["id"])] * 2
    at.house.work()
    assert at.types(issue) == ["loop_run_started", "loop_step_s2_spec_ready", "loop_run_finished"]
    assert at.ended(run_id)["success"] is True


def _next_worker(at: Desk) -> None:
    """The lease of the worker that died lapses, and another one takes over."""
    at.house.sent.clear()
    for _ in range(2):
        at.house.clock.forward(at.house.context.settings.lease_seconds + 61)
        at.house.sweep()
