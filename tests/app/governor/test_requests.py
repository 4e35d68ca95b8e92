"""Requests: so many at once, none beyond what GitHub says is left of the hour, and none while it limits us."""

from datetime import datetime

import pytest

from app.governor import Budget, Governor, Resource, Seen, Slot, Told
from app.governor.governor import MOST_READINGS_AT_ONCE, MOST_REQUESTS_AT_ONCE, SLOT_MARGIN_SECONDS
from tests.app.governor.asked import HERE, NOW, QUIET, REQUEST_SECONDS, after, end


def _read(governor: Governor, seconds: float, resource: Resource = "core") -> Slot | datetime:
    return governor.begin(HERE, resource, None, after(seconds))


def _write(governor: Governor, seconds: float, resource: Resource = "core") -> Slot | datetime:
    return governor.begin(HERE, resource, "quiet", after(seconds))


def _left(remaining: int, *, limit: int = 5000, resets: float = 3600, resource: Resource = "core") -> Told:
    return Told(served=True, budget=Budget(resource, limit, remaining, after(resets)))


LIMITED = Told(limited=True)


def test_readings_leave_a_slot_to_a_write(governor: Governor) -> None:
    slots = [_read(governor, 0) for _ in range(MOST_READINGS_AT_ONCE)]
    assert all(isinstance(slot, Slot) for slot in slots)
    assert _read(governor, 0) == after(1)
    assert isinstance(_write(governor, 0), Slot)
    assert MOST_READINGS_AT_ONCE + 1 == MOST_REQUESTS_AT_ONCE
    assert _write(governor, 0) == after(1)
    assert isinstance(governor.begin(HERE + 1, "core", None, NOW), Slot)


def test_a_request_that_ends_gives_its_slot_back(governor: Governor) -> None:
    slots = [_read(governor, 0) for _ in range(MOST_READINGS_AT_ONCE)]
    assert isinstance(slots[0], Slot)
    governor.end(slots[0], Told(), NOW)
    assert isinstance(_read(governor, 0), Slot)
    assert _read(governor, 0) == after(1)


def test_the_slot_of_a_killed_process_comes_back(governor: Governor) -> None:
    """After a token and a request of it would have ended."""
    seconds = 2 * REQUEST_SECONDS + SLOT_MARGIN_SECONDS
    for _ in range(MOST_READINGS_AT_ONCE):
        _read(governor, 0)
    assert _read(governor, seconds - 1) == after(seconds)
    assert isinstance(_read(governor, seconds), Slot)


@pytest.mark.parametrize(("limit", "reserve"), [(5000, 500), (15_000, 500), (60, 6)])
def test_readings_leave_a_reserve_to_writes(governor: Governor, limit: int, reserve: int) -> None:
    end(governor, _left(reserve + 1, limit=limit), NOW)
    assert isinstance(_read(governor, 0), Slot)
    end(governor, _left(reserve, limit=limit), NOW)
    assert _read(governor, 1) == after(3600)
    assert isinstance(_write(governor, 1), Slot)
    assert governor.next_turn(HERE, QUIET, "a", after(2)) is None


def test_nothing_leaves_where_nothing_is_left_until_the_hour_is_over(governor: Governor) -> None:
    end(governor, _left(0), NOW)
    assert (_read(governor, 1), _write(governor, 1)) == (after(3600), after(3600))
    assert governor.take_turn(HERE, QUIET, "a", after(1)) == after(3600)
    assert isinstance(_read(governor, 3600), Slot)
    assert governor.take_turn(HERE, QUIET, "a", after(3600)) is None


def test_queries_have_an_hour_of_their_own(governor: Governor) -> None:
    end(governor, _left(0, resource="graphql"), NOW, "graphql")
    assert _read(governor, 1, "graphql") == after(3600)
    assert isinstance(_read(governor, 1), Slot)


def test_answers_that_overtake_each_other_leave_the_least_of_the_hour(governor: Governor) -> None:
    for remaining, resets in ((100, 3600), (4000, 3601), (4500, 3598), (4990, 60)):
        end(governor, _left(remaining, resets=resets), NOW)
    assert _read(governor, 1) == after(3601)


def test_a_refusal_is_believed_whatever_was_known_before(governor: Governor) -> None:
    end(governor, _left(4000), NOW)
    refused = Told(limited=True, budget=Budget("core", 5000, 0, after(200)))
    assert end(governor, refused, NOW) == after(200)
    assert (_read(governor, 199), _write(governor, 199)) == (after(200), after(200))
    assert isinstance(_read(governor, 200), Slot)


def test_a_new_hour_has_a_budget_of_its_own(governor: Governor) -> None:
    end(governor, _left(0, resets=60), NOW)
    end(governor, _left(4999, resets=3660), after(60))
    assert isinstance(_read(governor, 61), Slot)


def test_an_answer_of_the_hour_before_says_nothing_of_this_one(governor: Governor) -> None:
    end(governor, _left(4999, resets=3660), NOW)
    end(governor, _left(3, resets=60), NOW)
    assert isinstance(_read(governor, 1), Slot)


def test_a_limit_that_names_a_time_holds_all_of_the_installation(governor: Governor) -> None:
    assert end(governor, Told(limited=True, wait_seconds=30), NOW) == after(30)
    assert (_read(governor, 29), _write(governor, 29), _read(governor, 29, "graphql")) == (after(30),) * 3
    assert governor.next_turn(HERE, QUIET, "a", after(29)) == after(30)
    assert isinstance(governor.begin(HERE + 1, "core", None, after(29)), Slot)
    assert isinstance(_read(governor, 30), Slot)


def test_a_limit_over_a_spent_hour_waits_for_its_end_and_holds_no_more_than_that_hour(governor: Governor) -> None:
    told = Told(limited=True, budget=Budget("core", 5000, 0, after(900)))
    assert end(governor, told, NOW) == after(900)
    assert _read(governor, 1) == after(900)
    assert isinstance(_read(governor, 1, "graphql"), Slot)


def test_limits_in_a_row_that_name_no_time_are_waited_for_twice_as_long_each(governor: Governor) -> None:
    now, waits = NOW, []
    for _ in range(10):
        until = end(governor, LIMITED, now)
        assert until is not None
        waits.append(int((until - now).total_seconds()))
        now = until
    assert waits == [60, 120, 240, 480, 960, 1920, 3840, 7680, 15_360, 21_600]


def test_a_named_time_counts_as_one_of_the_row(governor: Governor) -> None:
    end(governor, Told(limited=True, wait_seconds=5), NOW)
    assert end(governor, LIMITED, after(5)) == after(125)


def test_a_success_ends_the_row(governor: Governor) -> None:
    end(governor, LIMITED, NOW)
    end(governor, Told(served=True), after(60))
    assert end(governor, LIMITED, after(61)) == after(121)


def test_a_reading_that_succeeds_ends_no_row_of_limits_that_writes_met(governor: Governor) -> None:
    waits = []
    for seconds in (0, 250, 500):
        written = _write(governor, seconds)
        assert isinstance(written, Slot)
        waits.append(governor.end(written, LIMITED, after(seconds + 1)))
        read = _read(governor, seconds + 241)
        assert isinstance(read, Slot)
        governor.end(read, Told(served=True), after(seconds + 242))
    assert waits == [after(61), after(371), after(741)]


def test_a_write_that_succeeds_ends_the_row_that_writes_met(governor: Governor) -> None:
    for seconds, told in ((0, LIMITED), (100, Told(served=True))):
        written = _write(governor, seconds)
        assert isinstance(written, Slot)
        governor.end(written, told, after(seconds + 1))
    assert end(governor, LIMITED, after(200)) == after(260)


def test_what_is_neither_success_nor_limit_ends_no_row(governor: Governor) -> None:
    end(governor, LIMITED, NOW)
    end(governor, Told(), after(60))
    assert end(governor, LIMITED, after(61)) == after(181)


def test_requests_that_met_one_limit_together_are_one_of_the_row(governor: Governor) -> None:
    slots = [_read(governor, 0) for _ in range(3)]
    ends = [governor.end(slot, LIMITED, after(1)) for slot in slots if isinstance(slot, Slot)]
    assert ends == [after(61)] * 3


def test_a_success_that_was_under_way_lifts_no_hold(governor: Governor) -> None:
    early = _read(governor, 0)
    assert isinstance(early, Slot)
    end(governor, LIMITED, after(1))
    governor.end(early, Told(served=True), after(2))
    assert _read(governor, 3) == after(61)


def test_a_shorter_limit_shortens_no_longer_one(governor: Governor) -> None:
    slots = [_read(governor, 0) for _ in range(2)]
    told = [Told(limited=True, wait_seconds=300), Told(limited=True, wait_seconds=5)]
    ends = [governor.end(slot, one, after(1)) for slot, one in zip(slots, told, strict=True) if isinstance(slot, Slot)]
    assert ends == [after(301), after(301)]


def test_what_waited_for_the_end_of_a_hold_leaves_in_its_old_order(governor: Governor) -> None:
    assert [governor.take_turn(HERE, QUIET, each, NOW) for each in "abc"] == [None, after(1), after(2.1)]
    end(governor, Told(limited=True, wait_seconds=30), after(0.5))
    assert governor.take_turn(HERE, QUIET, "b", after(1)) == after(30.5)
    assert governor.take_turn(HERE, QUIET, "c", after(2.1)) == after(31.6)
    assert governor.take_turn(HERE, QUIET, "d", after(3)) == after(32.7)


def test_the_app_itself_has_limits_of_its_own(governor: Governor) -> None:
    slot = governor.begin(None, "core", None, NOW)
    assert isinstance(slot, Slot)
    assert governor.end(slot, Told(limited=True, wait_seconds=9), NOW) == after(9)
    assert governor.begin(None, "core", None, after(1)) == after(9)
    assert isinstance(_read(governor, 1), Slot)


def test_operators_see_what_is_known_of_each_installation(governor: Governor) -> None:
    end(governor, _left(4321), NOW)
    end(governor, Told(limited=True, wait_seconds=30), NOW)
    assert governor.take_turn(HERE, QUIET, "a", after(1)) is not None
    app = governor.begin(None, "graphql", None, NOW)
    assert isinstance(app, Slot)
    assert governor.begin(None, "graphql", None, NOW) is not None
    governor.end(app, Told(served=True), NOW)
    assert sorted(governor.seen(after(2)), key=lambda one: one.installation) == [
        Seen(installation="5", held_until=after(30), remaining={"core": 4321}, under_way=0, waiting=1),
        Seen(installation="app", held_until=None, remaining={}, under_way=1, waiting=0),
    ]
    assert [one.held_until for one in governor.seen(after(30)) if one.installation == "5"] == [None]
    assert governor.seen(after(3601)) == ()
