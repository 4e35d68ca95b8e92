"""What wakes a merge request, and that none is forgotten where nothing does."""

from datetime import timedelta
from uuid import uuid4

import pytest

from app.records import github_requests, issues, merge_requests
from app.records.issues import Issue
from tests.tasks.house import REPOSITORY, House
from tests.tasks.merge_wishes import ends, evaluates, happens, seen, swept, waits, wishes, write_gate

URL = f"https://github.com/{REPOSITORY}/pull/1"


def woken_by(house: House) -> list[str]:
    return [row["woken_by"] for row in house.rows("SELECT woken_by FROM step_runs ORDER BY started_at")]


def linked(house: House, *path: str) -> Issue:
    """An issue that links pull request 1, brought to a state."""
    now = house.clock()
    with house.context.pool.connection() as tx:
        issue = issues.create(tx, github_url=None, pr_url=URL, created_by="alice", now=now)
        for state in path:
            issue = issues.move(tx, issue, state, now)  # type: ignore[arg-type]  # each is a state
    return issue


IN_REVIEW = ("SPEC_READY", "IMPLEMENTING_PREP", "REVIEW_READY")


def test_an_event_wakes_a_request_that_waits(house: House) -> None:
    waits(house)
    assert len(happens(house, "synchronize")) == 1
    assert woken_by(house) == ["event"]


def test_an_event_wakes_no_more_than_a_batch_and_the_sweep_the_others(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(merge_requests, "BATCH", 2)
    for _ in range(3):
        waits(house)
    first = happens(house, "synchronize")
    house.clock.forward(github_requests.LOOK_AGAIN_SECONDS + 1)
    assert (len(first), len({*swept(house)} - {*first})) == (2, 1)


def test_a_delivery_that_comes_twice_wakes_it_once(house: House) -> None:
    waits(house)
    guid = str(uuid4())
    (run_id,) = happens(house, "synchronize", guid)
    ends(house, run_id)
    assert happens(house, "synchronize", guid) == []
    assert woken_by(house) == ["event"]


def test_an_event_wakes_nothing_that_is_under_way(house: House) -> None:
    waits(house)
    assert len(happens(house)) == 1
    assert happens(house) == []


def test_a_request_that_waits_for_nothing_is_left_alone(house: House) -> None:
    wish_id = waits(house)
    with house.context.pool.connection() as tx:
        merge_requests.end(tx, wish_id, house.clock())
    assert happens(house) == []


def test_a_closed_pull_request_wakes_it_too(house: House) -> None:
    waits(house)
    house.github.close(REPOSITORY, 1)
    assert len(happens(house, "closed")) == 1


def test_an_evaluation_that_a_merge_has_asked_for_wakes_it_a_while_later(house: House) -> None:
    waits(house)
    (run_id,) = happens(house)
    ends(house, run_id)
    for seconds in (30, 60, 120):
        assert evaluates(house) == []
        house.clock.forward(seconds - 1)
        assert swept(house) == []
        house.clock.forward(1)
        (run_id,) = swept(house)
        ends(house, run_id)
    assert woken_by(house) == ["event", "sweeper", "sweeper", "sweeper"]


def test_such_an_evaluation_puts_off_nothing_that_is_due_before(house: House) -> None:
    wish_id = waits(house)
    (run_id,) = happens(house)
    ends(house, run_id)
    with house.context.pool.connection() as tx:
        merge_requests.come_back(tx, wish_id, house.clock() + timedelta(seconds=5))
    assert evaluates(house) == []
    house.clock.forward(5)
    assert len(swept(house)) == 1


def test_the_sweep_opens_a_run_where_the_time_has_come(house: House) -> None:
    wish_id = waits(house)
    with house.context.pool.connection() as tx:
        merge_requests.come_back(tx, wish_id, house.clock() + timedelta(seconds=60))
    assert swept(house) == []
    house.clock.forward(60)
    (run_id,) = swept(house)
    assert woken_by(house) == ["sweeper"]
    house.clock.forward(120)
    assert swept(house) == [run_id]  # the message of the same run, sent anew


def test_no_second_run_is_opened_while_one_is_under_way(house: House) -> None:
    wish_id = waits(house)
    (run_id,) = happens(house)
    with house.context.pool.connection() as tx:
        merge_requests.come_back(tx, wish_id, house.clock())
    house.clock.forward(120)
    assert swept(house) == [run_id]


def test_what_waits_is_looked_at_again_though_every_webhook_is_lost(house: House) -> None:
    waits(house, until=house.clock() + timedelta(days=1))
    house.clock.forward(599)
    assert swept(house) == []
    house.clock.forward(2)
    (run_id,) = swept(house)
    ends(house, run_id)
    house.clock.forward(599)
    assert swept(house) == []
    house.clock.forward(2)
    assert len(swept(house)) == 1


def test_what_is_too_old_is_ended_and_looked_at_no_more(house: House) -> None:
    waits(house, until=house.clock() + timedelta(seconds=60))
    house.clock.forward(700)
    assert (swept(house), wishes(house)) == ([], [("api", "alice", "ended")])


def test_a_label_outlives_what_is_too_old(house: House) -> None:
    write_gate(house)
    house.github.label(REPOSITORY, 1, "merge me")
    (run_id,) = happens(house)
    ends(house, run_id)
    with house.context.pool.connection() as tx:
        tx.execute("UPDATE merge_requests SET until = %(now)s", {"now": house.clock() - timedelta(seconds=1)})
    assert (swept(house), wishes(house)) == ([], [("label", "github", "ended")])
    assert len(happens(house)) == 1


def test_each_event_lets_a_label_ask_for_longer(house: House) -> None:
    write_gate(house)
    house.github.label(REPOSITORY, 1, "merge me")
    happens(house)
    house.clock.forward(1_800)
    happens(house)
    (row,) = house.rows("SELECT until FROM merge_requests")
    assert row["until"] == house.clock() + timedelta(hours=72)


def test_a_run_for_a_pull_request_that_an_issue_in_review_links_is_one_of_the_issue(house: House) -> None:
    write_gate(house)
    issue = linked(house, *IN_REVIEW)
    house.github.label(REPOSITORY, 1, "merge me")
    (run_id,) = happens(house)
    with house.context.pool.connection() as tx:
        assert seen(tx, run_id) == ("event", "execute", True)
    (row,) = house.rows("SELECT issue_id, state_before FROM step_runs")
    assert row == {"issue_id": issue.id, "state_before": "REVIEW_READY"}
    (started,) = house.rows("SELECT type, run_id FROM timeline_events")
    assert started == {"type": "loop_run_started", "run_id": run_id}


@pytest.mark.parametrize("path", [(), IN_REVIEW[:2], (*IN_REVIEW, "DONE")])
def test_an_issue_in_any_other_state_is_left_out(house: House, path: tuple[str, ...]) -> None:
    write_gate(house)
    linked(house, *path)
    house.github.label(REPOSITORY, 1, "merge me")
    (run_id,) = happens(house)
    with house.context.pool.connection() as tx:
        assert seen(tx, run_id) == ("event", "execute", False)


def test_a_request_of_an_issue_is_run_for_that_issue(house: House) -> None:
    issue = linked(house, *IN_REVIEW)
    waits(house, issue_id=issue.id)
    (run_id,) = happens(house)
    with house.context.pool.connection() as tx:
        assert seen(tx, run_id) == ("event", "execute", True)
