"""The merge of an issue (S5): only in its state, after its review was asked for, and told once."""

import pytest

from app.records import postures
from app.records.operator_settings import Where
from app.records.postures import Switch
from tests.tasks import merging
from tests.tasks.desk import ISSUES, PULL_URL, Desk, desk
from tests.tasks.house import House
from tests.tasks.merging import puts, ready

REVIEWED = "INSERT INTO timeline_events (id, issue_id, type, payload, at) VALUES (gen_random_uuid(), '{}',"
REVIEWED += " 'loop_review_requested', '{{}}', now()) RETURNING id"


@pytest.fixture
def at(house: House) -> Desk:
    """Pull request 1 is ready to be merged."""
    return desk(ready(house))


def reviewed(at: Desk, status: str = "REVIEW_READY", **given: str | None) -> str:
    """An issue whose review was asked for."""
    issue = at.issue(status, **given)
    at.house.rows(REVIEWED.format(issue))
    return issue


def merge(at: Desk, issue: str, **how: object) -> dict[str, object]:
    answer = at.agent.post(f"{ISSUES}/{issue}/merge", json=how)
    assert answer.status_code == 202, answer.get_json()
    at.house.sweep()
    return at.ended(answer.get_json()["runId"])


def test_a_merge_is_told_with_its_evidence(at: Desk) -> None:
    issue = reviewed(at)
    ended = merge(at, issue)
    events = at.events(issue)
    merged = next(event for event in events if event["type"] == "loop_merged")
    found = at.agent.get(f"{ISSUES}/{issue}").get_json()
    assert ended == {
        "success": True,
        "runId": ended["runId"],
        "step": "S5_MERGE",
        "stateBefore": "REVIEW_READY",
        "stateAfter": "DONE",
        "mergeEvidence": {
            "eventId": merged["eventId"],
            "prUrl": PULL_URL,
            "mergeSha": found["mergeSha"],
            "mergeMethod": "squash",
            "gateVerdict": "PASS",
        },
        "durationMs": 0,
    }
    assert [event["type"] for event in events] == [
        "loop_review_requested",
        "loop_run_started",
        "loop_merged",
        "loop_step_s5_completed",
        "loop_run_finished",
    ]
    assert {"runId", "step", "stateBefore", "stateAfter", "requestId", "prUrl", "mergeSha", "mergeMethod"} < set(
        merged["payload"]
    )
    assert (merged["payload"]["gateVerdict"], merged["payload"]["snapshotId"] is not None) == ("PASS", True)


def test_asked_again_in_done_it_answers_the_stored_success(at: Desk) -> None:
    issue = reviewed(at)
    first, again = merge(at, issue), merge(at, issue)
    assert again["mergeEvidence"] == first["mergeEvidence"]
    assert (again["success"], again["code"], again["stateAfter"]) == (True, "PR_ALREADY_MERGED", "DONE")
    assert (len(puts(at.house)), at.types(issue).count("loop_merged")) == (1, 1)
    assert at.types(issue)[-2:] == ["loop_run_started", "loop_run_finished"]


def test_two_at_once_converge_on_one_merge(at: Desk) -> None:
    issue = reviewed(at)
    runs = [at.agent.post(f"{ISSUES}/{issue}/merge").get_json()["runId"] for _ in range(2)]
    at.house.sweep()
    first, second = (at.ended(run) for run in runs)
    assert first["mergeEvidence"] == second["mergeEvidence"]
    assert len(puts(at.house)) == 1


@pytest.mark.parametrize("state", ["CREATED", "SPEC_READY", "IMPLEMENTING_PREP", "VERIFIED", "HOLD"])
def test_in_another_state_nothing_is_merged_and_the_state_stays(at: Desk, state: str) -> None:
    issue = reviewed(at, state)
    ended = merge(at, issue)
    assert (ended["blockerCode"], ended["stateBefore"], ended["stateAfter"]) == ("INVARIANT_VIOLATION", state, state)
    assert at.types(issue)[-1] == "loop_run_blocked"
    assert puts(at.house) == []


def test_without_a_request_for_review_nothing_is_merged(at: Desk) -> None:
    issue = at.issue("REVIEW_READY")
    assert merge(at, issue)["blockerCode"] == "INVARIANT_VIOLATION"
    at.house.rows(REVIEWED.format(issue))
    assert merge(at, issue)["success"] is True


def test_without_a_link_nothing_is_merged(at: Desk) -> None:
    issue = reviewed(at, prUrl=None)
    assert merge(at, issue)["blockerCode"] == "NO_PR_LINKED"


def test_an_issue_that_is_held_in_the_last_moment_is_not_merged(at: Desk) -> None:
    issue = reviewed(at)
    with at.house.dying_at("merge.intent"):
        at.agent.post(f"{ISSUES}/{issue}/merge")
        at.house.sweep()
    assert at.agent.post(f"{ISSUES}/{issue}/hold", json={"reason": "stop"}).status_code == 200
    at.house.sent.clear()
    for _ in range(4):
        at.house.clock.forward(65)
        at.house.sweep()
    assert (at.state(issue), puts(at.house)) == ("HOLD", [])


def test_what_was_sent_to_github_can_be_held_no_more_until_its_end_is_known(at: Desk) -> None:
    issue = reviewed(at)
    with at.house.dying_at("merge.spent"):
        at.agent.post(f"{ISSUES}/{issue}/merge")
        at.house.sweep()
    answer = at.agent.post(f"{ISSUES}/{issue}/hold", json={"reason": "stop"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "LOCKED")


def test_a_dry_run_says_what_would_happen_and_leaves_no_other_trace(at: Desk) -> None:
    issue = reviewed(at)
    before = at.agent.get(f"{ISSUES}/{issue}").get_json()
    ended = merge(at, issue, mode="dryRun")
    assert (ended["dryRun"], ended["success"], ended["stateAfter"]) == (True, True, "REVIEW_READY")
    assert ended["would"]["stateAfter"] == "DONE"  # type: ignore[index]
    assert at.types(issue)[-2:] == ["loop_run_started", "loop_run_finished"]
    assert (at.agent.get(f"{ISSUES}/{issue}").get_json(), puts(at.house)) == (before, [])


def test_a_merge_that_settings_make_a_dry_run_is_told_as_one(at: Desk) -> None:
    at.house.with_settings(merge_repositories=())
    ended = merge(at, reviewed(at))
    assert (ended["dryRun"], ended["success"], ended["stateAfter"]) == (True, True, "REVIEW_READY")
    assert ended["would"]["stateAfter"] == "DONE"  # type: ignore[index]


def test_nobody_comes_back_for_a_dry_run(at: Desk) -> None:
    with at.house.context.pool.connection() as tx:
        switch = Switch(name="frozen", on=True)
        postures.set_posture(tx, Where(), switch, by="olga", reason="release", now=at.house.clock())
    issue = reviewed(at)
    dry, wet = merge(at, issue, mode="dryRun"), merge(at, issue)
    assert (dry["detail"], wet["detail"]) == ("FROZEN", "FROZEN")
    assert ("retryAt" in dry, "retryAt" in wet) == (False, True)


def test_the_gates_no_is_told_with_its_reason(at: Desk) -> None:
    at.house.github.review("acme/widget", 1, by="alice", state="changes_requested")
    issue = reviewed(at)
    ended = merge(at, issue)
    assert (ended["blockerCode"], ended["gateVerdict"], ended["gateBlockReason"]) == (
        "CHANGES_REQUESTED",
        "FAIL",
        "CHANGES_REQUESTED",
    )
    assert (ended["stateAfter"], ended["success"], ended["blocked"]) == ("REVIEW_READY", False, True)


def test_a_merge_past_the_gate_ends_in_done_without_its_verdict(at: Desk) -> None:
    at.house.github.merge("acme/widget", 1, by="bob")
    issue = reviewed(at)
    ended = merge(at, issue)
    assert (ended["success"], ended["code"], ended["stateAfter"]) == (True, "PR_ALREADY_MERGED", "DONE")
    assert set(ended["mergeEvidence"]) == {"prUrl", "mergeSha"}  # type: ignore[call-overload]
    assert "loop_merged" not in at.types(issue)
    assert "loop_step_s5_completed" not in at.types(issue)
    again = merge(at, issue)
    assert again["mergeEvidence"] == ended["mergeEvidence"]


def test_an_issue_goes_all_the_way(at: Desk) -> None:
    draft = {"draft": {"body": "do it"}, "draftCommitted": True, "validation": {"valid": True}}
    issue = at.issue(**draft)  # type: ignore[arg-type]
    for _ in range(5):
        assert at.run(issue)["success"] is True
    sha = at.agent.get(f"{ISSUES}/{issue}").get_json()["mergeSha"]
    made = at.house.github.deploy("acme/widget", sha, by="alice")
    at.house.github.deployed("acme/widget", made.id, "success", by="alice")
    assert at.run(issue)["deploymentEvidence"] == {"mergeSha": sha, "count": 1, "authenticCount": 1}
    at.give(issue, sha=sha)
    assert at.run(issue)["stateAfter"] == "VERIFIED"
    types = at.types(issue)
    ends = [each for each in types if each in ("loop_run_finished", "loop_run_blocked", "loop_run_failed")]
    assert (types.count("loop_run_started"), ends) == (7, ["loop_run_finished"] * 7)
    assert at.agent.get(f"{ISSUES}/{issue}/next-step").get_json()["blockerCode"] == "INVARIANT_VIOLATION"


def test_a_pull_request_of_an_issue_on_hold_is_merged_for_nobody(house: House) -> None:
    merging.ready(house)
    merging.issue(house, status="HOLD")
    assert merging.merge(house) == ("blocked", "INVARIANT_VIOLATION", None)
    assert merging.puts(house) == []
    other = merging.issue(house)
    assert merging.merge(house, other) == ("merged", None, None)
