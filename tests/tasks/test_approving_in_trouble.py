"""The gate's own review where GitHub fails, the head moves, a worker dies or somebody else acts: never two."""

from collections.abc import Iterator

import pytest

from app import ledger
from app.github.reader import LiveReader
from tests.tasks.approving import check, head, intents, judge, push, reviews, told, write_rules
from tests.tasks.house import REPOSITORY, House, built
from tests.tasks.settling import evaluate_only, settle

WITHOUT_EFFECT = (502, "drop")
POINTS = [
    "evaluate.ruled",
    "evaluate.before_commit",
    "evaluate.committed",
    "write.claimed",
    "write.before_decision",
    "write.decided",
    "write.spent",
    "write.requested",
    "write.receipted",
]


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    """The check of pull request 1 is green, and the rules hold; reviews may be given and dismissed."""
    with built(database_url, redis_db) as made:
        made.allow("review_approve", "review_dismiss")
        write_rules(made)
        check(made)
        yield made


@pytest.mark.matrix
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_that_dies_costs_no_review_and_doubles_none(house: House, point: str) -> None:
    house.clock.forward(60)
    house.deliver_pull(action="edited")
    house.sent = sorted(house.sent)
    with house.dying_at(point):
        house.work()
    settle(house)
    assert reviews(house) == [("APPROVED", head(house))]
    with house.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


def test_two_evaluations_before_the_first_review_are_one_review(house: House) -> None:
    for _ in range(2):
        evaluate_only(house)
    house.work()
    assert reviews(house) == [("APPROVED", head(house))]
    assert intents(house) == ["written"]


def test_a_review_that_the_list_does_not_show_yet_is_not_given_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    judge(house)
    monkeypatch.setattr(LiveReader, "reviews", lambda *_: ())
    judge(house)
    assert intents(house) == ["written"]
    check(house, "failure")
    judge(house)
    assert reviews(house) == [("DISMISSED", head(house))]


@pytest.mark.parametrize("what", [502, "drop", "hang"])
def test_a_review_of_unknown_outcome_is_read_back_and_not_given_again(house: House, what: int | str) -> None:
    house.with_settings(github_timeout_seconds=1)
    house.github.fault("POST", "/reviews", what, when="after")
    judge(house)
    judge(house)
    settle(house)
    assert reviews(house) == [("APPROVED", head(house))]
    assert intents(house) == ["written"]


def test_a_review_of_unknown_outcome_is_no_other_because_another_rule_holds_by_then(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.github.fault("POST", "/reviews", 502, when="after")
    judge(house)
    write_rules(house, "approve: [{name: another, if: {has_author_in: {users: [bob]}}}]")
    with monkeypatch.context() as lagging:
        lagging.setattr(LiveReader, "reviews", lambda *_: ())
        judge(house)
    settle(house)
    assert reviews(house) == [("APPROVED", head(house))]
    assert intents(house) == ["written"]


@pytest.mark.parametrize("what", WITHOUT_EFFECT)
def test_a_review_that_had_no_effect_is_given_later(house: House, what: int | str) -> None:
    house.github.fault("POST", "/reviews", what, when="before")
    judge(house)
    settle(house)
    assert reviews(house) == [("APPROVED", head(house))]


def test_a_review_of_unknown_outcome_is_taken_back_if_no_rule_holds_by_then(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though no webhook tells of it and GitHub's list lags: the evaluation that takes the wish back looks again."""
    house.github.fault("POST", "/reviews", 502, when="after")
    judge(house)
    check(house, "failure")
    with monkeypatch.context() as lagging:
        lagging.setattr(LiveReader, "reviews", lambda *_: ())
        evaluate_only(house)
    assert intents(house, "review_dismiss") == []
    settle(house)
    assert reviews(house) == [("DISMISSED", head(house))]
    assert intents(house) == ["written"]


@pytest.mark.parametrize("what", WITHOUT_EFFECT)
def test_a_review_that_had_no_effect_is_not_given_once_no_rule_holds(house: House, what: int | str) -> None:
    house.github.fault("POST", "/reviews", what, when="before")
    judge(house)
    check(house, "failure")
    judge(house)
    settle(house)
    assert reviews(house) == []
    assert intents(house) == ["superseded"]


def test_a_head_that_moves_before_the_review_is_written_gets_none_of_it(house: House) -> None:
    evaluate_only(house)
    old = head(house)
    push(house)
    house.work()
    assert reviews(house) == [("APPROVED", old)]
    judge(house)
    assert reviews(house) == [("DISMISSED", old)]
    check(house)
    judge(house)
    assert reviews(house) == [("DISMISSED", old), ("APPROVED", head(house))]


def test_a_head_that_moves_while_the_rules_are_asked_is_not_approved_by_what_was_read(house: House) -> None:
    def move(name: str) -> None:
        if name == "evaluate.judged":
            push(house, "3")

    house.context = house.context.__class__(**{**house.context.__dict__, "checkpoint": move})
    house.clock.forward(60)
    house.deliver_pull(action="edited")
    house.run(*house.sent.pop(0))
    assert told(house)["state"] == "unknown"
    assert intents(house) == []


def test_another_rule_that_holds_by_then_replaces_a_review_that_waits(house: House) -> None:
    evaluate_only(house)
    write_rules(house, "approve: [{name: another, if: {has_author_in: {users: [bob]}}}]")
    evaluate_only(house)
    house.work()
    assert reviews(house) == [("APPROVED", head(house))]
    [body] = house.written("review_approve")
    assert "the rule `another`" in body["body"]


def test_a_review_that_waits_is_put_aside_with_the_pull_request(house: House) -> None:
    evaluate_only(house)
    house.github.close(REPOSITORY, 1)
    house.deliver_pull(action="closed")
    house.sent.reverse()
    house.work()
    settle(house)
    assert (reviews(house), intents(house)) == ([], ["superseded"])


def test_the_review_of_a_closed_pull_request_is_left_alone(house: House) -> None:
    judge(house)
    house.github.close(REPOSITORY, 1)
    house.deliver_pull(action="closed")
    house.work()
    assert reviews(house) == [("APPROVED", head(house))]


def test_what_github_refuses_is_not_tried_again_at_that_head(house: House) -> None:
    house.github.fault("POST", "/reviews", 422, when="before", times=9)
    for _ in range(3):
        judge(house)
    assert intents(house) == ["refused"]
    push(house)
    check(house)
    judge(house)
    assert intents(house) == ["refused", "refused"]
