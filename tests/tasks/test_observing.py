"""A merge past the gate is looked at with its webhook and without it, and not where it was ours."""

import pytest

from app.records import watches
from app.records.watches import WATCH_SECONDS
from tasks import sweep
from tests.tasks import merging
from tests.tasks.house import REPOSITORY, House
from tests.tasks.past_the_gate import (
    alerts,
    attempt,
    audit,
    closed,
    enabled,
    head,
    judge,
    linked,
    looking,
    merge_by_hand,
    merged_and_looked_at,
    step_of,
    work_but_merges,
)


@pytest.fixture(autouse=True)
def guarded(house: House) -> None:
    house.with_settings(merge_repositories=(REPOSITORY,))


def test_a_merge_that_an_event_tells_of_is_looked_at(house: House) -> None:
    step = step_of(house, merged_and_looked_at(house))
    assert (step.step, step.mode, step.woken_by, step.issue_id) == ("S5_MERGE", "observe", "event", None)


def test_it_is_looked_at_for_each_issue_that_waits_for_it(house: House) -> None:
    waiting, _ = linked(house), linked(house, "REVIEW_READY")
    merge_by_hand(house)
    house.deliver(closed(house))
    assert len(looking(house)) == 2
    assert waiting.id in {step_of(house, run_id).issue_id for run_id in looking(house)}


def test_an_issue_that_does_not_wait_for_it_has_no_run_of_its_own(house: House) -> None:
    linked(house, "HOLD")
    assert step_of(house, merged_and_looked_at(house)).issue_id is None


def test_it_is_looked_at_once_however_often_it_is_told(house: House) -> None:
    merged_and_looked_at(house)
    house.deliver(closed(house))
    house.deliver(closed(house))
    assert len(looking(house)) == 1


def test_a_pull_request_that_was_closed_otherwise_is_not_looked_at(house: House) -> None:
    house.deliver(house.event("pull_request", "closed", pulls=(1,), head_sha=head(house), branch="main"))
    assert looking(house) == []


def test_a_repository_of_nobody_s_is_not_looked_at(house: House) -> None:
    house.with_settings(allowed_repositories=("acme/gear",))
    merge_by_hand(house)
    house.deliver(closed(house))
    assert looking(house) == []


@pytest.mark.parametrize("state", ["SENT", "IN_DOUBT", "SUCCEEDED"])
def test_a_merge_of_our_own_is_not_looked_at(house: House, state: str) -> None:
    attempt(house, "merge", state, head(house))
    house.rows(f"UPDATE merge_attempts SET run_id = '{merging.ask(house)}' RETURNING id")
    house.sent.clear()
    merge_by_hand(house)
    house.deliver(closed(house))
    assert looking(house) == []


@pytest.mark.parametrize("state", ["INTENT", "FAILED"])
def test_one_that_we_did_not_come_to_make_is_looked_at(house: House, state: str) -> None:
    attempt(house, "merge", state, head(house))
    merge_by_hand(house)
    house.deliver(closed(house))
    assert len(looking(house)) == 1


def test_without_its_webhook_it_is_found_when_the_pull_request_is_evaluated(house: House) -> None:
    merge_by_hand(house)
    house.deliver(house.event("issue_comment", "created", pulls=(1,)))
    found = work_but_merges(house)
    assert [step_of(house, run_id).woken_by for run_id in found] == ["sweeper"]


def test_without_any_webhook_it_is_found_by_the_sweep(house: House) -> None:
    judge(house)
    merge_by_hand(house)
    bypass_before = looking(house)
    house.clock.forward(WATCH_SECONDS)
    _sweep(house)
    assert bypass_before == []
    assert len(work_but_merges(house)) == 1


def test_a_pull_request_that_was_opened_and_merged_unseen_is_found_by_the_sweep(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watches, "WATCH_SECONDS", 60)
    judge(house)
    house.work()
    _sweep(house)
    house.work()
    house.github.push(REPOSITORY, "second", {"b.py": "1"}, by="bob")
    number = house.github.open_pull(REPOSITORY, "second", by="bob").number
    for _ in range(3):
        house.clock.forward(61)
        if house.github.state.pull(REPOSITORY, number).state == "open":
            house.github.merge(REPOSITORY, number, by="alice")
        _sweep(house)
        house.work()
    assert [body["number"] for body in audit(house, "EXTERNAL_MERGE")] == [number]
    looked = "SELECT count(*) AS n FROM runs WHERE kind = 'merge'"
    assert house.rows(looked) == [{"n": 1}]


def test_also_where_no_pull_request_is_open(house: House) -> None:
    judge(house)
    house.work()
    house.github.close(REPOSITORY, 1)
    house.deliver(house.event("pull_request", "closed", pulls=(1,), head_sha=head(house), branch="main"))
    house.work()
    _sweep(house)
    house.work()
    assert house.rows("SELECT count(*) AS n FROM runs WHERE kind = 'find_changed'") == [{"n": 1}]


def test_what_was_merged_before_anybody_watched_is_no_bypass(house: House) -> None:
    judge(house)
    house.github.push(REPOSITORY, "second", {"b.py": "1"}, by="bob")
    number = house.github.open_pull(REPOSITORY, "second", by="bob").number
    house.github.merge(REPOSITORY, number, by="alice")
    house.clock.forward(1)
    _sweep(house)
    house.work()
    assert audit(house, "EXTERNAL_MERGE") == []


def _sweep(house: House) -> None:
    """Beat's tick alone."""
    sweep.enqueue_due(house.context)


def test_the_sweep_compares_now_and_then(house: House) -> None:
    judge(house)
    for _ in range(3):
        _sweep(house)
        house.work()
    asked = "SELECT count(*) AS n FROM runs WHERE kind = 'find_changed'"
    assert house.rows(asked) == [{"n": 1}]
    house.clock.forward(WATCH_SECONDS + 1)
    _sweep(house)
    assert house.rows(asked) == [{"n": 2}]


def test_a_repository_that_is_not_guarded_is_not_compared(house: House) -> None:
    house.with_settings(merge_repositories=())
    judge(house)
    _sweep(house)
    assert house.sent == []


def test_a_push_whose_webhook_was_lost_is_found_too(house: House) -> None:
    judge(house)
    head = house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob").sha
    _sweep(house)
    house.work()
    assert house.rows("SELECT head_sha FROM evaluations ORDER BY seq")[-1]["head_sha"] == head


def _ended(house: House) -> list[tuple[str, str]]:
    rows = house.rows("SELECT outcome, answer ->> 'code' AS code FROM step_runs ORDER BY started_at")
    return [(row["outcome"], row["code"]) for row in rows]


def test_a_merge_by_hand_ends_the_issue_in_done_from_its_webhook_on(house: House) -> None:
    issue = merging.issue(house)
    judge(house)
    merge_by_hand(house)
    house.deliver(closed(house))
    house.work()
    assert _ended(house) == [("already_merged", "PR_ALREADY_MERGED")]
    assert house.rows("SELECT status FROM issues") == [{"status": "DONE"}]
    assert house.rows("SELECT status FROM merge_requests") == [{"status": "ended"}]
    types = house.rows(f"SELECT type FROM timeline_events WHERE issue_id = '{issue.id}' ORDER BY seq")
    assert [row["type"] for row in types] == ["loop_review_requested", "loop_run_started", "loop_run_finished"]
    assert alerts(house) == ["BYPASS_UNAPPROVED_HEAD"]


def test_so_does_the_sweep_with_every_webhook_lost(house: House) -> None:
    judge(house)
    merging.issue(house)
    merge_by_hand(house)
    house.sweep()
    assert _ended(house) == [("already_merged", "PR_ALREADY_MERGED")]
    assert len(audit(house, "EXTERNAL_MERGE")) == 1
    assert house.rows("SELECT status FROM issues") == [{"status": "DONE"}]


def test_a_merge_of_ours_is_told_by_its_webhook_as_nothing_new(house: House) -> None:
    merging.ready(house)
    merging.ask(house, merging.issue(house))
    house.work()
    house.deliver(closed(house))
    house.work()
    house.clock.forward(WATCH_SECONDS)
    house.sweep()
    assert [outcome for outcome, _ in _ended(house)] == ["merged"]
    assert (audit(house, "EXTERNAL_MERGE"), alerts(house)) == ([], [])


def test_auto_merge_whose_webhook_was_lost_is_found_by_the_sweep(house: House) -> None:
    judge(house)
    house.github.set_up(REPOSITORY, auto_merge=True)
    house.github.enable_auto_merge(REPOSITORY, 1, by="bob")
    house.sweep()
    house.deliver(enabled(house))
    assert alerts(house) == ["AUTO_MERGE_ENABLED"]
    assert [body["by"] for body in audit(house, "AUTO_MERGE_ENABLED")] == ["bob"]
