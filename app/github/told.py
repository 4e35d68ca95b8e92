"""What an answer tells of GitHub's limits: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api.

`retry-after`, else the end of the hour where nothing remains of it, else that it is a limit and no more. A 403 that is
none of these is a lack of permission. GraphQL says it with 200, too:
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from app.governor import Budget, Resource, Told

OK, FORBIDDEN, TOO_MANY = 200, 403, 429
SUCCESSES = range(200, 400)
LONGEST_HOUR_SECONDS = 6 * 3600
LONGEST_WAIT_SECONDS = 6 * 3600
SECONDARY_LIMIT_SECONDS = 60
RESET_MARGIN_SECONDS = 1
"""It is named in whole seconds, and clocks differ."""
MOST_REQUESTS = 1_000_000_000
RESOURCES: dict[str, Resource] = {"core": "core", "graphql": "graphql"}


def read(status: int, headers: Mapping[str, str], document: Any, asked: Resource, now: datetime) -> Told:
    """What this answer to a request of a resource tells."""
    limited = _is_limit(status, headers, document)
    return Told(
        served=status in SUCCESSES and not limited,
        limited=limited,
        wait_seconds=_wait_seconds(headers) if limited else None,
        budget=_budget(headers, asked, now),
    )


def refused_token(status: int, headers: Mapping[str, str], document: Any, now: datetime) -> Told:
    """What the refusal of an installation token tells: the hour it names is the App's, and no budget of ours."""
    told = read(status, headers, document, "core", now)
    if not told.limited or told.wait_seconds is not None or told.budget is None or told.budget.remaining > 0:
        return Told(limited=told.limited, wait_seconds=told.wait_seconds)
    return Told(limited=True, wait_seconds=int((told.budget.resets_at - now).total_seconds()) + 1)


def _is_limit(status: int, headers: Mapping[str, str], document: Any) -> bool:
    if status == TOO_MANY:
        return True
    if status == FORBIDDEN:
        return _integer(headers.get("retry-after")) is not None or _is_spent(headers) or _says_limit(document)
    return status == OK and any(_is_limit_error(error) for error in _errors(document))


def _wait_seconds(headers: Mapping[str, str]) -> int | None:
    named = _integer(headers.get("retry-after"))
    return None if named is None else min(max(named, 1), LONGEST_WAIT_SECONDS)


def _is_spent(headers: Mapping[str, str]) -> bool:
    return headers.get("x-ratelimit-remaining") == "0" and _integer(headers.get("x-ratelimit-reset")) is not None


def _says_limit(document: Any) -> bool:
    return isinstance(document, dict) and "rate limit" in str(document.get("message", "")).lower()


def _errors(document: Any) -> list[dict[str, Any]]:
    found = document.get("errors") if isinstance(document, dict) else None
    return [error for error in found if isinstance(error, dict)] if isinstance(found, list) else []


def _is_limit_error(error: dict[str, Any]) -> bool:
    return error.get("type") in ("RATE_LIMIT", "RATE_LIMITED") or _says_limit(error)


def _budget(headers: Mapping[str, str], asked: Resource, now: datetime) -> Budget | None:
    """None where it says nothing that can be believed, and of resources that we don't use."""
    resource = RESOURCES.get(headers.get("x-ratelimit-resource", asked))
    limit, remaining, reset = (_integer(headers.get(f"x-ratelimit-{name}")) for name in ("limit", "remaining", "reset"))
    if resource is None or remaining is None or reset is None:
        return None
    seconds = reset - int(now.timestamp())
    if not 0 < seconds <= LONGEST_HOUR_SECONDS:
        return None
    resets_at = datetime.fromtimestamp(reset + RESET_MARGIN_SECONDS, UTC)
    return Budget(resource, min(limit or 0, MOST_REQUESTS), min(remaining, MOST_REQUESTS), resets_at)


def _integer(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 12 else None
