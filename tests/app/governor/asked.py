"""A governor with GitHub's own numbers, and moments to ask it at."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from app.governor import Governor, Resource, Slot, Told, Turn

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HERE = 5
REQUEST_SECONDS = 12
QUIET, CONTENT, NOTIFYING = Turn("quiet"), Turn("content"), Turn("notifying")


def governor(redis_url: str, *, spacing: int = 1, notifying: int = 3, evaluations: int = 100) -> Governor:
    return Governor(
        redis_url,
        evaluations_per_minute=evaluations,
        write_spacing_seconds=spacing,
        notifying_spacing_seconds=notifying,
        request_seconds=REQUEST_SECONDS,
    )


def after(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def end(one: Governor, told: Told, now: datetime, resource: Resource = "core") -> datetime | None:
    """Until when we are limited by a request that began a moment ago and has told this."""
    slot = Slot(HERE, resource, "under way already", now - timedelta(milliseconds=1))
    return one.end(slot, told, now)


def fresh_installation() -> int:
    """One that nobody has asked for yet."""
    return uuid4().int
