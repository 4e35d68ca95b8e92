"""Writes of every kind end the same way, whatever GitHub does to them: once, or not at all and with a reason."""

from typing import Any

import pytest

from tests.tasks.house import House
from tests.tasks.outcomes import fault, intents, outcomes, written
from tests.tasks.wishes import AT, WISHES, prepare, wish

GITHUB_SECONDS = 1
"""How long we wait for GitHub where a test has it say nothing."""

pytestmark = pytest.mark.matrix


@pytest.fixture(params=WISHES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("what", [502, 204, "cut", "drop", "hang"])
def test_an_effect_behind_an_answer_that_tells_nothing_is_read_back_and_not_repeated(
    house: House, name: str, what: int | str
) -> None:
    prepare(house, name)
    house.with_settings(github_timeout_seconds=GITHUB_SECONDS)
    fault(house, name, what, when="after")
    house.work()
    assert intents(house, name) == ["sent"]
    house.clock.forward(5)
    house.sweep()
    assert (len(written(house, name)), outcomes(house, name)) == (1, ["written"])


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, {}), (201, {"id": "1", "sha": 7, "number": "1", "data": []}), (200, {"errors": [{"type": "?"}]})],
)
def test_an_effect_behind_a_body_that_is_not_understood_is_read_back_and_not_repeated(
    house: House, name: str, status: int, body: dict[str, Any]
) -> None:
    prepare(house, name)
    fault(house, name, status, when="after", body=body)
    house.work()
    house.clock.forward(5)
    house.sweep()
    assert (len(written(house, name)), outcomes(house, name)) == (1, ["written"])


@pytest.mark.parametrize("what", [502, 202, "drop", "hang"])
def test_without_effect_it_is_made_again_once_that_is_certain(house: House, name: str, what: int | str) -> None:
    prepare(house, name)
    house.with_settings(github_timeout_seconds=GITHUB_SECONDS)
    fault(house, name, what, when="before")
    house.work()
    house.clock.forward(5)
    house.sweep()
    assert written(house, name) == []
    house.clock.forward(house.context.settings.settle_seconds)
    house.sweep()
    assert (len(written(house, name)), outcomes(house, name)) == (1, ["absent", "written"])


@pytest.mark.parametrize("status", [307, 403, 404, 409, 410, 422])
def test_a_definite_refusal_is_recorded_and_not_repeated(house: House, name: str, status: int) -> None:
    prepare(house, name)
    fault(house, name, status, when="before")
    house.work()
    wish(house, name)
    house.clock.forward(600)
    house.sweep()
    assert (written(house, name), outcomes(house, name)) == ([], ["refused"])


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize(("retry_after", "seconds"), [(30, 30), (None, 60)])
def test_a_limit_puts_it_off_and_then_it_is_made_once(
    house: House, name: str, status: int, retry_after: int | None, seconds: int
) -> None:
    prepare(house, name)
    house.github.limit_secondary(*AT[name], status=status, retry_after=retry_after)
    house.work()
    assert (intents(house, name), outcomes(house, name)) == (["pending"], ["limited"])
    house.clock.forward(seconds - 1)
    house.sweep()
    assert written(house, name) == []
    house.clock.forward(2)
    house.sweep()
    assert (len(written(house, name)), outcomes(house, name)) == (1, ["limited", "written"])


def test_a_refused_token_is_renewed_and_the_write_made_once(house: House, name: str) -> None:
    prepare(house, name)
    fault(house, name, 401, when="before")
    house.work()
    house.clock.forward(31)
    house.sweep()
    assert (len(written(house, name)), outcomes(house, name)) == (1, ["limited", "written"])
