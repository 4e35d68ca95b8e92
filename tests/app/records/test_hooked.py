"""What webhooks told of heads and reviews: the newest by GitHub's clock, whatever the order in which they came."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from app.database import Transaction
from app.events import Delivery, Event, Repository, SaidReview
from app.records import hooked, pulls
from app.records.hooked import HookedHead, Pusher
from app.records.pulls import Sighting

T0 = datetime(2027, 1, 1, 12, tzinfo=UTC)
H1, H2 = "1" * 40, "2" * 40


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        pulls.seen(connection, Sighting(1, 7, "acme/widget", 5))
        yield connection


def _hear(tx: Transaction, name: str, action: str, **facts: Any) -> None:
    repository = Repository(id=1, full_name="acme/widget")
    event = Event(name=name, action=action, repository=repository, pulls=(7,), installation_id=5, **facts)
    hooked.note(tx, Delivery(hook_id=1, guid="g", body_digest="d", received_at=T0, event=event), T0)


def _pull(tx: Transaction, action: str, sha: str, second: int, **facts: Any) -> None:
    at = T0 + timedelta(seconds=second)
    pulls.first_seen_at(tx, 1, 7, sha, at)
    _hear(tx, "pull_request", action, head_sha=sha, updated_at=at, **facts)


def _head(tx: Transaction) -> str | None:
    found = hooked.head_of(tx, 1, 7)
    return found.sha if found else None


def test_nothing_is_known_before_a_webhook_came(tx: Transaction) -> None:
    assert hooked.head_of(tx, 1, 7) is None
    assert hooked.head_of(tx, 1, 8) is None


def test_the_head_of_the_newest_webhook_is_kept_with_its_time(tx: Transaction) -> None:
    _pull(tx, "opened", H1, 0)
    _pull(tx, "synchronize", H2, 5)
    assert hooked.head_of(tx, 1, 7) == HookedHead(H2, T0 + timedelta(seconds=5))


def test_a_webhook_that_comes_late_brings_no_old_head_back(tx: Transaction) -> None:
    _pull(tx, "synchronize", H2, 5)
    _pull(tx, "labeled", H1, 4)
    assert _head(tx) == H2


def test_in_one_second_a_push_is_newer_than_what_moves_no_head(tx: Transaction) -> None:
    _pull(tx, "synchronize", H2, 5)
    _pull(tx, "labeled", H1, 5)
    assert _head(tx) == H2
    _pull(tx, "synchronize", H1, 5)
    assert _head(tx) == H1


def test_without_a_time_of_github_the_arrival_counts(tx: Transaction) -> None:
    _hear(tx, "pull_request", "synchronize", head_sha=H1)
    assert hooked.head_of(tx, 1, 7) == HookedHead(H1, T0)


def test_other_events_name_no_head(tx: Transaction) -> None:
    _hear(tx, "pull_request_review", "submitted", head_sha=H1)
    assert _head(tx) is None


def test_who_pushed_a_head_is_the_sender_of_its_synchronize(tx: Transaction) -> None:
    _pull(tx, "opened", H1, 0, sender="alice")
    _pull(tx, "synchronize", H2, 5, sender="bob", sender_id=9)
    assert [hooked.pusher_of(tx, 1, 7, sha) for sha in (H1, H2, "3" * 40)] == [None, Pusher("bob", 9), None]
    assert [hooked.knows_head(tx, 1, 7, sha) for sha in (H1, H2, "3" * 40)] == [True, True, False]


def test_reviews_are_kept_in_the_state_that_was_told_last(tx: Transaction) -> None:
    _hear(tx, "pull_request_review", "submitted", review=SaidReview(id=1, state="APPROVED"))
    _hear(tx, "pull_request_review", "submitted", review=SaidReview(id=2, state="CHANGES_REQUESTED"))
    assert hooked.reviews_of(tx, 1, 7) == {1: "APPROVED", 2: "CHANGES_REQUESTED"}
    assert hooked.reviews_of(tx, 1, 8) == {}


def test_a_dismissed_review_stays_dismissed_whatever_comes_late(tx: Transaction) -> None:
    _hear(tx, "pull_request_review", "dismissed", review=SaidReview(id=1, state="DISMISSED"))
    _hear(tx, "pull_request_review", "submitted", review=SaidReview(id=1, state="APPROVED"))
    assert hooked.reviews_of(tx, 1, 7) == {1: "DISMISSED"}


def test_an_event_without_a_repository_tells_nothing(tx: Transaction) -> None:
    event = Event(name="organization", action="renamed", pulls=(7,), head_sha=H1)
    hooked.note(tx, Delivery(hook_id=1, guid="g", body_digest="d", received_at=T0, event=event), T0)
    assert _head(tx) is None
