"""Which merged pull requests nobody here has heard of."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from psycopg.rows import dict_row

from app.database import Transaction
from app.records import external_merges, pulls, watches
from app.records.external_merges import ExternalMerge
from app.records.pulls import Sighting

NOW = datetime(2027, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        pulls.seen(connection, Sighting(1, 7, "acme/widget", 5))
        watches.take_due(connection, {"acme/widget"}, NOW)
        yield connection


def _attempt(tx: Transaction, kind: str, state: str) -> None:
    tx.execute(
        "INSERT INTO merge_attempts (id, kind, repository_id, full_name, installation_id, number, base_ref, head_sha,"
        " request_id, state, request, history, expires_at, recorded_at) VALUES (gen_random_uuid(), %(kind)s, 1,"
        " 'acme/widget', 5, 7, 'main', 'a', '1', %(state)s, '{}', '[]', %(now)s, %(now)s)",
        {"kind": kind, "state": state, "now": NOW},
    )


def _unseen(tx: Transaction) -> set[int]:
    return watches.merged_unseen(tx, 1, {7: LATER})


def test_what_was_merged_since_we_watch_is_unseen(tx: Transaction) -> None:
    assert watches.merged_unseen(tx, 1, {7: LATER, 8: LATER, 9: NOW}) == {7, 8}
    assert watches.merged_unseen(tx, 1, {}) == set()
    assert watches.merged_unseen(tx, 2, {7: LATER}) == set()


def test_since_when_we_watch_stays_with_each_comparison(tx: Transaction) -> None:
    watches.take_due(tx, {"acme/widget"}, NOW + timedelta(seconds=watches.WATCH_SECONDS))
    assert _unseen(tx) == {7}


def test_what_is_recorded_as_past_the_gate_is_seen(tx: Transaction) -> None:
    place = {"repository_id": 1, "full_name": "acme/widget", "number": 7}
    said = {"head_sha": "a", "base_ref": "main", "merge_sha": "b", "merged_by": None, "via": "hand", "had_pass": True}
    external_merges.record(tx, ExternalMerge(**place, **said), LATER)  # type: ignore[arg-type]  # each is its own
    assert _unseen(tx) == set()


@pytest.mark.parametrize("kind", ["merge", "enqueue"])
@pytest.mark.parametrize("state", ["INTENT", "SENT", "IN_DOUBT", "SUCCEEDED"])
def test_what_we_merged_or_may_have_merged_is_seen(tx: Transaction, kind: str, state: str) -> None:
    _attempt(tx, kind, state)
    assert _unseen(tx) == set()


@pytest.mark.parametrize(("kind", "state"), [("merge", "FAILED"), ("update_branch", "SUCCEEDED")])
def test_what_came_to_nothing_is_not(tx: Transaction, kind: str, state: str) -> None:
    _attempt(tx, kind, state)
    assert _unseen(tx) == {7}
