"""Writes of every kind go the same way: once, or not at all and with a reason, whatever GitHub does to them."""

from dataclasses import replace
from typing import Any

import pytest

from tests.tasks.house import House
from tests.tasks.outcomes import fault, intents, outcomes, written
from tests.tasks.wishes import AT, VERDICTS, WISHES, kind_of, prepare, wish

GITHUB_SECONDS = 1
"""How long we wait for GitHub where a test has it say nothing."""


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
    receipts = house.rows("SELECT body ->> 'kind' AS kind FROM audit_entries WHERE kind = 'write_receipted'")
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
    house.rows(f"UPDATE intents SET status = 'denied', attempts = 40 WHERE kind = '{kind}' RETURNING id")
    wish(house, name)
    assert house.rows(f"SELECT status, attempts FROM intents WHERE kind = '{kind}'") == [
        {"status": "pending", "attempts": 0}
    ]
