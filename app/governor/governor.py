"""Hand out turns and slots by scripts that Redis runs as one step; every moment is handed in, none is asked of Redis.

Whoever asks is granted at once or told a time before which it is of no use to ask again. Nobody sleeps.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Self
from uuid import uuid4

import redis
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

from app.governor.terms import Budget, Pace, Resource, Seen, Slot, Told, Turn
from app.settings import Settings

CONTENT_A_MINUTE = 80
CONTENT_AN_HOUR = 500
MOST_REQUESTS_AT_ONCE = 10
MOST_READINGS_AT_ONCE = 9
"""Readings leave a slot to a write."""
SLOT_MARGIN_SECONDS = 6
"""A killed process keeps its slot for so much longer than a token and a request may take together."""
SLOT_WAIT_SECONDS = 1
RESERVED_REQUESTS = 500
RESERVED_SHARE = 10
"""Readings leave so many requests of the hour to writes, or a tenth where that is less."""
FIRST_WAIT_SECONDS = 60
LONGEST_WAIT_SECONDS = 6 * 3600
DOWN_SECONDS = 10
"""How long to wait before Redis is asked again after it gave no answer."""
SOCKET_TIMEOUT_SECONDS = 2.0
PREFIX = "mergegate:governor"
RESOURCES: tuple[Resource, ...] = ("core", "graphql")
PACES: tuple[Pace, ...] = ("unseen", "quiet", "content", "notifying")
OF_CONTENT: tuple[Pace, ...] = ("content", "notifying")
THE_APP = "app"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class LimitsUnavailable(Exception):
    """Redis did not answer, so nothing is known of the limits: nothing may leave."""


class Governor:
    """The limits of one Redis. Every method raises `LimitsUnavailable`."""

    def __init__(
        self,
        redis_url: str,
        *,
        evaluations_per_minute: int,
        write_spacing_seconds: int,
        notifying_spacing_seconds: int,
        request_seconds: int,
    ) -> None:
        self._redis = redis.Redis.from_url(
            redis_url,
            socket_timeout=SOCKET_TIMEOUT_SECONDS,
            socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        self._evaluations_per_minute = evaluations_per_minute
        self._slot_seconds = 2 * request_seconds + SLOT_MARGIN_SECONDS
        self._spacing = {
            "unseen": write_spacing_seconds,
            "quiet": write_spacing_seconds,
            "content": write_spacing_seconds,
            "notifying": notifying_spacing_seconds,
        }
        self._take_evaluation = self._script("take_evaluation")
        self._take_turn = self._script("take_turn")
        self._begin = self._script("begin")
        self._end = self._script("end")

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The one with the limits of the settings."""
        return cls(
            settings.redis_url,
            evaluations_per_minute=settings.evaluations_per_minute,
            write_spacing_seconds=settings.write_spacing_seconds,
            notifying_spacing_seconds=settings.notifying_spacing_seconds,
            request_seconds=settings.github_timeout_seconds,
        )

    def take_evaluation(self, installation_id: int, now: datetime, most: int | None = None) -> datetime | None:
        """Take one evaluation from an installation's minute; where none is left, when there will be one again.

        `most`: how many the minute has, unless it is as many as there always are.
        """
        ask = {
            "now": _stamp(now),
            "most": most or self._evaluations_per_minute,
            "length": _stretch(60),
            "id": uuid4().hex,
        }
        return self._run(self._take_evaluation, _keys(installation_id, "evaluations"), ask)

    def take_turn(self, installation_id: int, turn: Turn, target: str, now: datetime) -> datetime | None:
        """Take the turn to write to a target; where it is not its turn yet, when it will be.

        The target then has that place in the line of its pace, until it comes back for it. A turn that is taken and
        not used is lost, and does no other harm.
        """
        return self._turn(installation_id, turn, target, now, take=True)

    def next_turn(self, installation_id: int, turn: Turn, target: str, now: datetime) -> datetime | None:
        """What `take_turn` would answer, with nothing taken and no place kept."""
        return self._turn(installation_id, turn, target, now, take=False)

    def _turn(self, installation_id: int, turn: Turn, target: str, now: datetime, *, take: bool) -> datetime | None:
        names = ("hold", f"budget:{turn.resource}", "written", "content", f"line:{turn.pace}")
        ask = {
            "now": _stamp(now),
            "target": target,
            "pace": turn.pace,
            "id": uuid4().hex,
            "take": take,
            "spacing": _stretch(self._spacing["quiet"]),
            "own_spacing": _stretch(self._spacing[turn.pace]),
            "windows": WINDOWS if turn.pace in OF_CONTENT else [],
        }
        return self._run(self._take_turn, _keys(installation_id, *names), ask)

    def begin(
        self, installation_id: int | None, resource: Resource, pace: Pace | None, now: datetime
    ) -> Slot | datetime:
        """Begin one request, a write at its pace or a reading (None); or a time before which it may not begin."""
        slot = Slot(installation_id, resource, uuid4().hex, now, is_write=pace is not None)
        ask = {
            "now": _stamp(now),
            "slot": slot.token,
            "lease": _stretch(self._slot_seconds),
            "wait": _stretch(SLOT_WAIT_SECONDS),
            "most": MOST_READINGS_AT_ONCE if pace is None else MOST_REQUESTS_AT_ONCE,
            **({} if pace is None else {"pace": pace}),
        }
        not_before = self._run(
            self._begin, _keys(installation_id, "slots", "hold", f"budget:{resource}", "written"), ask
        )
        return not_before or slot

    def end(self, slot: Slot, told: Told, now: datetime) -> datetime | None:
        """Give the slot back and keep what the answer told; where it was a limit, until when to wait."""
        ask = {
            "now": _stamp(now),
            "slot": slot.token,
            "begun": _stamp(slot.begun_at),
            "write": slot.is_write,
            "installation": _name(slot.installation_id),
            "served": told.served,
            "limited": told.limited,
            "first": _stretch(FIRST_WAIT_SECONDS),
            "longest": _stretch(LONGEST_WAIT_SECONDS),
        }
        if told.wait_seconds is not None:
            ask["wait"] = _stretch(told.wait_seconds)
        if told.budget is not None:
            ask["budget"] = _budget(told.budget)
        resource = slot.resource if told.budget is None else told.budget.resource
        keys = [*_keys(slot.installation_id, "slots", "hold", f"budget:{resource}"), f"{PREFIX}:installations"]
        return self._run(self._end, keys, ask)

    def seen(self, now: datetime) -> tuple[Seen, ...]:
        """What is known of each installation that was asked about within the hour."""
        since = _stamp(now - timedelta(hours=1))
        try:
            names = self._redis.zrangebyscore(f"{PREFIX}:installations", since, "+inf")
            return tuple(self._one_seen(str(name), _stamp(now)) for name in names)
        except redis.RedisError as trouble:
            raise LimitsUnavailable from trouble

    def _one_seen(self, name: str, now: int) -> Seen:
        with self._redis.pipeline(transaction=False) as asked:
            asked.hget(f"{PREFIX}:{name}:hold", "until")
            asked.zcount(f"{PREFIX}:{name}:slots", now, "+inf")
            for resource in RESOURCES:
                asked.hget(f"{PREFIX}:{name}:budget:{resource}", "remaining")
            for pace in PACES:
                asked.zcount(f"{PREFIX}:{name}:line:{pace}", now, "+inf")
            until, under_way, *counts = asked.execute()
        left = {one: int(count) for one, count in zip(RESOURCES, counts, strict=False) if count is not None}
        held = None if until is None or int(until) <= now else _moment(int(until))
        return Seen(name, held, left, int(under_way), sum(counts[len(RESOURCES) :]))

    def _script(self, name: str) -> Script:
        text = resources.files("app.governor").joinpath(f"scripts/{name}.lua").read_text(encoding="utf-8")
        return self._redis.register_script(text)

    def _run(self, script: Script, keys: list[str], ask: Mapping[str, object]) -> datetime | None:
        """None where it was granted, else the time."""
        try:
            not_before = int(script(keys=keys, args=[json.dumps(ask)]))
        except redis.RedisError as trouble:
            raise LimitsUnavailable from trouble
        return _moment(not_before) if not_before else None


def _keys(installation_id: int | None, *names: str) -> list[str]:
    return [f"{PREFIX}:{_name(installation_id)}:{name}" for name in names]


def _name(installation_id: int | None) -> str:
    return THE_APP if installation_id is None else str(installation_id)


def _budget(said: Budget) -> dict[str, int]:
    reserve = min(RESERVED_REQUESTS, said.limit // RESERVED_SHARE)
    return {"remaining": said.remaining, "reset": _stamp(said.resets_at), "reserve": reserve}


def _stamp(moment: datetime) -> int:
    """Microseconds since the epoch; Lua's numbers hold them exactly."""
    return (moment - EPOCH) // MICROSECOND


def _stretch(seconds: int) -> int:
    return seconds * 1_000_000


WINDOWS = [[CONTENT_A_MINUTE, _stretch(60)], [CONTENT_AN_HOUR, _stretch(3600)]]


def _moment(stamp: int) -> datetime:
    return EPOCH + timedelta(microseconds=stamp)
