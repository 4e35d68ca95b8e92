"""How often we may: evaluations a minute and installation, and when GitHub lets us write again. Kept in Redis.

Redis unreachable means no: both raise `LimitsUnavailable`.
"""

from datetime import UTC, datetime, timedelta

import redis
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.backoff import NoBackoff
from redis.retry import Retry

SOCKET_TIMEOUT_SECONDS = 2.0
PREFIX = "mergegate"


class LimitsUnavailable(Exception):
    """Redis did not answer, so nothing is known of the limits."""


class Limits:
    """The limits of one Redis, shared by all processes."""

    def __init__(self, redis_url: str, evaluations_per_minute: int) -> None:
        self._redis = redis.Redis.from_url(
            redis_url,
            socket_timeout=SOCKET_TIMEOUT_SECONDS,
            socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        storage = RedisStorage(redis_url, connection_pool=self._redis.connection_pool, key_prefix=f"{PREFIX}:limits")
        self._window = MovingWindowRateLimiter(storage)
        self._evaluations = RateLimitItemPerMinute(evaluations_per_minute)

    def take_evaluation(self, installation_id: int) -> datetime | None:
        """Take one evaluation from an installation's minute; where none is left, when there will be one again."""
        try:
            if self._window.hit(self._evaluations, "evaluations", str(installation_id)):
                return None
            stats = self._window.get_window_stats(self._evaluations, "evaluations", str(installation_id))
        except redis.RedisError as trouble:
            raise LimitsUnavailable from trouble
        return datetime.fromtimestamp(stats.reset_time, UTC) + timedelta(seconds=1)

    def hold_writes(self, installation_id: int, until: datetime, now: datetime) -> None:
        """No write of this installation before `until`, or before a later time that is known already."""
        held_until = self.writes_held_until(installation_id)
        if held_until is not None and held_until > until:
            return
        milliseconds = max(1, int((until - now).total_seconds() * 1000))
        try:
            self._redis.set(_hold_key(installation_id), until.isoformat(), px=milliseconds)
        except redis.RedisError as trouble:
            raise LimitsUnavailable from trouble

    def writes_held_until(self, installation_id: int) -> datetime | None:
        """Until when this installation's writes are held; None where they are not."""
        try:
            held = self._redis.get(_hold_key(installation_id))
        except redis.RedisError as trouble:
            raise LimitsUnavailable from trouble
        return datetime.fromisoformat(held.decode()) if isinstance(held, bytes) else None


def _hold_key(installation_id: int) -> str:
    return f"{PREFIX}:hold:{installation_id}"
