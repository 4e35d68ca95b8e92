"""Whatever GitHub does to a write, it ends up written exactly once, or a person is shown why not."""

import pytest

from app.records import intents
from tests.tasks.house import REPOSITORY, House


def _outcomes(house: House) -> list[str]:
    return [row["outcome"] for row in house.rows("SELECT outcome FROM permits ORDER BY issued_at")]


def _intent(house: House) -> str:
    return str(house.rows("SELECT status FROM intents ORDER BY sequence")[-1]["status"])


def _begin(house: House) -> None:
    house.deliver_pull()
    house.work()


@pytest.mark.parametrize("what", [502, 500, "cut", "drop"])
def test_a_write_that_took_effect_behind_an_error_is_not_repeated(house: House, what: int | str) -> None:
    house.github.fault("POST", "/statuses/", what, when="after")
    _begin(house)
    assert _intent(house) == "sent"
    house.clock.forward(5)
    house.sweep()
    assert len(house.statuses()) == 1
    assert _outcomes(house) == ["written"]


@pytest.mark.parametrize("what", [502, "drop"])
def test_a_write_without_effect_is_made_again_once_that_is_certain(house: House, what: int | str) -> None:
    house.github.fault("POST", "/statuses/", what, when="before")
    _begin(house)
    house.clock.forward(5)
    house.sweep()
    assert house.statuses() == []
    assert _intent(house) == "sent"
    house.clock.forward(house.context.settings.settle_seconds)
    house.sweep()
    assert len(house.statuses()) == 1
    assert _outcomes(house) == ["absent", "written"]


def test_307_is_not_success(house: House) -> None:
    house.github.fault("POST", "/statuses/", 307)
    _begin(house)
    assert house.statuses() == []
    assert _intent(house) == "refused"
    assert _outcomes(house) == ["refused"]


def test_a_definite_refusal_is_recorded_and_not_repeated(house: House) -> None:
    house.github.fault("POST", "/statuses/", 422, when="before")
    _begin(house)
    house.clock.forward(600)
    house.sweep()
    assert house.statuses() == []
    assert _outcomes(house) == ["refused"]


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_limited_write_waits_as_long_as_github_says(house: House, status: int) -> None:
    house.github.limit_secondary("POST", "/statuses/", status=status, retry_after=30)
    _begin(house)
    assert (_intent(house), _outcomes(house)) == ("pending", ["limited"])
    house.clock.forward(29)
    house.sweep()
    assert house.statuses() == []
    house.clock.forward(2)
    house.sweep()
    assert len(house.statuses()) == 1


def test_a_limit_holds_the_other_writes_of_the_installation_too(house: House) -> None:
    house.github.limit_secondary("POST", "/statuses/", status=429, retry_after=30)
    _begin(house)
    house.github.push(REPOSITORY, "other", {"b.py": "1"}, by="bob")
    house.github.open_pull(REPOSITORY, "other", by="bob")
    house.deliver_pull(2)
    house.work()
    assert house.statuses() == []
    codes = house.rows("SELECT blockers -> 0 ->> 'code' AS code FROM decisions WHERE NOT allowed")
    assert codes == [{"code": "RATE_LIMITED"}]


def test_an_expired_token_is_renewed_and_the_write_made_once(house: House) -> None:
    house.github.fault("POST", "/statuses/", 401, when="before")
    _begin(house)
    assert _outcomes(house) == ["limited"]
    house.clock.forward(31)
    house.sweep()
    assert len(house.statuses()) == 1


def test_a_newer_verdict_is_never_overtaken_by_an_older_one(house: House) -> None:
    house.deliver_pull()
    _, run_id = house.sent.pop(0)
    house.run("evaluate.pull_request", run_id)
    older = house.sent.pop(0)
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
    house.work()
    house.run(*older)
    assert [state for state, _ in house.statuses()] == ["success"]


def test_a_newer_verdict_waits_until_an_unknown_write_is_settled(house: House) -> None:
    house.github.fault("POST", "/statuses/", 502, when="after")
    _begin(house)
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
    house.work()
    assert [state for state, _ in house.statuses()] == ["pending"]
    house.sweep()
    assert [state for state, _ in house.statuses()] == ["pending", "success"]


def test_a_repository_made_anew_under_the_name_is_not_written_to(house: House) -> None:
    with house.context.pool.connection() as tx:
        assert intents.pin(tx, REPOSITORY, 4711) == 4711
    _begin(house)
    assert house.statuses() == []
    assert house.rows("SELECT blockers -> 0 ->> 'code' AS code FROM decisions") == [{"code": "REPO_NOT_ALLOWED"}]


def test_an_intent_that_never_comes_through_is_shown_to_a_person(house: House) -> None:
    house.github.fault("POST", "/statuses/", 502, when="before", times=99)
    _begin(house)
    for _ in range(40):
        house.clock.forward(house.context.settings.settle_seconds + 1)
        house.sweep()
    assert house.statuses() == []
    assert _intent(house) == "blocked"


def test_without_redis_nothing_is_written(house: House) -> None:
    house.deliver_pull()
    _, run_id = house.sent.pop(0)
    house.run("evaluate.pull_request", run_id)
    alive = house.context.settings.redis_url
    house.with_settings(redis_url="redis://127.0.0.1:1/0")
    house.work()
    assert house.statuses() == []
    house.with_settings(redis_url=alive)
    house.clock.forward(11)
    house.sweep()
    assert len(house.statuses()) == 1
