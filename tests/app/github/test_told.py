"""What answers tell of GitHub's limits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.github import told
from app.governor import Budget, Told

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
RESET = int(NOW.timestamp()) + 1800
SPENT = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": str(RESET)}
RESETS_AT = NOW + timedelta(seconds=1801)


def _read(status: int, headers: dict[str, str], document: Any = None) -> Told:
    return told.read(status, headers, document, "core", NOW)


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(("said", "seconds"), [("7", 7), ("0", 1), ("999999999", 6 * 3600)])
def test_it_waits_as_long_as_it_is_told(status: int, said: str, seconds: int) -> None:
    assert _read(status, {"retry-after": said}) == Told(limited=True, wait_seconds=seconds)


@pytest.mark.parametrize("status", [403, 429])
def test_a_spent_hour_is_a_limit_and_a_budget(status: int) -> None:
    assert _read(status, SPENT) == Told(limited=True, budget=Budget("core", 5000, 0, RESETS_AT))


@pytest.mark.parametrize(
    ("status", "headers", "message"),
    [
        (429, {}, ""),
        (429, {"retry-after": "soon"}, ""),
        (429, {"retry-after": "9" * 50}, ""),
        (403, {}, "You have exceeded a secondary rate limit"),
        (403, {**SPENT, "x-ratelimit-reset": str(RESET - 3600)}, ""),
        (403, {**SPENT, "x-ratelimit-reset": "9" * 11}, ""),
    ],
)
def test_a_limit_that_names_no_time_is_one_all_the_same(status: int, headers: dict[str, str], message: str) -> None:
    assert _read(status, headers, {"message": message}) == Told(limited=True)


@pytest.mark.parametrize("status", [200, 201, 304, 403, 404, 422, 500])
def test_what_is_no_limit_is_not_waited_for(status: int) -> None:
    found = _read(status, {**SPENT, "x-ratelimit-remaining": "50"}, {"message": "Forbidden"})
    assert found == Told(served=status < 400, budget=Budget("core", 5000, 50, RESETS_AT))


@pytest.mark.parametrize(
    "error",
    [{"type": "RATE_LIMIT"}, {"type": "RATE_LIMITED"}, {"message": "API rate limit already exceeded for installation"}],
)
def test_a_query_says_it_with_200(error: dict[str, str]) -> None:
    headers = {**SPENT, "x-ratelimit-resource": "graphql"}
    found = told.read(200, headers, {"errors": [1, error]}, "graphql", NOW)
    assert found == Told(limited=True, budget=Budget("graphql", 5000, 0, RESETS_AT))


@pytest.mark.parametrize("document", [{"errors": [{"type": "NOT_FOUND"}]}, {"errors": "rate limit"}, [], None])
def test_another_error_of_a_query_is_no_limit(document: Any) -> None:
    assert told.read(200, {}, document, "graphql", NOW) == Told(served=True)


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-resource": "search"},
        {"x-ratelimit-remaining": "-1"},
        {"x-ratelimit-remaining": "many"},
        {"x-ratelimit-reset": ""},
        {"x-ratelimit-reset": str(RESET - 1800)},
    ],
)
def test_a_budget_that_can_t_be_believed_is_none(headers: dict[str, str]) -> None:
    assert _read(200, {**SPENT, **headers}).budget is None


@pytest.mark.parametrize(
    ("status", "headers", "wanted"),
    [
        (403, SPENT, Told(limited=True, wait_seconds=1802)),
        (429, {**SPENT, "retry-after": "5"}, Told(limited=True, wait_seconds=5)),
        (429, {}, Told(limited=True)),
        (404, SPENT, Told()),
    ],
)
def test_the_hour_of_the_app_is_not_the_installation_s(status: int, headers: dict[str, str], wanted: Told) -> None:
    assert told.refused_token(status, headers, None, NOW) == wanted
