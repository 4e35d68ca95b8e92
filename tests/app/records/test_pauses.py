"""What a pause holds, as events show where its repository is: no less than what was paused, and soon no more."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from app.database import Transaction
from app.handed import AskedHandoff
from app.records import pauses, pulls, runs, steps
from app.records.pauses import Move, Pause
from app.records.pulls import Sighting
from app.records.runs import Wanted
from tests import databases

T0 = datetime(2026, 1, 5, 12, tzinfo=UTC)
WIDGET, GADGET = "Acme/Widget", "acme/gadget"
OURS, OTHER = 7, 8


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def _pause(tx: Transaction, name: str = WIDGET, repository_id: int = pauses.UNKNOWN) -> None:
    pauses.add(tx, Pause(f"repository:{name.lower()}", "Because.", "olga", T0, repository_id))


def _judging(tx: Transaction, repository_id: int, name: str) -> UUID:
    number = uuid4().int % 1_000_000
    return runs.want(tx, Wanted("evaluate", repository_id, name, 5, number=number), T0)


def _writing(tx: Transaction, name: str) -> UUID:
    """What does not know the id of its repository yet."""
    run_id = uuid4()
    asked = AskedHandoff(remote=name, base="main", head="work", head_sha=None)
    runs.add(tx, "work", run_id=run_id, subject=f"work:{run_id}", due_at=T0, full_name=name, input=asked)
    return run_id


def _is_held(tx: Transaction, run_id: UUID) -> bool:
    with tx.transaction(force_rollback=True):
        is_due = run_id in {due.message for due in steps.take_due(tx, T0)}
    with tx.transaction(force_rollback=True):
        is_claimed = runs.claim(tx, run_id, T0, 60) is not None
    assert is_due == is_claimed
    return not is_claimed


def _seen(tx: Transaction, repository_id: int, name: str, seconds: int = 1) -> list[Move]:
    return pauses.follow(tx, repository_id, name, T0 + timedelta(seconds=seconds))


def test_it_goes_with_a_repository_that_is_renamed(tx: Transaction) -> None:
    _pause(tx, repository_id=OURS)
    moved = _seen(tx, OURS, GADGET)
    assert moved == [Move("renamed", "repository:acme/gadget", "repository:acme/widget", OURS)]
    held = [_judging(tx, OURS, WIDGET), _judging(tx, OURS, GADGET), _writing(tx, WIDGET), _writing(tx, GADGET)]
    assert [_is_held(tx, each) for each in held] == [True] * 4


def test_a_new_repository_of_that_name_does_not_inherit_it(tx: Transaction) -> None:
    _pause(tx, repository_id=OURS)
    _seen(tx, OURS, GADGET)
    assert _is_held(tx, _writing(tx, WIDGET))
    assert _seen(tx, OTHER, WIDGET) == [Move("name_taken", "repository:acme/gadget", "repository:acme/widget", OURS)]
    assert [_is_held(tx, each) for each in (_judging(tx, OTHER, WIDGET), _writing(tx, WIDGET))] == [False, False]
    assert [_is_held(tx, each) for each in (_judging(tx, OURS, WIDGET), _writing(tx, GADGET))] == [True, True]


def test_a_repository_that_was_never_seen_is_held_by_its_name_until_it_is(tx: Transaction) -> None:
    _pause(tx)
    assert [_is_held(tx, _judging(tx, each, WIDGET)) for each in (OURS, OTHER)] == [True, True]
    assert _seen(tx, OURS, WIDGET) == [Move("pinned", "repository:acme/widget", "repository:acme/widget", OURS)]
    assert [_is_held(tx, _judging(tx, each, WIDGET)) for each in (OURS, OTHER)] == [True, False]
    assert _seen(tx, OURS, WIDGET) == []


def test_an_event_from_before_the_pause_shows_nothing(tx: Transaction) -> None:
    _pause(tx, repository_id=OURS)
    assert _seen(tx, OURS, GADGET, seconds=-1) == []
    assert _seen(tx, OURS, GADGET, seconds=0) != []


def test_one_that_is_seen_under_the_name_of_another_leaves_both_held(tx: Transaction) -> None:
    """Which of them was meant is not known: the one that had the name, or the one that has it."""
    _pause(tx, repository_id=OURS)
    assert _seen(tx, OTHER, WIDGET) == []
    assert [_is_held(tx, _judging(tx, each, WIDGET)) for each in (OURS, OTHER)] == [True, True]


def test_a_merge_is_held_by_the_repository_of_its_wish(tx: Transaction) -> None:
    _pause(tx, GADGET, OURS)
    _seen(tx, OURS, GADGET)
    run_id = _writing(tx, "acme/elsewhere")
    wish = (
        "INSERT INTO merge_requests (id, mode, request_id, source, asked_by, status, created_at, until, repository_id"
    )
    tx.execute(
        f"{wish}, number) VALUES (%(id)s, 'execute', '', 'label', 'olga', 'open', now(), now(), {OURS}, 1)".encode(),
        {"id": run_id},
    )
    assert not _is_held(tx, run_id)
    tx.execute(
        "INSERT INTO step_runs (run_id, merge_request_id, step, mode, request_id, asked_by, started_at)"
        " VALUES (%(id)s, %(id)s, 'S5_MERGE', 'execute', '', 'olga', now())",
        {"id": run_id},
    )
    assert _is_held(tx, run_id)


@pytest.mark.parametrize(("ids", "found"), [((), 0), ((OURS,), OURS), ((OURS, OTHER), 0)])
def test_a_name_is_that_of_a_repository_where_only_one_had_it(
    tx: Transaction, ids: tuple[int, ...], found: int
) -> None:
    for each in ids:
        pulls.seen(tx, Sighting(each, 1, WIDGET, 5))
    assert pauses.repository_named(tx, WIDGET.upper()) == found


@pytest.mark.parametrize("shown", [WIDGET, GADGET])
@pytest.mark.parametrize("name", [WIDGET, GADGET])
def test_it_ends_under_its_old_name_and_its_new_one(tx: Transaction, name: str, shown: str) -> None:
    """`shown`: what its pull request was seen under last."""
    _pause(tx, repository_id=OURS)
    _seen(tx, OURS, GADGET)
    pulls.seen(tx, Sighting(OURS, 1, shown, 5))
    ended = pauses.end(tx, f"repository:{name.lower()}", pauses.repository_named(tx, name))
    assert [(each.scope, each.repository_id) for each in ended] == [("repository:acme/gadget", OURS)]
    assert pauses.count(tx) == 0


def test_another_of_the_same_repository_ends_with_it(tx: Transaction) -> None:
    _pause(tx, repository_id=OURS)
    _pause(tx, GADGET)
    assert {move.what for move in _seen(tx, OURS, GADGET)} == {"pinned", "renamed"}
    assert len(pauses.end(tx, "repository:acme/gadget", pauses.UNKNOWN)) == 2


@dataclass
class _World:
    """Repositories by their names, one each; `held`: the one that was paused."""

    names: dict[int, str] = field(default_factory=lambda: {1: "a/a", 2: "a/b", 3: "a/c"})


MOVES = st.lists(st.tuples(st.sampled_from([1, 2, 3]), st.sampled_from(["a/a", "a/b", "a/c", "a/d"])), max_size=8)


@given(moves=MOVES, lost=st.lists(st.booleans(), min_size=8, max_size=8), is_known=st.booleans())
@settings(max_examples=80)
def test_what_was_paused_stays_held_whatever_is_renamed_and_whatever_is_not_heard(
    tx_of_all: Transaction, moves: list[tuple[int, str]], lost: list[bool], is_known: bool
) -> None:
    """Repository 1 is paused as a/a; an event follows each rename, or is lost."""
    world = _World()
    with tx_of_all.transaction(force_rollback=True):
        _pause(tx_of_all, "a/a", 1 if is_known else pauses.UNKNOWN)
        is_shown = is_known
        for (repository, name), is_lost in zip(moves, lost, strict=False):
            if name in world.names.values():
                continue
            if repository == 1 and not is_shown:
                _seen(tx_of_all, 1, "a/a")
                is_shown = True
            world.names[repository] = name
            if not is_lost:
                _seen(tx_of_all, repository, name)
        assert _is_held(tx_of_all, _judging(tx_of_all, 1, world.names[1]))


@pytest.fixture(scope="module")
def tx_of_all(postgres: str) -> Iterator[Transaction]:
    with databases.fresh(postgres) as url, psycopg.connect(url, row_factory=dict_row) as connection:
        yield connection
