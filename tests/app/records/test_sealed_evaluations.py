"""The stored verdict as a merge needs it: the newest, as it was recorded, and void after what moves its ground."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from app.database import Transaction
from app.events import Event, Repository
from app.records import evaluations, pulls, sealed_evaluations
from app.records.evaluations import Evaluation
from app.records.pulls import Sighting
from policies.merging.situation import StoredEvaluation

T0 = datetime(2027, 1, 1, 12, 30, 15, 123456, tzinfo=UTC)
HEAD = "a" * 40


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def _record(tx: Transaction, number: int = 7, **changes: Any) -> str:
    pulls.seen(tx, Sighting(1, number, "acme/widget", 5, HEAD, "main", True))
    run_id = uuid4()
    tx.execute(
        "INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, status,"
        " current_step) VALUES (%s, 'policy_evaluation', 'evaluate', 'x', 1, 'acme/widget', 5, 'succeeded', 'judge')",
        (run_id,),
    )
    usual = Evaluation(
        run_id=run_id, repository_id=1, number=number, head_sha=HEAD, base_ref="main", policy_digest="d",
        state="success", description="", status_text="", evaluated_at=T0,
    )  # fmt: skip
    return str(evaluations.record(tx, Evaluation(**{**usual.__dict__, **changes})))


def _stored(tx: Transaction) -> StoredEvaluation:
    found = sealed_evaluations.stored_for_merge(tx, 1, 7)
    assert found is not None
    return found


def _event(action: str, **changes: Any) -> Event:
    return Event(name="pull_request", action=action, repository=Repository(id=1, full_name="acme/widget"), **changes)


def test_it_is_what_was_recorded(tx: Transaction) -> None:
    evaluation_id = _record(tx)
    assert _stored(tx) == StoredEvaluation(
        id=evaluation_id, head_sha=HEAD, base_ref="main", repository_id=1, policy_digest="d", decision="allow",
        evaluated_at=T0, invalidated_by=None, is_sound=True,
    )  # fmt: skip


def test_there_is_none_of_a_pull_request_that_was_never_judged(tx: Transaction) -> None:
    _record(tx, number=8)
    assert sealed_evaluations.stored_for_merge(tx, 1, 7) is None


@pytest.mark.parametrize("state", ["failure", "pending", "error"])
def test_only_a_success_allows(tx: Transaction, state: str) -> None:
    _record(tx, state=state)
    assert _stored(tx).decision == "deny"


def test_the_newest_counts_whatever_it_says(tx: Transaction) -> None:
    _record(tx)
    newest = _record(tx, state="failure", evaluated_at=T0 - timedelta(hours=1))
    assert (_stored(tx).id, _stored(tx).decision) == (newest, "deny")


def test_one_without_a_policy_has_no_digest_that_could_fit(tx: Transaction) -> None:
    _record(tx, policy_digest=None)
    assert _stored(tx).policy_digest == ""


@pytest.mark.parametrize(
    "damage",
    [
        f"head_sha = '{'b' * 40}'",
        "base_ref = 'stable'",
        "policy_digest = 'e'",
        "state = 'pending'",
        "evaluated_at = evaluated_at + interval '1 microsecond'",
        "seal = NULL",
        "id = gen_random_uuid()",
    ],
)
def test_a_row_that_was_changed_is_not_sound(tx: Transaction, damage: str) -> None:
    _record(tx)
    tx.execute(f"UPDATE evaluations SET {damage}".encode())
    assert not _stored(tx).is_sound


@pytest.mark.parametrize(
    "event",
    [_event("synchronize"), _event("closed"), _event("reopened"), _event("edited", left_branch="main")],
    ids=lambda event: event.action,
)
def test_a_push_a_new_base_a_close_and_a_reopening_void_it(event: Event) -> None:
    assert sealed_evaluations.invalidates(event)


@pytest.mark.parametrize(
    "event",
    [
        _event("labeled"),
        _event("edited"),
        _event("opened"),
        _event("converted_to_draft"),
        Event(name="pull_request_review", action="dismissed"),
    ],
    ids=lambda event: event.action,
)
def test_other_events_leave_it_be(event: Event) -> None:
    assert not sealed_evaluations.invalidates(event)


def test_a_void_one_names_its_event_and_the_next_one_counts_again(tx: Transaction) -> None:
    _record(tx)
    assert sealed_evaluations.invalidate(tx, 1, 7, _event("synchronize"), T0) == 1
    assert sealed_evaluations.invalidate(tx, 1, 7, _event("closed"), T0) == 0
    assert (_stored(tx).invalidated_by, _stored(tx).is_sound) == ("pull_request.synchronize", True)
    _record(tx)
    assert _stored(tx).invalidated_by is None


def test_that_of_another_pull_request_is_left_alone(tx: Transaction) -> None:
    _record(tx)
    assert sealed_evaluations.invalidate(tx, 1, 8, _event("synchronize"), T0) == 0
    assert _stored(tx).invalidated_by is None
