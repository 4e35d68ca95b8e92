"""Writes of every kind go the same way: decided, made once, whoever else comes for them and whichever worker dies."""

from dataclasses import replace
from typing import Any

import pytest

from tests.tasks.house import House
from tests.tasks.outcomes import fault, intents, outcomes, written
from tests.tasks.wishes import VERDICTS, WISHES, kind_of, prepare, wish

POINTS = [
    "write.claimed",
    "write.before_decision",
    "write.decided",
    "write.spent",
    "write.requested",
    "write.receipted",
    "write.read_back",
]

pytestmark = pytest.mark.matrix


@pytest.fixture(params=WISHES)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_it_is_written_once_with_its_receipt(house: House, name: str) -> None:
    prepare(house, name)
    house.work()
    house.clock.forward(600)
    house.sweep()
    assert len(written(house, name)) == 1
    assert (intents(house, name), outcomes(house, name)) == (["written"], ["written"])
    receipts = house.rows("SELECT body ->> 'kind' AS kind FROM audit_events WHERE kind = 'write_receipted'")
    assert [row["kind"] for row in receipts] == ["status", kind_of(name)]


CLOSED: dict[str, dict[str, Any]] = {
    "MUTATION_NOT_ALLOWED": {"allowed_writes": ("status",)},
    "REPO_NOT_ALLOWED": {"allowed_repositories": ()},
    "TRANSPORT_DISABLED": {"github_projector": "local"},
}


@pytest.mark.parametrize("code", CLOSED)
def test_what_is_not_allowed_is_recorded_and_decided_again_when_it_is_wished_for_again(
    house: House, name: str, code: str
) -> None:
    prepare(house, name)
    allowed = house.context.settings
    house.with_settings(**CLOSED[code])
    house.work()
    denied = house.rows("SELECT blockers -> 0 ->> 'code' AS code FROM decisions WHERE NOT allowed")
    left = "denied" if name in VERDICTS else "waiting"
    assert (written(house, name), intents(house, name), denied) == ([], [left], [{"code": code}])
    house.with_settings(**{setting: getattr(allowed, setting) for setting in CLOSED[code]})
    wish(house, name)
    house.work()
    assert (len(written(house, name)), intents(house, name)) == (1, ["written"])


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_on_its_way_costs_no_write_and_doubles_none(house: House, name: str, point: str) -> None:
    prepare(house, name)
    if point == "write.read_back":
        fault(house, name, 502, when="after")
        house.work()
        house.clock.forward(5)
        with house.dying_at(point):
            house.sweep()
    else:
        with house.dying_at(point):
            house.work()
    house.clock.forward(100)
    house.sweep()
    assert (len(written(house, name)), intents(house, name)) == (1, ["written"])


def test_another_worker_that_comes_for_it_at_any_moment_makes_no_second_write(house: House, name: str) -> None:
    prepare(house, name)
    message, alone = house.sent[-1], house.context
    came: list[str] = []

    def come(point: str) -> None:
        came.append(point)
        house.context = alone
        house.run(*message)

    house.context = replace(alone, checkpoint=come)
    house.run(*message)
    house.context = alone
    house.work()
    assert {"write.claimed", "write.decided", "write.spent", "write.requested", "write.receipted"} <= set(came)
    assert (len(written(house, name)), outcomes(house, name)) == (1, ["written"])


def test_the_same_wish_again_is_no_second_write(house: House, name: str) -> None:
    prepare(house, name)
    for _ in range(3):
        wish(house, name)
    house.work()
    wish(house, name)
    house.work()
    assert (len(written(house, name)), intents(house, name)) == (1, ["written"])


def test_one_under_way_stays_so_when_it_is_wished_for_again(house: House, name: str) -> None:
    prepare(house, name)
    fault(house, name, 502, when="after")
    house.work()
    wish(house, name)
    assert intents(house, name) == ["sent"]


def test_what_was_denied_often_has_its_whole_patience_when_it_is_allowed(house: House, name: str) -> None:
    prepare(house, name)
    house.work()
    kind = kind_of(name)
    house.rows("UPDATE steps SET attempts = 40 WHERE name = 'write' RETURNING id")
    house.put_writes(f"kind = '{kind}'", "denied")
    wish(house, name)
    assert house.rows(f"SELECT status, attempts FROM writes WHERE kind = '{kind}'") == [
        {"status": "pending", "attempts": 0}
    ]
