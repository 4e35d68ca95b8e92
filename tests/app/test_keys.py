"""Claims: one request at a time, remembered when confirmed, given back when not, and never waited for."""

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from app.embedded import redis as embedded_redis
from app.keys import KEPT_SECONDS, LEASE_SECONDS, PREFIX, Claimed, Keys, KeysUnavailable, Refused

KEY = "1:guid:digest"
BOUND_SECONDS = 1.5


@pytest.fixture
def keys(redis_db: str) -> Keys:
    return Keys(redis_db)


@pytest.fixture
def frozen_redis(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """The URL and process id of a Redis that a test may stop; it goes on at the end."""
    with embedded_redis.running(tmp_path / "redis", durable=False) as url:
        with redis.Redis.from_url(url, decode_responses=True) as client:
            process_id = int(client.info("server")["process_id"])
        yield url, process_id
        os.kill(process_id, signal.SIGCONT)


def test_it_lets_the_first_claim_through_and_no_second(keys: Keys) -> None:
    assert isinstance(keys.claim(KEY), Claimed)
    assert keys.claim(KEY) is Refused.IN_FLIGHT
    assert isinstance(keys.claim("2:guid:digest"), Claimed)


def test_it_remembers_a_confirmed_delivery(keys: Keys, redis_db: str) -> None:
    claim = keys.claim(KEY)
    assert isinstance(claim, Claimed)
    assert keys.confirm(KEY, claim.token)
    assert keys.claim(KEY) is Refused.ALREADY_DONE
    assert KEPT_SECONDS - 5 <= _seconds_left(redis_db) <= KEPT_SECONDS


def test_it_gives_a_claim_back(keys: Keys) -> None:
    claim = keys.claim(KEY)
    assert isinstance(claim, Claimed)
    assert keys.release(KEY, claim.token)
    assert isinstance(keys.claim(KEY), Claimed)


def test_a_claim_lapses_by_itself(keys: Keys, redis_db: str) -> None:
    keys.claim(KEY)
    assert 0 < _seconds_left(redis_db) <= LEASE_SECONDS


def test_another_s_token_neither_releases_nor_confirms(keys: Keys) -> None:
    keys.claim(KEY)
    assert not keys.release(KEY, "another")
    assert not keys.confirm(KEY, "another")
    assert keys.claim(KEY) is Refused.IN_FLIGHT


def test_a_confirmation_after_the_lease_has_lapsed_still_counts(keys: Keys) -> None:
    assert keys.confirm(KEY, "lapsed")
    assert keys.claim(KEY) is Refused.ALREADY_DONE


def test_a_done_delivery_cannot_be_released(keys: Keys) -> None:
    claim = keys.claim(KEY)
    assert isinstance(claim, Claimed)
    keys.confirm(KEY, claim.token)
    assert not keys.release(KEY, claim.token)
    assert keys.claim(KEY) is Refused.ALREADY_DONE


def test_it_says_so_when_nothing_listens() -> None:
    with pytest.raises(KeysUnavailable):
        Keys("redis://127.0.0.1:1/0").claim(KEY)


@pytest.mark.parametrize("warm", ["warm", "cold"])
def test_it_does_not_wait_for_a_stopped_redis(frozen_redis: tuple[str, int], warm: str) -> None:
    url, process_id = frozen_redis
    keys = Keys(url)
    if warm == "warm":
        keys.ping()
    os.kill(process_id, signal.SIGSTOP)
    started_at = time.monotonic()
    with pytest.raises(KeysUnavailable):
        keys.claim(KEY)
    assert time.monotonic() - started_at < BOUND_SECONDS


def test_a_claim_that_a_stopped_redis_carries_out_later_does_not_stand(
    frozen_redis: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, process_id = frozen_redis
    keys = Keys(url)
    keys.claim("another")
    read = keys._read_clock

    def read_and_stop() -> int:
        now = read()
        os.kill(process_id, signal.SIGSTOP)
        return now

    monkeypatch.setattr(keys, "_read_clock", read_and_stop)
    with pytest.raises(KeysUnavailable):
        keys.claim(KEY)
    os.kill(process_id, signal.SIGCONT)
    assert isinstance(Keys(url).claim(KEY), Claimed)


def _seconds_left(url: str) -> int:
    with redis.Redis.from_url(url) as client:
        return int(client.ttl(PREFIX + KEY))
