"""Slots: however many are taken, and in however many parts, no minute holds more of them than it may."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.records import slots

NOW = datetime(2026, 1, 31, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def _after(seconds: int) -> datetime:
    return NOW + timedelta(seconds=seconds)


def _most_in_a_minute(moments: Sequence[datetime]) -> int:
    return max((sum(first <= each < first + MINUTE for each in moments) for first in moments), default=0)


def test_few_are_due_at_once() -> None:
    assert slots.spread([], 3, per_minute=3, now=NOW) == (NOW, NOW, NOW)


def test_what_is_too_much_for_this_minute_is_due_in_the_next() -> None:
    assert slots.spread([], 5, per_minute=2, now=NOW) == (NOW, NOW, _after(60), _after(60), _after(120))


def test_what_was_taken_before_counts() -> None:
    assert slots.spread([_after(-59), _after(-1)], 2, per_minute=2, now=NOW) == (_after(1), _after(59))


def test_what_was_taken_for_later_comes_first() -> None:
    assert slots.spread([_after(90), _after(90)], 1, per_minute=3, now=NOW) == (_after(90),)


@given(
    st.integers(1, 7),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 150)), max_size=8),
)
def test_no_minute_holds_more_than_it_may(per_minute: int, bursts: list[tuple[int, int]]) -> None:
    taken: list[datetime] = []
    now = NOW
    for count, seconds in bursts:
        recent = [moment for moment in taken if moment > now - MINUTE][-per_minute:]
        found = slots.spread(recent, count, per_minute=per_minute, now=now)
        assert all(moment >= now for moment in found)
        taken += found
        now += timedelta(seconds=seconds)
    assert taken == sorted(taken)
    assert _most_in_a_minute(taken) <= per_minute


@given(st.integers(1, 7), st.integers(0, 30))
def test_nobody_waits_longer_than_needed(per_minute: int, count: int) -> None:
    found = slots.spread([], count, per_minute=per_minute, now=NOW)
    assert found == tuple(NOW + index // per_minute * MINUTE for index in range(count))
