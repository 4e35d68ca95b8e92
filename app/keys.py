"""Claims on deliveries in Redis: a first, fast filter of duplicates whose truth is the unique key in Postgres."""

import secrets
from enum import Enum
from typing import NamedTuple

import redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

LEASE_SECONDS = 5
"""How long a claim without confirmation stands: over the receiver's deadline, under a redelivery by hand."""

KEPT_SECONDS = 8 * 24 * 3600
"""How long a confirmed delivery is remembered: longer than GitHub redelivers (3 days, 7 on Enterprise Server)."""

SOCKET_TIMEOUT_SECONDS = 0.5
HEALTH_CHECK_SECONDS = 30
TOKEN_BYTES = 16
PREFIX = "delivery:"
DONE = "done"
LATE = "late"

_CLAIM = """
local now = redis.call('TIME')
if now[1] * 1000 + now[2] / 1000 > tonumber(ARGV[3]) then return 'late' end
local held = redis.call('GET', KEYS[1])
if held then return held end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
return ARGV[1]
"""

_CONFIRM = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
"""

_RELEASE = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])
"""


class KeysUnavailable(Exception):
    """Redis did not answer in time, or answered nonsense; whether it did what was asked is unknown."""


class Claimed(NamedTuple):
    """The delivery is ours to enqueue until the lease lapses; `token` proves it."""

    token: str


class Refused(Enum):
    """Why there is no claim: the delivery was confirmed before, or another request is at it."""

    ALREADY_DONE = "already_done"
    IN_FLIGHT = "in_flight"


class Keys:
    """The claims kept in one Redis. Connections are pooled by redis-py, which notices a fork."""

    def __init__(self, redis_url: str, *, socket_timeout_seconds: float = SOCKET_TIMEOUT_SECONDS) -> None:
        self._client = redis.Redis.from_url(
            redis_url,
            decode_responses=True,
            socket_timeout=socket_timeout_seconds,
            socket_connect_timeout=socket_timeout_seconds,
            health_check_interval=HEALTH_CHECK_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._patience = int(socket_timeout_seconds * 1000)
        self._claim = self._client.register_script(_CLAIM)
        self._confirm = self._client.register_script(_CONFIRM)
        self._release = self._client.register_script(_RELEASE)

    def claim(self, delivery_key: str) -> Claimed | Refused:
        """Claim a delivery for `LEASE_SECONDS`. Raises `KeysUnavailable`, as all methods do.

        A Redis that was stopped carries out what it was sent meanwhile. So that no claim comes into being that nobody
        waits for any more, it is good only for a moment, by the clock of Redis itself.
        """
        token, until = secrets.token_hex(TOKEN_BYTES), self._read_clock() + self._patience
        held = self._run(self._claim, delivery_key, token, LEASE_SECONDS, until)
        if held == LATE:
            raise KeysUnavailable("Late")
        if held == token:
            return Claimed(token)
        return Refused.ALREADY_DONE if held == DONE else Refused.IN_FLIGHT

    def confirm(self, delivery_key: str, token: str) -> bool:
        """Remember a delivery as enqueued; `False` if the lease has lapsed and another request has claimed it since."""
        return self._run(self._confirm, delivery_key, token, DONE, KEPT_SECONDS) == 1

    def release(self, delivery_key: str, token: str) -> bool:
        """Give a claim back; `False` if it was not held any more."""
        return self._run(self._release, delivery_key, token) == 1

    def ping(self) -> None:
        """Raise `KeysUnavailable` unless Redis answers."""
        try:
            self._client.ping()
        except redis.RedisError as failure:
            raise KeysUnavailable(type(failure).__name__) from failure

    def _read_clock(self) -> int:
        """The time of Redis in milliseconds."""
        try:
            seconds, microseconds = self._client.time()
        except (redis.RedisError, OSError) as failure:
            raise KeysUnavailable(type(failure).__name__) from failure
        return int(seconds) * 1000 + int(microseconds) // 1000

    def _run(self, script: Script, delivery_key: str, *arguments: str | int) -> object:
        try:
            return script(keys=[PREFIX + delivery_key], args=arguments)
        except (redis.RedisError, OSError) as failure:
            raise KeysUnavailable(type(failure).__name__) from failure
