"""Due steps that are paused: put aside once, read no more, and taken back when that has ended."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from app.database import Transaction
from app.handed import AskedHandoff
from app.records import paused_steps, pauses, runs, steps
from app.records.pauses import Pause
from app.records.runs import Wanted

T0 = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def _want(tx: Transaction, count: int, repository_id: int = 7, at: datetime = T0) -> None:
    for number in range(1, count + 1):
        runs.want(tx, Wanted("evaluate", repository_id, f"acme/r{repository_id}", 5, number=number), at)


def _pause(tx: Transaction, scope: str = "repository:acme/r7") -> None:
    pauses.add(tx, Pause(scope, "Because.", "olga", T0))


def test_what_is_paused_is_put_aside_once(tx: Transaction) -> None:
    _want(tx, 3)
    _want(tx, 2, repository_id=8)
    _pause(tx)
    assert [paused_steps.put_aside(tx, T0) for _ in range(2)] == [3, 0]
    assert len(steps.take_due(tx, T0)) == 2
    assert paused_steps.take_back(tx) == 0


def test_many_that_are_paused_are_put_aside_in_one_sweep_whatever_is_free_before_them(tx: Transaction) -> None:
    free, paused = paused_steps.LOOKED_AT // 2, 3 * paused_steps.LOOKED_AT
    _want(tx, free, repository_id=8, at=T0 - timedelta(hours=1))
    _want(tx, paused)
    _pause(tx)
    assert paused_steps.put_aside(tx, T0) == paused
    assert len(steps.take_due(tx, T0)) == free


@pytest.mark.parametrize(("scope", "moved"), [("repository:acme/r7", 0), ("type:pull_request_handoff", 1)])
def test_what_does_not_know_its_repository_yet_waits_in_its_place(tx: Transaction, scope: str, moved: int) -> None:
    """It may turn out to be of another one, that is not paused."""
    run_id = uuid4()
    asked = AskedHandoff(remote="acme/r7", base="main", head="work", head_sha=None)
    runs.add(tx, "work", run_id=run_id, subject=f"work:{run_id}", due_at=T0, full_name="acme/r7", input=asked)
    _pause(tx, scope)
    assert (paused_steps.put_aside(tx, T0), steps.take_due(tx, T0)) == (moved, [])


def test_what_is_not_due_is_left(tx: Transaction) -> None:
    _want(tx, 1, at=T0 + timedelta(seconds=1))
    _pause(tx)
    assert paused_steps.put_aside(tx, T0) == 0


def test_it_is_taken_back_when_its_pause_has_ended(tx: Transaction) -> None:
    _want(tx, 3)
    _pause(tx)
    paused_steps.put_aside(tx, T0)
    pauses.end(tx, "repository:acme/r7", pauses.UNKNOWN)
    assert [paused_steps.take_back(tx) for _ in range(2)] == [3, 0]
    assert len(steps.take_due(tx, T0)) == 3


def test_it_waits_for_the_other_pause_that_holds_it(tx: Transaction) -> None:
    _want(tx, 1)
    _pause(tx)
    _pause(tx, "type:policy_evaluation")
    for scope in ("repository:acme/r7", "type:policy_evaluation"):
        paused_steps.take_back(tx)
        paused_steps.put_aside(tx, T0)
        assert steps.take_due(tx, T0) == []
        pauses.end(tx, scope, pauses.UNKNOWN)
    paused_steps.take_back(tx)
    assert len(steps.take_due(tx, T0)) == 1


def test_it_is_taken_back_where_its_pause_turns_out_to_be_of_another_repository(tx: Transaction) -> None:
    """By its name alone it held both."""
    _want(tx, 1)
    _pause(tx)
    paused_steps.put_aside(tx, T0)
    pauses.follow(tx, 9, "acme/r7", T0)
    assert (paused_steps.take_back(tx), paused_steps.put_aside(tx, T0)) == (1, 0)


def test_a_claim_takes_what_was_put_aside_once_that_is_resumed(tx: Transaction) -> None:
    """Its message may still be under way; the sweep need not have come by."""
    _want(tx, 1)
    (due,) = steps.take_due(tx, T0)
    _pause(tx)
    paused_steps.put_aside(tx, T0)
    assert runs.claim(tx, due.message, T0, 60) is None
    pauses.end(tx, "repository:acme/r7", pauses.UNKNOWN)
    assert runs.claim(tx, due.message, T0, 60) is not None


def test_more_than_a_sweep_moves_is_moved_by_the_next_ones(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MOST_TAKEN_BACK", "MOST_LOOKS"):
        monkeypatch.setattr(paused_steps, name, 2)
    monkeypatch.setattr(paused_steps, "LOOKED_AT", 1)
    _want(tx, 3)
    _pause(tx)
    assert [paused_steps.put_aside(tx, T0) for _ in range(3)] == [2, 1, 0]
    pauses.end(tx, "repository:acme/r7", pauses.UNKNOWN)
    assert [paused_steps.take_back(tx) for _ in range(3)] == [2, 1, 0]


def test_a_step_that_somebody_holds_is_passed_over(tx: Transaction, database_url: str) -> None:
    _want(tx, 2)
    _pause(tx)
    tx.commit()
    with psycopg.connect(database_url, row_factory=dict_row) as other:
        other.execute("SELECT FROM steps ORDER BY id LIMIT 1 FOR UPDATE")
        assert paused_steps.put_aside(tx, T0) == 1


def test_what_is_known_to_be_another_repository_of_a_name_from_before_is_not_put_aside(tx: Transaction) -> None:
    pauses.add(tx, Pause("repository:acme/r8", "Because.", "olga", T0, 7))
    pauses.follow(tx, 7, "acme/elsewhere", T0)
    _want(tx, 1, repository_id=8)
    assert (paused_steps.put_aside(tx, T0), len(steps.take_due(tx, T0))) == (0, 1)


def test_it_is_looked_at_again_where_its_own_repository_turns_out_to_have_another_name(tx: Transaction) -> None:
    """It was held by its name alone."""
    _want(tx, 1)
    _pause(tx)
    paused_steps.put_aside(tx, T0)
    runs.want(tx, Wanted("evaluate", 7, "acme/renamed", 5, number=1), T0)
    assert (paused_steps.put_aside(tx, T0), len(steps.take_due(tx, T0))) == (0, 1)
