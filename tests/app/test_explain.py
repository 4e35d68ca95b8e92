"""The chain from a delivery to its receipt, as data and as text."""

from collections.abc import Iterator

import pytest

from app import chain_text, explain
from tests.tasks.house import REPOSITORY, House, built


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    with built(database_url, redis_db) as made:
        yield made


def _of_pull(house: House, number: int = 1) -> str:
    with house.context.pool.connection() as tx:
        chain = explain.pull_request(tx, REPOSITORY, number)
    assert chain is not None
    return chain_text.render(chain)


def _stations(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines() if line.split()[0].isalpha()]


def test_it_prints_every_station_of_a_written_status(house: House) -> None:
    house.deliver_pull()
    house.work()
    assert _stations(_of_pull(house)) == [
        *("delivery", "event", "run", "facts", "policy", "verdict", "mode", "intent", "content", "decision"),
        *("ground",) * 7,
        *("permit", "write", "receipt"),
        *("audit",) * 4,
    ]


def test_it_finds_the_same_chain_by_the_delivery(house: House) -> None:
    delivery = house.deliver_pull()
    house.work()
    with house.context.pool.connection() as tx:
        by_guid, by_number = explain.delivery(tx, delivery.guid), explain.delivery(tx, "1")
    assert by_guid is not None
    assert by_guid == by_number
    assert chain_text.render(by_guid) == _of_pull(house)


def test_it_knows_nothing_of_strangers(house: House) -> None:
    with house.context.pool.connection() as tx:
        assert explain.delivery(tx, "nobody-sent-this") is None
        assert explain.delivery(tx, "9" * 30) is None
        assert explain.pull_request(tx, REPOSITORY, 99) is None


def test_it_says_what_stands_against_a_write(house: House) -> None:
    house.with_settings(github_projector="local", allowed_repositories=())
    house.deliver_pull()
    house.work()
    text = _of_pull(house)
    assert "TRANSPORT_DISABLED: The projector is local" in text
    assert "REPO_NOT_ALLOWED" in text
    sha = house.github.state.pull(REPOSITORY, 1).head_sha
    assert f"would     send POST /repositories/{house.repository_id}/statuses/{sha}, were the projector live" in text
    assert 'body      {"context": "mergegate: main", "description": "0/1 rules approved", "state": "pending"' in text
    assert "permit" not in _stations(text)


def test_it_says_that_github_shows_the_status_already(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.deliver_pull(action="edited")
    house.work()
    assert "none: GitHub shows this status already" in _of_pull(house)


def test_it_says_that_an_outcome_is_not_known_yet(house: House) -> None:
    house.github.fault("POST", "/statuses/", 502, when="after")
    house.deliver_pull()
    house.work()
    assert "not known yet; GitHub is being read" in _of_pull(house)
    house.clock.forward(5)
    house.sweep()
    assert "read back from GitHub" in _of_pull(house)


def test_it_says_why_a_run_waits(house: House) -> None:
    house.github.fault("POST", "/graphql", 502)
    house.deliver_pull()
    house.work()
    assert "run       evaluate: pending, attempt 1 GitHub did not give the commits, comments and" in _of_pull(house)


def test_an_event_that_concerns_no_verdict_says_so(house: House) -> None:
    delivery = house.deliver(house.event("label", "created"))
    with house.context.pool.connection() as tx:
        chain = explain.delivery(tx, delivery.guid)
    assert chain is not None
    assert "no work followed" in chain_text.render(chain)


def test_hostile_names_cannot_write_on_the_terminal(house: House) -> None:
    branch = "x\x1b[31m\u202e"
    house.github.create_branch(REPOSITORY, branch)
    house.github.retarget(REPOSITORY, 1, branch)
    house.deliver_pull(action="edited")
    house.work()
    text = _of_pull(house)
    assert "\x1b" not in text
    assert "\u202e" not in text
