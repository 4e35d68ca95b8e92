"""What webhooks told of a pull request is held against the reading: what lags behind them is no evidence."""

from datetime import timedelta
from typing import Any

import pytest

from app.events import SaidReview
from app.github.answers import Unavailable
from app.github.reader import Place
from tasks import merge_facts
from tasks.merge_facts import Loaded
from tests.tasks.house import REPOSITORY, House


def _load(house: House) -> Loaded:
    return merge_facts.load(house.context, Place(house.installation_id, house.repository_id), 1)


def _code(house: House) -> str:
    with pytest.raises(Unavailable) as trouble:
        _load(house)
    return trouble.value.code


def _head(house: House) -> str:
    return str(house.github.state.pull(REPOSITORY, 1).head_sha)


def _push(house: House, text: str) -> str:
    return str(house.github.push(REPOSITORY, "feature", {"a.py": text}, by="bob").sha)


def _told(house: House, action: str = "synchronize", **facts: Any) -> None:
    usual = {"head_sha": _head(house), "updated_at": house.github.state.pull(REPOSITORY, 1).updated_at}
    house.deliver(house.event("pull_request", action, pulls=(1,), branch="main", **{**usual, **facts}))


def test_a_head_that_a_webhook_named_later_is_missed(house: House) -> None:
    _told(house, "opened")
    old = _head(house)
    newer = _push(house, "2")
    _told(house)
    assert _load(house).hooked_head in (None, newer)
    house.github.change_pull(REPOSITORY, 1, head_sha=old, updated_at=house.clock.now - timedelta(hours=1))
    assert _load(house).hooked_head == newer


def test_of_two_heads_of_one_second_the_known_one_is_the_older(house: House) -> None:
    _told(house, "opened")
    old, at = _head(house), house.github.state.pull(REPOSITORY, 1).updated_at
    newer = _push(house, "2")
    _told(house, updated_at=at)
    unheard = _push(house, "3")
    house.github.change_pull(REPOSITORY, 1, head_sha=old, updated_at=at)
    assert _load(house).hooked_head == newer
    house.github.change_pull(REPOSITORY, 1, head_sha=unheard, updated_at=at)
    assert _load(house).hooked_head is None


def test_a_reading_that_is_newer_than_the_last_webhook_misses_nothing(house: House) -> None:
    _told(house, "opened")
    house.clock.forward(60)
    _push(house, "2")
    assert _load(house).hooked_head is None


def test_a_pull_request_that_lags_behind_the_rest_of_github_is_told_as_such(house: House) -> None:
    _told(house, "opened")
    _push(house, "2")
    _told(house)
    house.github.fault("GET", "/pulls/1$", "stale", times=4)
    assert _code(house) == "READ_BEHIND_WEBHOOK"


def test_where_no_webhook_told_of_the_newer_head_it_moved(house: House) -> None:
    _told(house, "opened")
    _push(house, "2")
    house.github.fault("GET", "/pulls/1$", "stale", times=4)
    assert _code(house) == "HEAD_MOVED"


def test_what_comes_late_of_an_old_head_is_not_taken_for_newer(house: House) -> None:
    _told(house, "labeled", head_sha="f" * 40)
    assert _load(house).hooked_head is None


def _reviewed(house: House, number: int, state: str, action: str = "submitted") -> None:
    review = SaidReview(id=number, state=state)
    house.deliver(house.event("pull_request_review", action, pulls=(1,), branch="main", review=review))


def test_a_review_of_a_webhook_that_the_list_lacks_is_told(house: House) -> None:
    shown = house.github.review(REPOSITORY, 1, by="alice")
    _reviewed(house, shown.id, "APPROVED")
    _reviewed(house, 99, "CHANGES_REQUESTED")
    assert _load(house).facts.hooked_reviews == ((99, "CHANGES_REQUESTED"),)


def test_a_dismissal_that_the_list_does_not_show_yet_is_told(house: House) -> None:
    shown = house.github.review(REPOSITORY, 1, by="alice")
    _reviewed(house, shown.id, "DISMISSED", "dismissed")
    assert _load(house).facts.hooked_reviews == ((shown.id, "DISMISSED"),)
    house.github.dismiss(REPOSITORY, 1, shown.id)
    assert _load(house).facts.hooked_reviews == ()


def test_a_dismissal_whose_webhook_was_lost_is_in_the_list(house: House) -> None:
    shown = house.github.review(REPOSITORY, 1, by="alice")
    _reviewed(house, shown.id, "APPROVED")
    house.github.dismiss(REPOSITORY, 1, shown.id)
    assert _load(house).facts.hooked_reviews == ()


def test_who_pushed_is_whom_the_webhook_named(house: House) -> None:
    _push(house, "2")
    _told(house, sender="carol", sender_id=9)
    pull = _load(house).facts.pull
    assert (pull.pushers, pull.pusher_id) == (("carol",), 9)


def test_without_a_webhook_the_commit_says_who_may_have_pushed(house: House) -> None:
    assert _load(house).facts.pull.pushers == ()
    rules = "merge: {forbid_last_pusher: true}\n"
    house.github.push(REPOSITORY, "main", {".mergegate.yml": rules}, by="acme")
    assert _load(house).facts.pull.pushers == ("bob",)


def test_what_a_push_voids_counts_again_after_the_next_evaluation(house: House) -> None:
    house.deliver_pull()
    house.work()
    _told(house)
    found = _load(house).evaluation
    assert found is not None
    assert found.invalidated_by == "pull_request.synchronize"
    house.work()
    again = _load(house).evaluation
    assert again is not None
    assert again.invalidated_by is None
