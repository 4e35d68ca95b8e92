"""Turns of writes: spaced, counted by the minute and the hour, and in the order in which they were asked for."""

import itertools
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.github.turns import TURNS
from app.governor import Governor, Pace, Turn
from app.governor.governor import CONTENT_A_MINUTE, CONTENT_AN_HOUR
from tests.app.governor import asked
from tests.app.governor.asked import CONTENT, HERE, NOTIFYING, NOW, QUIET, after

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
PACES: tuple[Pace, ...] = ("unseen", "quiet", "content", "notifying")


def _take(governor: Governor, turn: Turn, target: str, seconds: float) -> float | None:
    """After how many seconds it is the target's turn; None: now."""
    not_before = governor.take_turn(HERE, turn, target, after(seconds))
    return None if not_before is None else (not_before - NOW).total_seconds()


def test_writes_are_a_second_apart(governor: Governor) -> None:
    assert _take(governor, QUIET, "a", 0) is None
    assert _take(governor, CONTENT, "b", 0.999) == 1
    assert _take(governor, CONTENT, "b", 1) is None


def test_what_notifies_is_three_seconds_apart_and_lets_others_through(governor: Governor) -> None:
    assert _take(governor, NOTIFYING, "a", 0) is None
    assert _take(governor, NOTIFYING, "b", 0) == 3
    assert _take(governor, QUIET, "c", 1) is None
    assert _take(governor, CONTENT, "d", 2) is None
    assert _take(governor, NOTIFYING, "b", 3) is None


def test_verdicts_and_what_people_see_do_not_wait_behind_the_files_of_an_artifact(governor: Governor) -> None:
    assert _take(governor, TURNS["status"], "before", 0) is None
    for number in range(1000):
        _take(governor, TURNS["git_object"], f"blob {number}", 0)
    assert _take(governor, TURNS["status"], "verdict", 0.5) == 1
    assert _take(governor, TURNS["status"], "verdict", 1) is None
    assert _take(governor, TURNS["git_object"], "blob 0", 1) == 2
    assert _take(governor, TURNS["git_object"], "blob 0", 2) is None


def test_each_installation_has_turns_of_its_own(governor: Governor) -> None:
    assert _take(governor, QUIET, "a", 0) is None
    assert governor.take_turn(HERE + 1, QUIET, "a", NOW) is None


def test_who_waits_keeps_the_place_in_the_line(governor: Governor) -> None:
    assert _take(governor, QUIET, "a", 0) is None
    assert [_take(governor, QUIET, target, 0) for target in "bcd"] == [1, 2.1, 3.2]
    assert _take(governor, QUIET, "d", 0.5) == 3.2
    assert _take(governor, QUIET, "e", 1) == pytest.approx(4.3)
    assert _take(governor, QUIET, "b", 1) is None


def test_looking_takes_nothing(governor: Governor) -> None:
    assert governor.next_turn(HERE, QUIET, "a", NOW) is None
    assert _take(governor, QUIET, "b", 0) is None
    assert governor.next_turn(HERE, QUIET, "a", NOW) == after(1)
    assert _take(governor, QUIET, "c", 0) == 1
    assert governor.next_turn(HERE, QUIET, "a", NOW) == after(2.1)


def test_a_turn_that_is_never_used_costs_its_own_time_and_no_more(governor: Governor) -> None:
    assert [_take(governor, QUIET, target, 0) for target in "abc"] == [None, 1, 2.1]
    assert _take(governor, QUIET, "c", 2.1) is None


def test_who_comes_late_is_next_and_moves_the_others_back_by_as_much(governor: Governor) -> None:
    assert [_take(governor, QUIET, target, 0) for target in "abcd"] == [None, 1, 2.1, 3.2]
    assert _take(governor, QUIET, "b", 1.6) is None
    assert _take(governor, QUIET, "c", 2.1) == pytest.approx(2.7)
    assert _take(governor, QUIET, "d", 3.2) == pytest.approx(3.8)
    assert _take(governor, QUIET, "c", 2.7) is None


def test_who_comes_a_little_late_moves_nobody(governor: Governor) -> None:
    assert [_take(governor, QUIET, target, 0) for target in "abc"] == [None, 1, 2.1]
    assert _take(governor, QUIET, "b", 1.09) is None
    assert _take(governor, QUIET, "c", 2.1) is None


def test_a_write_that_leaves_late_after_its_turn_keeps_the_next_one_off(governor: Governor) -> None:
    assert _take(governor, NOTIFYING, "a", 0) is None
    governor.begin(HERE, "core", "notifying", after(0.4))
    assert _take(governor, QUIET, "b", 1) == 1.4
    assert _take(governor, NOTIFYING, "c", 3) == 3.4


@pytest.mark.parametrize("turn", [CONTENT, NOTIFYING])
def test_the_content_of_a_minute_is_counted(redis_db: str, turn: Turn) -> None:
    governor = asked.governor(redis_db, spacing=0, notifying=0)
    assert {_take(governor, turn, str(each), 10 + each / 100) for each in range(CONTENT_A_MINUTE)} == {None}
    assert _take(governor, turn, "one more", 20) == 70
    assert _take(governor, QUIET, "a status", 20) is None
    assert _take(governor, turn, "one more", 70) is None
    assert _take(governor, turn, "another", 70) == 70.01


def test_the_content_of_an_hour_is_counted(redis_db: str) -> None:
    governor = asked.governor(redis_db, spacing=0)
    assert {_take(governor, CONTENT, str(each), each * 2) for each in range(CONTENT_AN_HOUR)} == {None}
    assert _take(governor, CONTENT, "one more", 2000) == 3600
    assert _take(governor, QUIET, "a status", 2000) is None
    assert _take(governor, CONTENT, "one more", 3600) is None


steps = st.lists(
    st.tuples(st.integers(0, 4_000), st.sampled_from("abcdefgh"), st.sampled_from(PACES)), min_size=1, max_size=60
)


@settings(max_examples=60)
@given(steps=steps)
def test_no_interleaving_brings_writes_nearer_than_the_spacing(
    redis_url: str, steps: list[tuple[int, str, Pace]]
) -> None:
    governor, now = asked.governor(redis_url), NOW
    granted: list[tuple[datetime, Pace]] = []
    here = asked.fresh_installation()
    for milliseconds, target, pace in steps:
        now += timedelta(milliseconds=milliseconds)
        not_before = governor.take_turn(here, Turn(pace), target, now)
        assert not_before is None or not_before > now
        granted += [(now, pace)] if not_before is None else []
    _demand_apart([at for at, _ in granted], 1)
    _demand_apart([at for at, pace in granted if pace == "notifying"], 3)


def _demand_apart(moments: list[datetime], seconds: int) -> None:
    assert all(later - earlier >= timedelta(seconds=seconds) for earlier, later in itertools.pairwise(moments))


bursts = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 120)), min_size=5, max_size=15)


@settings(max_examples=15)
@given(bursts=bursts)
def test_no_interleaving_exceeds_the_minute_or_the_hour(redis_url: str, bursts: list[tuple[int, int]]) -> None:
    governor, now = asked.governor(redis_url, spacing=0), NOW
    granted: list[datetime] = []
    here = asked.fresh_installation()
    for seconds, count in bursts:
        now += timedelta(seconds=seconds)
        for each in range(count):
            if governor.take_turn(here, CONTENT, f"{now} {each}", now) is None:
                granted.append(now)
    for at in granted:
        assert sum(at <= other < at + MINUTE for other in granted) <= CONTENT_A_MINUTE
        assert sum(at <= other < at + HOUR for other in granted) <= CONTENT_AN_HOUR


@settings(max_examples=30)
@given(lateness=st.lists(st.integers(0, 3_000), min_size=40, max_size=40))
def test_all_who_come_again_when_they_were_told_get_their_turn_in_the_end(redis_url: str, lateness: list[int]) -> None:
    """However late each one is; and nobody has to ask very often."""
    governor, here = asked.governor(redis_url), asked.fresh_installation()
    waiting = [(NOW, number) for number in range(len(lateness))]
    asks, granted = 0, []
    while waiting:
        waiting.sort()
        now, number = waiting.pop(0)
        asks += 1
        not_before = governor.take_turn(here, QUIET, str(number), now)
        if not_before is None:
            granted.append(now)
        else:
            waiting.append((not_before + timedelta(milliseconds=lateness[number]), number))
    _demand_apart(granted, 1)
    assert len(granted) == len(lateness)
    assert asks <= 12 * len(lateness)
