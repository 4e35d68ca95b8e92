"""policy-bot's `post_insecure_status_checks`: a second status, whose context does not name the base branch."""

import pytest

from app import explain
from policies import server_options
from tests.tasks.house import REPOSITORY, House


@pytest.fixture
def house(house: House) -> House:
    house.with_settings(policy_options=server_options.parse("post_insecure_status_checks: true\n"))
    return house


def _written(house: House) -> list[tuple[str, str]]:
    bodies = [entry.body for entry in house.github.writes("/statuses/") if entry.effect == "yes"]
    return [(body["context"], body["state"]) for body in bodies]


def test_the_second_status_says_the_same(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.approve()
    assert _written(house) == [
        *(("mergegate: main", "pending"), ("mergegate", "pending")),
        *(("mergegate: main", "success"), ("mergegate", "success")),
    ]


def test_it_is_written_only_where_it_changes_something(house: House) -> None:
    for action in ("opened", "edited", "labeled"):
        house.deliver_pull(action=action)
        house.work()
    assert len(_written(house)) == 2


def test_without_the_option_there_is_none(house: House) -> None:
    house.with_settings(policy_options=server_options.BUILT_IN)
    house.deliver_pull()
    house.work()
    assert [context for context, _ in _written(house)] == ["mergegate: main"]


def test_it_is_the_worst_of_all_pull_requests_of_the_head(house: House) -> None:
    house.github.create_branch(REPOSITORY, "stable")
    house.github.push(REPOSITORY, "stable", {".policy.yml": "policy: {approval: []}\n"}, by="acme")
    house.deliver_pull()
    house.work()
    house.github.open_pull(REPOSITORY, "feature", base="stable", by="bob", title="Add a to stable")
    house.deliver_pull(number=2)
    house.work()
    assert _written(house)[2:] == [("mergegate: stable", "success"), ("mergegate", "pending")]
    assert house.statuses()[-1][1] == "#1: 0/1 rules approved"


def test_the_explanation_shows_both(house: House) -> None:
    house.deliver_pull()
    house.work()
    with house.context.pool.connection() as tx:
        chain = explain.pull_request(tx, REPOSITORY, 1)
    assert chain is not None
    intents = chain["runs"][0]["evaluations"][0]["intents"]
    assert [intent["sentence"].partition(" to ")[0] for intent in intents] == [
        'set "mergegate: main"',
        'set "mergegate"',
    ]
