"""Every request to GitHub goes by the governor, and every answer is heard: over real HTTP."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.github.answers import Unavailable, utc_now
from app.github.client import NotYet
from app.github.reader import LiveReader
from app.governor import Slot
from app.governor.governor import MOST_READINGS_AT_ONCE, MOST_REQUESTS_AT_ONCE
from tests.app.github.ground import Ground

NOBODY_THERE = "redis://127.0.0.1:1/0"


class Clock:
    """One that the test moves. It starts at the real time, by which the simulator's hours end."""

    def __init__(self) -> None:
        self.now = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock(ground: Ground) -> Clock:
    clock = Clock()
    ground.app = replace(ground.app, clock=clock)
    return clock


def _asked(ground: Ground) -> int:
    return len([one for one in ground.github.requests if "access_tokens" not in one.path])


def _refused(ground: Ground, ask: Callable[[Ground], object], code: str = "RATE_LIMITED") -> datetime | None:
    with pytest.raises(Unavailable) as trouble:
        ask(ground)
    assert trouble.value.code == code
    return trouble.value.not_before


def _status(ground: Ground) -> object:
    return LiveReader(ground.app, ground.app.clock).newest_statuses(ground.place, ground.head)


def _talk(ground: Ground) -> object:
    reader = LiveReader(ground.app, ground.app.clock)
    pull = reader.pull(ground.place, 1)
    assert pull is not None
    return reader.talk(ground.place, pull)


def _hold(ground: Ground, clock: Clock, status: int, retry_after: int | None) -> float:
    """For how many seconds a limited reading holds the next one."""
    ground.github.limit_secondary("GET", "/status$", status=status, retry_after=retry_after)
    until = _refused(ground, _status)
    asked = _asked(ground)
    assert _refused(ground, _status) == until
    assert _asked(ground) == asked
    assert until is not None
    return (until - clock.now).total_seconds()


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(("retry_after", "seconds"), [(30, 30), (None, 60)])
def test_a_limit_is_waited_for_and_nothing_is_sent_meanwhile(
    ground: Ground, clock: Clock, status: int, retry_after: int | None, seconds: int
) -> None:
    assert _hold(ground, clock, status, retry_after) == seconds
    clock.forward(seconds)
    assert _status(ground) == ()


@pytest.mark.parametrize("status", [403, 429])
def test_limits_in_a_row_are_waited_for_longer_each_time_until_a_success(
    ground: Ground, clock: Clock, status: int
) -> None:
    for seconds in (60, 120, 240):
        assert _hold(ground, clock, status, None) == seconds
        clock.forward(seconds)
    _status(ground)
    clock.forward(1)
    assert _hold(ground, clock, status, None) == 60


@pytest.mark.parametrize("status", [403, 429])
def test_a_limit_whose_answer_names_the_end_of_the_hour_lasts_until_then(
    ground: Ground, clock: Clock, status: int
) -> None:
    reset = int(clock.now.timestamp()) + 900
    headers = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(reset)}
    ground.github.fault("GET", "/status$", status, headers=headers)
    until = _refused(ground, _status)
    assert until is not None
    assert int(until.timestamp()) == reset + 1
    assert _refused(ground, _status) == until
    clock.forward(902)
    assert _status(ground) == ()


def test_a_limit_that_a_query_tells_with_200_holds_all_readings(ground: Ground, clock: Clock) -> None:
    ground.github.fail_query("RATE_LIMITED", "too much")
    until = _refused(ground, _talk)
    assert until == clock.now + timedelta(seconds=60)
    assert _refused(ground, _status) == until


def test_a_spent_hour_of_queries_holds_queries_alone(ground: Ground, clock: Clock) -> None:
    ground.github.exhaust(ground.installation, "graphql")
    until = _refused(ground, _talk)
    assert until is not None
    assert until > clock.now + timedelta(minutes=59)
    assert _status(ground) == ()


def test_a_spent_hour_is_not_asked_into(ground: Ground, clock: Clock) -> None:
    _status(ground)
    ground.github.exhaust(ground.installation)
    _refused(ground, _status)
    asked = _asked(ground)
    assert _refused(ground, _status) is not None
    with pytest.raises(NotYet):
        ground.post()
    assert _asked(ground) == asked


def test_readings_stop_before_writes_do(ground: Ground, clock: Clock) -> None:
    ground.github.limits.requests_per_hour = 20
    for _ in range(18):
        _status(ground)
    assert _refused(ground, _status) is not None
    assert ground.post().status == 201


def test_a_refused_token_holds_the_installation(ground: Ground, clock: Clock) -> None:
    ground.github.fault("POST", "/access_tokens$", 429, headers={"retry-after": "40"})
    assert _refused(ground, _status) == clock.now + timedelta(seconds=40)
    asked = len(ground.github.requests)
    clock.forward(39)
    assert _refused(ground, _status) == clock.now + timedelta(seconds=1)
    assert len(ground.github.requests) == asked
    clock.forward(1)
    assert _status(ground) == ()


@pytest.mark.parametrize("what", [200, 404, 502, "drop", 401])
def test_a_slot_is_given_back_however_the_request_ends(ground: Ground, what: int | str) -> None:
    ground.github.fault("GET", "/status$", what, times=99)
    for _ in range(3 * MOST_REQUESTS_AT_ONCE):
        with pytest.raises(Unavailable) as trouble:
            _status(ground)
        assert trouble.value.code != "RATE_LIMITED"


def test_the_eleventh_request_at_once_is_not_sent(ground: Ground) -> None:
    for _ in range(MOST_READINGS_AT_ONCE):
        assert isinstance(ground.governor.begin(ground.installation.id, "core", None, utc_now()), Slot)
    assert _refused(ground, _status) is not None
    assert _asked(ground) == 0


@pytest.mark.parametrize("ask", [_status, _talk])
def test_without_redis_nothing_is_read(ground: Ground, clock: Clock, ask: Callable[[Ground], object]) -> None:
    ground.app = replace(ground.app, governor=Ground(NOBODY_THERE).governor)
    assert _refused(ground, ask) == clock.now + timedelta(seconds=10)
    assert ground.github.requests == []


def test_without_redis_nothing_is_written_and_no_token_asked_for(ground: Ground, clock: Clock) -> None:
    ground.app = replace(ground.app, governor=Ground(NOBODY_THERE).governor)
    with pytest.raises(NotYet, match="Redis does not answer"):
        ground.post()
    assert ground.github.requests == []
