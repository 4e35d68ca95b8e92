"""Writes that are overtaken by another, waited long or were of unknown outcome: made once, or shown to a person."""

import pytest

from tasks import receipts
from tests.tasks.house import REPOSITORY, House
from tests.tasks.outcomes_of_writes import begin, intent, outcomes


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
    begin(house)
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
    house.work()
    assert [state for state, _ in house.statuses()] == ["pending"]
    house.sweep()
    assert [state for state, _ in house.statuses()] == ["pending", "success"]


def _review(house: House, state: str) -> int:
    house.clock.forward(60)
    review = house.github.review(REPOSITORY, 1, by="alice", state=state)
    house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
    return review.id


def test_a_success_that_waits_is_not_written_after_the_verdict_went_back(house: House) -> None:
    begin(house)
    house.busy("quiet", 100)
    review = _review(house, "approved")
    house.work()
    house.github.dismiss(REPOSITORY, 1, review)
    house.deliver(house.event("pull_request_review", "dismissed", pulls=(1,)))
    house.work()
    house.clock.forward(120)
    house.sweep()
    assert {state for state, _ in house.statuses()} == {"pending"}


def test_an_earlier_status_of_the_same_words_is_not_taken_for_the_one_sought(house: House) -> None:
    begin(house)
    review = _review(house, "approved")
    house.work()
    house.github.fault("POST", "/statuses/", 502, when="before")
    house.clock.forward(60)
    house.github.dismiss(REPOSITORY, 1, review)
    house.deliver(house.event("pull_request_review", "dismissed", pulls=(1,)))
    house.work()
    for _ in range(2):
        house.clock.forward(20)
        house.sweep()
    assert [state for state, _ in house.statuses()] == ["pending", "success", "pending"]


def test_what_was_not_written_is_not_called_sent_any_more(house: House) -> None:
    house.github.fault("POST", "/statuses/", 502, when="before")
    begin(house)
    house.with_settings(allowed_repositories=())
    for _ in range(2):
        house.clock.forward(20)
        house.sweep()
    assert (intent(house), outcomes(house)) == ("denied", ["absent"])


def test_an_outcome_that_can_never_be_read_does_not_hold_up_the_next_verdict(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receipts, "MOST_READINGS", 3)
    house.github.fault("POST", "/statuses/", 502, when="after")
    house.github.fault("GET", "/statuses$", 500, times=99, skip=1)
    begin(house)
    for _ in range(3):
        house.clock.forward(20)
        house.sweep()
    assert (intent(house), outcomes(house)) == ("blocked", ["unknown"])
    house.github.faults.script.clear()
    _review(house, "approved")
    house.work()
    assert [state for state, _ in house.statuses()] == ["pending", "success"]


def test_a_slow_request_is_not_taken_for_one_that_never_was(house: House) -> None:
    """The worker died: its request may have been under way for twice the time-out, and lists lag after that."""
    begin(house)
    _review(house, "approved")
    house.work()
    house.rows("UPDATE permits SET outcome = NULL, settled_at = NULL, remote_id = NULL RETURNING id")
    house.put_writes("sequence = 2", "sent")
    house.rows(
        "UPDATE permits SET outcome = 'written', remote_id = '1' WHERE intent_id ="
        " (SELECT id FROM intents WHERE sequence = 1) RETURNING id"
    )
    house.github.fault("GET", "/statuses$", "stale")
    house.clock.forward(20)
    house.sweep()
    assert intent(house) == "sent"
    house.clock.forward(20)
    house.sweep()
    assert intent(house) == "written"
    assert len(house.statuses()) == 2


def test_a_write_that_waited_long_is_read_back_before_it_is_given_up(house: House) -> None:
    house.github.limit_secondary("POST", "/statuses/", status=429, retry_after=30)
    begin(house)
    house.rows(f"UPDATE steps SET attempts = {receipts.MOST_READINGS} WHERE name = 'write' RETURNING id")
    house.github.fault("POST", "/statuses/", 502, when="after")
    house.clock.forward(61)
    house.sweep()
    assert intent(house) == "sent"
    house.clock.forward(5)
    house.sweep()
    assert (intent(house), len(house.statuses())) == ("written", 1)
