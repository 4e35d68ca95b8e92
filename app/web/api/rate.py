"""How many requests a minute each token may make, counted in Redis over all processes."""

import time

import redis
from limits import RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import SlidingWindowCounterRateLimiter

PREFIX = "mergegate:api"


class RateUnavailable(Exception):
    """Redis did not answer, so nothing is known of the rate."""


class Rate:
    """The rate of one Redis."""

    def __init__(self, redis_url: str, client: "redis.Redis", requests_per_minute: int) -> None:
        storage = RedisStorage(redis_url, connection_pool=client.connection_pool, key_prefix=PREFIX)
        self._window = SlidingWindowCounterRateLimiter(storage)
        self._item = RateLimitItemPerMinute(requests_per_minute)

    def take(self, token_id: str) -> int | None:
        """Take one request; where none is left, in how many seconds there may be one. Raises `RateUnavailable`."""
        try:
            if self._window.hit(self._item, token_id):
                return None
            reset_at = self._window.get_window_stats(self._item, token_id).reset_time
        except redis.RedisError as trouble:
            raise RateUnavailable from trouble
        return max(1, int(reset_at - time.time()) + 1)
