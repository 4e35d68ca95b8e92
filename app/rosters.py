"""Who is in a team or an organization, kept in Redis for a short time and dropped when GitHub says that it changed.

It is never a reason to fail, nor to say yes: where Redis does not answer, GitHub is asked. Only `drop` must succeed.
"""

import json
from dataclasses import dataclass
from uuid import uuid4

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

ROSTER_SECONDS = 60
"""Long enough that the pull requests of one event share a list, short enough for a webhook that never came."""
GENERATION_SECONDS = 86_400
SOCKET_TIMEOUT_SECONDS = 2.0
PREFIX = "mergegate:roster"


class RostersUnavailable(Exception):
    """Redis did not answer, so what it keeps could not be dropped; the event must be handled again."""


@dataclass(frozen=True)
class Roster:
    """The members of one team (with those of its child teams) or organization; None: too many to be listed."""

    members: tuple[str, ...] | None

    def has(self, login: str) -> bool:
        """Whether this login is in the list, which must be one. GitHub's logins are the same in any case."""
        return login.lower() in tuple(member.lower() for member in self.members or ())


class Rosters:
    """The rosters of one Redis, shared by all processes.

    A roster is kept under its organization's generation, a random word that `drop` deletes. Whoever asks GitHub took
    the word before, so what was read before a drop is kept where nobody looks after it.
    """

    def __init__(self, redis_url: str) -> None:
        self._redis = redis.Redis.from_url(
            redis_url,
            socket_timeout=SOCKET_TIMEOUT_SECONDS,
            socket_connect_timeout=SOCKET_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )

    def place(self, installation_id: int, group: str) -> str | None:
        """Where the roster of `org` or `org/team` is kept; to be asked for before GitHub is. None: Redis is away."""
        generation_key = _generation_key(installation_id, group.partition("/")[0])
        try:
            self._redis.set(generation_key, uuid4().hex, nx=True, ex=GENERATION_SECONDS)
            generation = self._redis.get(generation_key)
        except redis.RedisError:
            return None
        return f"{PREFIX}:{generation.decode()}:{group.lower()}" if isinstance(generation, bytes) else None

    def find(self, place: str | None) -> Roster | None:
        """What is kept there; None where nothing is."""
        if place is None:
            return None
        try:
            kept = self._redis.get(place)
        except redis.RedisError:
            return None
        return _read(kept) if isinstance(kept, bytes) else None

    def keep(self, place: str | None, roster: Roster) -> None:
        """Keep it for a while, if Redis is there."""
        if place is None:
            return
        try:
            self._redis.set(place, json.dumps(roster.members), ex=ROSTER_SECONDS)
        except redis.RedisError:
            return

    def drop(self, installation_id: int, organization: str) -> None:
        """Forget an organization's members and those of all its teams, since a child team's belong to its parents too.

        Raise `RostersUnavailable` where that can't be done.
        """
        try:
            self._redis.delete(_generation_key(installation_id, organization))
        except redis.RedisError as trouble:
            raise RostersUnavailable from trouble


def _generation_key(installation_id: int, organization: str) -> str:
    return f"{PREFIX}:generation:{installation_id}:{organization.lower()}"


def _read(kept: bytes) -> Roster | None:
    """None where it is not what was kept."""
    try:
        members = json.loads(kept)
    except ValueError:
        return None
    return Roster(members if members is None else tuple(members)) if isinstance(members, list | None) else None
