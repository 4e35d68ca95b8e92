"""Reviews whose words somebody else edits away, which GitHub tells without the text that they had."""

from collections.abc import Iterator

import pytest

from app.records import alterations
from app.simulator.records import Review
from tests.tasks.house import REPOSITORY, House, built

POLICY = """
policy:
  approval: [everybody]
  disapproval: {requires: {users: [alice]}}
approval_rules: [{name: everybody}]
"""


@pytest.fixture
def house(database_url: str, redis_db: str) -> Iterator[House]:
    with built(database_url, redis_db, policy=POLICY) as made:
        yield made


def _told(house: House, action: str) -> None:
    house.clock.forward(60)
    house.deliver(house.event("pull_request_review", action, pulls=(1,), sender="somebody"))
    house.work()


def _objects(house: House) -> Review:
    said = house.github.review(REPOSITORY, 1, by="alice", state="commented", body=":-1:")
    _told(house, "submitted")
    assert house.states() == ["failure"]
    house.clock.forward(60)
    return said


@pytest.mark.parametrize("body", ["", "fine", ":+1:"])
def test_an_objection_that_somebody_else_edits_away_is_not_gone(house: House, body: str) -> None:
    said = _objects(house)
    house.github.edit_review(REPOSITORY, 1, said.id, body, by="carol")
    _told(house, "edited")
    assert house.states()[-1] == "failure"
    assert "carol edited alice's" in house.statuses()[-1][1]


def test_it_is_not_gone_after_a_second_edit_either(house: House) -> None:
    said = _objects(house)
    for body in ("fine", "very fine"):
        house.github.edit_review(REPOSITORY, 1, said.id, body, by="carol")
        _told(house, "edited")
    assert house.states()[-1] == "failure"


def test_whoever_wrote_it_may_take_it_back(house: House) -> None:
    said = _objects(house)
    house.github.edit_review(REPOSITORY, 1, said.id, "fine", by="alice")
    _told(house, "edited")
    assert house.states() == ["failure", "success"]


def test_what_its_author_made_of_it_is_what_it_was(house: House) -> None:
    said = house.github.review(REPOSITORY, 1, by="alice", state="commented", body="hm")
    house.github.edit_review(REPOSITORY, 1, said.id, ":-1:", by="alice")
    _told(house, "edited")
    house.github.edit_review(REPOSITORY, 1, said.id, "fine", by="carol")
    _told(house, "edited")
    assert house.states()[-1] == "failure"
    assert "carol edited alice's" in house.statuses()[-1][1]


def test_a_later_word_of_its_author_clears_it(house: House) -> None:
    said = _objects(house)
    house.github.edit_review(REPOSITORY, 1, said.id, "fine", by="carol")
    house.clock.forward(60)
    house.github.comment(REPOSITORY, 1, by="alice", body="so be it")
    _told(house, "edited")
    assert house.states() == ["failure", "success"]


def test_a_review_that_the_gate_never_saw_before_counted_nowhere(house: House) -> None:
    said = house.github.review(REPOSITORY, 1, by="alice", state="commented", body=":-1:")
    house.github.edit_review(REPOSITORY, 1, said.id, "fine", by="carol")
    _told(house, "edited")
    assert house.states() == ["success"]


def test_more_alterations_than_are_read_are_no_yes(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alterations, "MOST_ALTERATIONS", 0)
    said = _objects(house)
    house.github.edit_review(REPOSITORY, 1, said.id, "fine", by="carol")
    _told(house, "edited")
    assert house.states()[-1] == "error"
