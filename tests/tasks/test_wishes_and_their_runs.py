"""A wish to merge and the workflows that look at it: what each says of the other, and what a person has to see."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.records import github_requests
from app.workflows.pausing import Scope
from tests.tasks import merging, steering
from tests.tasks.house import REPOSITORY, House
from tests.tasks.merge_wishes import write_gate
from tests.tasks.steering import disagreeing, in_the_middle, later, retry, shown

MERGES = Scope("type", "merge")
MINUTE = 60


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


def _wishes(house: House) -> list[str]:
    return [row["status"] for row in house.rows("SELECT status FROM merge_requests ORDER BY created_at, status DESC")]


def _granted_until(house: House, seconds: int) -> None:
    until = house.clock() + timedelta(seconds=seconds)
    house.rows(f"UPDATE merge_requests SET until = '{until.isoformat()}' RETURNING id")


def _paused_for(house: House, seconds: int) -> UUID:
    """A merge that was asked for while merges were paused, which they were for so long."""
    steering.pause(house, MERGES)
    run_id = merging.ask(house, merging.issue(house))
    _granted_until(house, MINUTE)
    house.work()
    house.clock.forward(seconds)
    steering.resume(house, MERGES)
    later(house, MINUTE)
    return run_id


def test_a_paused_merge_is_not_made_once_its_time_is_over(ready: House) -> None:
    run_id = _paused_for(ready, 1)
    assert (merging.said(ready, run_id), merging.puts(ready), _wishes(ready)) == (
        ("ignored", None, None),
        [],
        ["ended"],
    )
    assert ready.rows("SELECT status FROM issues") == [{"status": "REVIEW_READY"}]
    assert disagreeing(ready) == []


def test_a_paused_merge_is_made_while_its_time_is_not_over(ready: House) -> None:
    run_id = _paused_for(ready, 0)
    assert (merging.said(ready, run_id)[0], len(merging.puts(ready))) == ("merged", 1)


@pytest.mark.parametrize("waits", [False, True])
def test_the_wish_of_a_merge_that_failed_ends_and_a_retry_has_one_of_its_own(ready: House, waits: bool) -> None:
    run_id = merging.ask(ready, merging.issue(ready), waits=waits)
    ready.tried_often(all_but=1)
    with ready.dying_at("merge.claimed"):
        ready.work()
    later(ready, 200)
    assert (shown(ready, run_id).workflow.status, _wishes(ready)) == ("failed", ["ended"])
    second = retry(ready, run_id)
    assert isinstance(second, UUID)
    ready.work()
    assert (merging.said(ready, second), len(merging.puts(ready))) == (("merged", None, None), 1)
    assert disagreeing(ready) == []


def _waits(house: House) -> UUID:
    """A merge whose time comes by itself: GitHub was in trouble when it was looked at."""
    house.github.fault("GET", "/pulls/1/reviews", 500, times=9)
    run_id = merging.ask(house, merging.issue(house))
    house.work()
    house.github.faults.script.clear()
    assert merging.said(house, run_id)[0] is None
    for _ in range(2):
        house.github.fault("GET", "/pulls/1/reviews", 500, times=9)
        later(house, 6)
        house.github.faults.script.clear()
    return run_id


def _statuses(house: House) -> list[str]:
    return sorted(each.status for each in steering.listed(house, "merge"))


def test_a_merge_that_comes_back_by_itself_waits_and_says_when(ready: House) -> None:
    run_id = _waits(ready)
    assert merging.said(ready, run_id)[0] == "retry_scheduled"
    ready.sweep()
    (due,) = ready.rows("SELECT due_at FROM merge_requests")
    found = shown(ready, run_id)
    assert (found.workflow.status, found.workflow.finished_at) == ("waiting", None)
    assert str(found.unblock).endswith(
        f"The gate tries again by itself at {due['due_at'].isoformat(timespec='seconds')}."
    )
    assert disagreeing(ready) == []


def test_the_next_look_takes_the_place_of_the_one_that_waits(ready: House) -> None:
    first = _waits(ready)
    later(ready, 31)
    (second,) = [each for each in steering.listed(ready, "merge") if each.id != first]
    assert (second.status, second.retry_of, len(merging.puts(ready))) == ("succeeded", first, 1)
    assert shown(ready, first).workflow.status == "cancelled"
    assert disagreeing(ready) == []


def test_many_looks_leave_one_that_waits(ready: House) -> None:
    merging.check(ready, "late", None)
    merging.ask(ready, merging.issue(ready), waits=True)
    ready.work()
    for _ in range(3):
        merging.evaluated(ready)
    assert _statuses(ready) == ["cancelled", "cancelled", "cancelled", "waiting"]
    assert disagreeing(ready) == []


def test_a_wish_that_nobody_could_grant_in_time_needs_a_person(ready: House) -> None:
    merging.check(ready, "late", None)
    first = merging.ask(ready, merging.issue(ready), waits=True)
    ready.work()
    merging.evaluated(ready)
    (last,) = [each.id for each in steering.listed(ready, "merge") if each.id != first]
    _granted_until(ready, 60)
    later(ready)
    found = shown(ready, last)
    assert (found.workflow.status, str(found.unblock).endswith("Retry it once that is so.")) == ("blocked", True)
    assert disagreeing(ready) == []
    assert isinstance(retry(ready, first), UUID)


def test_a_wish_that_is_of_no_use_any_more_needs_nobody(ready: House) -> None:
    about = merging.issue(ready)
    merging.check(ready, "late", None)
    run_id = merging.ask(ready, about, waits=True)
    ready.work()
    ready.rows(
        f"UPDATE merge_requests SET status = 'ended', due_at = NULL, ended_at = '{ready.clock().isoformat()}'"
        " RETURNING id"
    )
    later(ready)
    assert shown(ready, run_id).workflow.status == "cancelled"
    assert disagreeing(ready) == []


def test_a_merge_that_waits_is_cancelled_with_its_wish(ready: House) -> None:
    run_id = _waits(ready)
    assert steering.cancel(ready, run_id) is None
    later(ready, 700)
    assert (_statuses(ready), _wishes(ready), merging.puts(ready)) == (["cancelled"], ["ended"], [])
    assert disagreeing(ready) == []


def test_a_retry_of_a_merge_that_waits_takes_its_place_at_once(ready: House) -> None:
    first = _waits(ready)
    second = retry(ready, first)
    assert isinstance(second, UUID)
    assert shown(ready, first).workflow.status == "cancelled"
    ready.work()
    assert (merging.said(ready, second)[0], len(merging.puts(ready))) == ("merged", 1)
    assert disagreeing(ready) == []


def test_a_merge_that_needs_a_person_stays_so_beside_its_retry(ready: House) -> None:
    merging.check(ready, "late", None)
    first = merging.ask(ready)
    ready.work()
    second = retry(ready, first)
    assert isinstance(second, UUID)
    ready.work()
    assert [shown(ready, each).workflow.status for each in (first, second)] == ["blocked", "blocked"]
    assert disagreeing(ready) == []


def test_a_label_asks_anew_at_the_same_head_once_the_time_of_its_wish_was_over(ready: House) -> None:
    write_gate(ready)
    merging.evaluated(ready)
    steering.pause(ready, MERGES)
    ready.github.label(REPOSITORY, 1, "merge me")
    merging.evaluated(ready)
    _granted_until(ready, 1)
    steering.resume(ready, MERGES)
    ready.clock.forward(2)
    (merge,) = steering.listed(ready, "merge")
    ready.run("merge.pull_request", merge.id)
    assert (merging.puts(ready), _wishes(ready)) == ([], ["ended"])
    merging.evaluated(ready)
    assert (len(merging.puts(ready)), _wishes(ready)) == (1, ["ended", "ended"])
    assert disagreeing(ready) == []


def test_a_merge_whose_label_is_taken_away_just_after_it_was_begun_is_not_made(ready: House) -> None:
    write_gate(ready)
    ready.github.label(REPOSITORY, 1, "merge me")

    def take_back() -> None:
        with ready.context.pool.connection() as tx:
            assert len(github_requests.take_back(tx, ready.repository_id, 1, ready.clock())) == 1

    with in_the_middle(ready, "merge.claimed", take_back):
        merging.evaluated(ready)
    assert (merging.puts(ready), _wishes(ready)) == ([], ["ended"])
    assert disagreeing(ready) == []
