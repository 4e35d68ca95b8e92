"""The limits in Redis: shared by all processes, and a no where Redis does not answer."""

from datetime import UTC, datetime, timedelta

import pytest

from app.limits import Limits, LimitsUnavailable

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOBODY_THERE = "redis://127.0.0.1:1/0"


def test_the_evaluations_of_a_minute_are_counted_for_each_installation(redis_db: str) -> None:
    limits = Limits(redis_db, 2)
    assert [limits.take_evaluation(5) for _ in range(2)] == [None, None]
    not_before = limits.take_evaluation(5)
    assert not_before is not None
    assert timedelta(0) < not_before - datetime.now(UTC) <= timedelta(seconds=62)
    assert limits.take_evaluation(6) is None


def test_two_processes_share_one_minute(redis_db: str) -> None:
    assert Limits(redis_db, 1).take_evaluation(5) is None
    assert Limits(redis_db, 1).take_evaluation(5) is not None


def test_writes_are_held_for_one_installation_until_a_time(redis_db: str) -> None:
    limits = Limits(redis_db, 1)
    until = NOW + timedelta(seconds=30)
    limits.hold_writes(5, until, NOW)
    assert limits.writes_held_until(5) == until
    assert limits.writes_held_until(6) is None


@pytest.mark.parametrize(
    "ask",
    [
        lambda limits: limits.take_evaluation(5),
        lambda limits: limits.writes_held_until(5),
        lambda limits: limits.hold_writes(5, NOW, NOW),
    ],
)
def test_without_redis_every_answer_is_no(ask: object) -> None:
    with pytest.raises(LimitsUnavailable):
        ask(Limits(NOBODY_THERE, 1))  # type: ignore[operator]
