"""Whatever GitHub does to a write, it ends up written exactly once, or a person is shown why not."""

import pytest

from app.records import pins
from tasks import receipts
from tests.tasks.house import REPOSITORY, House, forget_clients
from tests.tasks.outcomes_of_writes import begin, intent, outcomes


@pytest.mark.parametrize("what", [502, 500, "cut", "drop"])
def test_a_write_that_took_effect_behind_an_error_is_not_repeated(house: House, what: int | str) -> None:
    house.github.fault("POST", "/statuses/", what, when="after")
    begin(house)
    assert intent(house) == "sent"
    house.clock.forward(5)
    house.sweep()
    assert len(house.statuses()) == 1
    assert outcomes(house) == ["written"]


@pytest.mark.parametrize("what", [502, "drop"])
def test_a_write_without_effect_is_made_again_once_that_is_certain(house: House, what: int | str) -> None:
    house.github.fault("POST", "/statuses/", what, when="before")
    begin(house)
    house.clock.forward(5)
    house.sweep()
    assert house.statuses() == []
    assert intent(house) == "sent"
    house.clock.forward(house.context.settings.settle_seconds)
    house.sweep()
    assert len(house.statuses()) == 1
    assert outcomes(house) == ["absent", "written"]


def test_307_is_not_success(house: House) -> None:
    house.github.fault("POST", "/statuses/", 307)
    begin(house)
    assert house.statuses() == []
    assert intent(house) == "refused"
    assert outcomes(house) == ["refused"]


def test_a_definite_refusal_is_recorded_and_not_repeated(house: House) -> None:
    house.github.fault("POST", "/statuses/", 422, when="before")
    begin(house)
    house.clock.forward(600)
    house.sweep()
    assert house.statuses() == []
    assert outcomes(house) == ["refused"]


@pytest.mark.parametrize("status", [403, 429])
def test_a_rate_limited_write_waits_as_long_as_github_says(house: House, status: int) -> None:
    house.github.limit_secondary("POST", "/statuses/", status=status, retry_after=30)
    begin(house)
    assert (intent(house), outcomes(house)) == ("pending", ["limited"])
    house.clock.forward(29)
    house.sweep()
    assert house.statuses() == []
    house.clock.forward(2)
    house.sweep()
    assert len(house.statuses()) == 1


def test_a_limit_holds_the_other_writes_of_the_installation_too(house: House) -> None:
    house.github.limit_secondary("POST", "/statuses/", status=429, retry_after=30)
    house.github.push(REPOSITORY, "other", {"b.py": "1"}, by="bob")
    house.github.open_pull(REPOSITORY, "other", by="bob")
    house.deliver_pull(1)
    house.deliver_pull(2)
    house.work()
    assert house.statuses() == []
    codes = house.rows("SELECT blockers -> 0 ->> 'code' AS code FROM decisions WHERE NOT allowed")
    assert codes == [{"code": "RATE_LIMITED"}]


def test_an_expired_token_is_renewed_and_the_write_made_once(house: House) -> None:
    house.github.fault("POST", "/statuses/", 401, when="before")
    begin(house)
    assert outcomes(house) == ["limited"]
    house.clock.forward(31)
    house.sweep()
    assert len(house.statuses()) == 1


def test_a_limit_that_the_token_meets_is_a_limit_and_says_nothing_against_the_token(house: House) -> None:
    house.deliver_pull()
    house.run(*house.sent.pop(0))
    forget_clients()
    house.github.limit_secondary("POST", "/access_tokens", retry_after=30)
    house.work()
    put_off = house.rows("SELECT body ->> 'code' AS code FROM audit_events WHERE kind = 'write_put_off'")
    assert (put_off, house.statuses()) == ([{"code": "RATE_LIMITED"}], [])
    house.clock.forward(31)
    house.sweep()
    assert len(house.statuses()) == 1


def test_a_repository_made_anew_under_the_name_is_not_written_to(house: House) -> None:
    with house.context.pool.connection() as tx:
        assert pins.pin(tx, REPOSITORY, 4711) == 4711
    begin(house)
    assert house.statuses() == []
    assert house.rows("SELECT blockers -> 0 ->> 'code' AS code FROM decisions") == [{"code": "REPO_NOT_ALLOWED"}]


def test_an_intent_that_never_comes_through_is_shown_to_a_person(house: House) -> None:
    house.github.fault("POST", "/statuses/", 502, when="before", times=99)
    begin(house)
    for _ in range(40):
        house.clock.forward(house.context.settings.settle_seconds + 1)
        house.sweep()
    assert house.statuses() == []
    assert intent(house) == "blocked"


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


def test_a_token_that_is_never_accepted_ends_with_a_person(house: House) -> None:
    house.github.fault("POST", "/statuses/", 401, when="before", times=99)
    begin(house)
    for _ in range(30):
        house.clock.forward(1000)
        house.sweep()
    assert intent(house) == "blocked"
    assert len(outcomes(house)) <= receipts.MOST_TOKENS


def test_an_app_installed_anew_gets_the_write_anew(house: House) -> None:
    house.github.fault("POST", "/statuses/", 401, when="before")
    begin(house)
    app = house.github.state.installations[house.installation_id].app_id
    house.github.uninstall(house.github.state.installations[house.installation_id])
    house.installation_id = house.github.install(house.github.state.apps[app], "acme").id
    house.deliver_pull(action="edited")
    house.work()
    assert len(house.statuses()) == 1


def test_a_branch_with_a_smile_gets_its_status(house: House) -> None:
    house.github.create_branch(REPOSITORY, "smile-\U0001f600")
    house.github.retarget(REPOSITORY, 1, "smile-\U0001f600")
    begin(house)
    assert len(house.statuses()) == 1


@pytest.mark.parametrize("change", ["kind = 'label'", "content = '{}'"])
def test_a_write_that_this_version_does_not_understand_is_shown_to_a_person(house: House, change: str) -> None:
    house.deliver_pull()
    house.run(*house.sent.pop(0))
    house.rows(f"UPDATE intents SET {change} RETURNING id")
    house.work()
    house.clock.forward(600)
    house.sweep()
    assert house.statuses() == []
    assert house.rows("SELECT status, error FROM writes") == [
        {"status": "blocked", "error": "This version does not understand the write."}
    ]
