"""A merge that this gate did not make is recorded as what it is, once, and what lets one happen is an alert."""

from typing import Any

import pytest

from app.events import Event, Forced
from app.records import gate_findings
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
    merged_and_looked_at,
    recognise,
)


@pytest.fixture(autouse=True)
def guarded(house: House) -> None:
    house.with_settings(merge_repositories=(REPOSITORY,))


def test_a_merge_by_hand_is_recorded_with_who_made_it(house: House) -> None:
    run_id = merged_and_looked_at(house)
    assert recognise(house, run_id)
    (body,) = audit(house, "EXTERNAL_MERGE")
    pull = house.github.state.pull(REPOSITORY, 1)
    assert body == {
        "repository": REPOSITORY,
        "number": 1,
        "base": "main",
        "head_sha": pull.head_sha,
        "merge_sha": pull.merge_sha,
        "merged_by": "alice",
        "via": "hand",
        "had_pass": False,
        "issue": None,
    }


def test_a_head_that_nobody_approved_is_an_alert(house: House) -> None:
    judge(house)
    recognise(house, merged_and_looked_at(house))
    assert alerts(house) == ["BYPASS_UNAPPROVED_HEAD"]


def test_a_head_that_was_approved_for_this_base_is_another_one(house: House) -> None:
    judge(house)
    house.approve()
    recognise(house, merged_and_looked_at(house))
    assert alerts(house) == ["EXTERNAL_MERGE"]
    assert audit(house, "EXTERNAL_MERGE")[0]["had_pass"]


def test_an_approval_of_an_older_head_is_none(house: House) -> None:
    judge(house)
    house.approve()
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    recognise(house, merged_and_looked_at(house))
    assert alerts(house) == ["BYPASS_UNAPPROVED_HEAD"]


def test_where_people_merge_by_hand_an_approved_merge_is_no_alert(house: House) -> None:
    house.with_settings(merge_repositories=())
    judge(house)
    house.approve()
    recognise(house, merged_and_looked_at(house))
    assert (len(audit(house, "EXTERNAL_MERGE")), alerts(house)) == (1, [])


def test_it_is_one_where_an_issue_waits_for_the_gate(house: House) -> None:
    house.with_settings(merge_repositories=())
    judge(house)
    house.approve()
    issue = linked(house)
    recognise(house, merged_and_looked_at(house), issue)
    assert alerts(house) == ["EXTERNAL_MERGE"]


def test_it_is_recorded_once(house: House) -> None:
    run_id = merged_and_looked_at(house)
    assert recognise(house, run_id)
    assert recognise(house, run_id)
    assert (len(audit(house, "EXTERNAL_MERGE")), len(alerts(house))) == (1, 1)
    house.sent.clear()
    house.deliver(closed(house))
    with house.context.pool.connection() as tx:
        tx.execute("UPDATE merge_requests SET status = 'ended'")
    house.deliver(closed(house))
    assert looking(house) == []


def test_a_dry_run_records_nothing(house: House) -> None:
    issue = linked(house)
    assert recognise(house, merged_and_looked_at(house), issue, mode="dryRun")
    assert (audit(house, "EXTERNAL_MERGE"), alerts(house)) == ([], [])
    assert house.rows("SELECT status FROM issues") == [{"status": "REVIEW_READY"}]


def test_auto_merge_is_known_from_the_pull_request_s_own_event(house: House) -> None:
    recognise(house, merged_and_looked_at(house, automatic=True))
    assert audit(house, "EXTERNAL_MERGE")[0]["via"] == "auto_merge"


def test_the_merge_queue_is_known_by_its_group(house: House) -> None:
    entry = house.github.enqueue(REPOSITORY, 1, by="alice")
    house.deliver(house.event("merge_group", "checks_requested", head_sha=entry.head_sha, branch="main"))
    house.github.merge_next(REPOSITORY)
    house.deliver(closed(house))
    recognise(house, looking(house)[0])
    assert audit(house, "EXTERNAL_MERGE")[0]["via"] == "queue"


@pytest.mark.parametrize("state", ["SENT", "IN_DOUBT", "SUCCEEDED"])
def test_what_we_put_into_the_queue_ourselves_is_no_bypass(house: House, state: str) -> None:
    entry = house.github.enqueue(REPOSITORY, 1, by="alice")
    house.deliver(house.event("merge_group", "checks_requested", head_sha=entry.head_sha, branch="main"))
    attempt(house, "enqueue", state, head(house))
    house.github.merge_next(REPOSITORY)
    house.deliver(closed(house))
    assert not recognise(house, looking(house)[0])
    assert audit(house, "EXTERNAL_MERGE") == []


def test_what_we_put_into_the_queue_and_somebody_merged_by_hand_is_one(house: House) -> None:
    attempt(house, "enqueue", "SUCCEEDED", head(house))
    assert recognise(house, merged_and_looked_at(house))


def test_a_merge_of_ours_is_none(house: House) -> None:
    run_id = merged_and_looked_at(house)
    attempt(house, "merge", "SUCCEEDED", head(house))
    assert not recognise(house, run_id)
    assert (audit(house, "EXTERNAL_MERGE"), alerts(house)) == ([], [])


def test_the_issue_ends_in_done_without_a_merge_of_ours(house: House) -> None:
    issue = linked(house)
    recognise(house, merged_and_looked_at(house), issue)
    merge_sha = house.github.state.pull(REPOSITORY, 1).merge_sha
    assert house.rows("SELECT status, merge_sha FROM issues") == [{"status": "DONE", "merge_sha": merge_sha}]
    assert house.rows("SELECT type FROM timeline_events WHERE type = 'loop_merged'") == []
    assert audit(house, "EXTERNAL_MERGE")[0]["issue"] == str(issue.id)


@pytest.mark.parametrize("status", ["IMPLEMENTING_PREP", "HOLD", "VERIFIED"])
def test_an_issue_elsewhere_stays_where_it_is(house: House, status: str) -> None:
    issue = linked(house, status)
    recognise(house, merged_and_looked_at(house), issue)
    assert house.rows("SELECT status FROM issues") == [{"status": status}]


def test_auto_merge_switched_on_is_an_alert_once_for_a_head(house: House) -> None:
    house.deliver(enabled(house))
    house.deliver(enabled(house))
    assert alerts(house) == ["AUTO_MERGE_ENABLED"]
    assert [body["by"] for body in audit(house, "AUTO_MERGE_ENABLED")] == ["mallory"]


def test_auto_merge_is_of_no_interest_where_nothing_is_guarded(house: House) -> None:
    house.with_settings(merge_repositories=())
    house.deliver(enabled(house))
    assert alerts(house) == []


BEFORE = "b" * 40


def _forced(house: House, branch: str, **forced: Any) -> Event:
    facts = {"head_sha": "c" * 40, "branch": branch, "sender": "mallory"}
    return house.event("push", None, **facts, forced=Forced(before=BEFORE, **forced))


def test_a_default_branch_moved_by_force_is_an_alert(house: House) -> None:
    house.deliver(_forced(house, "main", is_default=True))
    assert alerts(house) == ["BASE_FORCE_PUSHED"]
    assert audit(house, "BASE_FORCE_PUSHED") == [
        {"repository": REPOSITORY, "base": "main", "before": BEFORE, "after": "c" * 40, "by": "mallory"}
    ]


def test_the_audit_takes_nobody_at_github_for_one_of_ours(house: House) -> None:
    event = _forced(house, "main", is_default=True)
    house.deliver(event.model_copy(update={"sender": "mergegate"}))
    house.deliver(enabled(house).model_copy(update={"sender": "mergegate"}))
    kinds = "'BASE_FORCE_PUSHED', 'AUTO_MERGE_ENABLED'"
    actors = house.rows(f"SELECT actor FROM audit_events WHERE kind IN ({kinds})")
    assert actors == [{"actor": "github"}, {"actor": "github"}]


def test_so_is_a_branch_that_doctor_looked_at(house: House) -> None:
    with house.context.pool.connection() as tx:
        gate_findings.found(tx, house.repository_id, "release", is_required=True, now=house.clock())
    house.deliver(_forced(house, "release"))
    assert alerts(house) == ["BASE_FORCE_PUSHED"]


def test_so_is_a_branch_that_we_merged_into(house: House) -> None:
    attempt(house, "merge", "SUCCEEDED", "d" * 40)
    house.deliver(_forced(house, "main"))
    assert alerts(house) == ["BASE_FORCE_PUSHED"]


def test_a_branch_of_somebody_s_own_may_be_forced(house: House) -> None:
    house.deliver(_forced(house, "feature"))
    assert alerts(house) == []


def test_a_push_without_force_is_none(house: House) -> None:
    house.deliver(house.event("push", None, head_sha="c" * 40, branch="main"))
    assert alerts(house) == []
