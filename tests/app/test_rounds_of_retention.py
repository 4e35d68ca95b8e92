"""A round of letting go: what it tells the audit, where it goes on, what it passes over, by which days."""

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from app import retention
from app.artifacts.store import Store
from app.records import pruning
from app.records.prunable import RULES
from app.retention import RetentionUnknown
from tests.app.kept import NEW, NOW, OLD, Attic, a_round


def test_a_round_goes_on_behind_what_is_kept(attic: Attic, shelf: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH_ROWS", 3)
    monkeypatch.setattr(retention, "MOST_BATCHES", 2)
    workflow = attic.workflow(NEW)
    for _ in range(6):
        attic.delivery(OLD, led_to=workflow)
    attic.delivery(OLD - 1)
    assert a_round(attic, shelf) == {}
    assert a_round(attic, shelf) == {"deliveries": 1}
    assert a_round(attic, shelf) == {}


def test_a_round_that_takes_long_leaves_the_rest_to_the_next_one(
    attic: Attic, shelf: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "BATCH_ROWS", 2)
    for _ in range(5):
        attic.delivery(OLD)
    monkeypatch.setattr(retention, "MOST_SECONDS", 0)
    assert [a_round(attic, shelf) for _ in range(4)] == [*[{"deliveries": 2}] * 2, {"deliveries": 1}, {}]


def test_days_are_those_that_operators_have_set(attic: Attic, shelf: Store) -> None:
    attic.delivery(60)
    assert a_round(attic, shelf) == {}
    _set(attic, 30)
    assert a_round(attic, shelf) == {"deliveries": 1}


def test_nothing_goes_where_the_days_cannot_be_read(attic: Attic, shelf: Store) -> None:
    attic.delivery(OLD)
    _set(attic, "soon")
    with pytest.raises(RetentionUnknown):
        a_round(attic, shelf)
    assert len(attic.ids("deliveries")) == 1


def _set(attic: Attic, days: object) -> None:
    attic.insert(
        "settings",
        repository_id=0,
        name="retention_deliveries_days",
        full_name="",
        value=Jsonb(days),
        changed_by="olga",
        changed_at=NOW,
    )


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3), st.sampled_from([10, 100, 200, 500]), st.sampled_from(["succeeded", "pending", "failed"])
        ),
        max_size=8,
    ),
    st.sets(st.integers(1, 3)),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_goes_that_an_open_pull_request_or_open_work_refers_to(
    attic: Attic, shelf: Store, made: list[tuple[int, int, str]], still_open: set[int]
) -> None:
    for number in (1, 2, 3):
        attic.pull(number, is_open="yes" if number in still_open else "no")
    counts = []
    for number, days, status in made:
        workflow = attic.workflow(days, number=number, status=status)
        evaluation, delivery = attic.evaluation(workflow, number, days), attic.delivery(days, led_to=workflow)
        if number in still_open or status == "pending":
            counts.append((workflow, evaluation, delivery))
    a_round(attic, shelf)
    left = {name: set(attic.ids(name)) for name in ("workflows", "evaluations", "deliveries")}
    facts = attic.tx.execute("SELECT evaluations.id FROM evaluations JOIN snapshots ON digest = snapshot_digest")
    with_facts = {row["id"] for row in facts}
    for workflow, evaluation, delivery in counts:
        assert workflow in left["workflows"]
        assert evaluation in left["evaluations"] & with_facts
        assert delivery in left["deliveries"]
    attic.tx.rollback()


def test_what_somebody_holds_is_passed_over(attic: Attic, shelf: Store, database_url: str) -> None:
    attic.delivery(OLD)
    workflow = attic.workflow(OLD)
    attic.binding(workflow)
    attic.tx.commit()
    with psycopg.connect(database_url) as other:
        other.execute("SELECT FROM bindings FOR UPDATE")
        other.execute("SELECT FROM deliveries FOR UPDATE")
        assert a_round(attic, shelf) == {}
    attic.tx.commit()
    assert a_round(attic, shelf) == {"workflows": 1, "deliveries": 1}


def test_two_rounds_at_once_let_go_of_each_row_once(attic: Attic, shelf: Store, database_url: str) -> None:
    attic.delivery(OLD)
    attic.tx.commit()
    with psycopg.connect(database_url, row_factory=dict_row) as other:
        first = pruning.choose(other, "deliveries", NOW)
        assert first is not None
        assert len(first.chosen) == 1
        assert a_round(attic, shelf) == {}
        other.rollback()
    assert a_round(attic, shelf) == {"deliveries": 1}


def test_what_would_go_is_counted_and_stays(attic: Attic) -> None:
    attic.delivery(OLD)
    attic.delivery(NEW)
    shown = {each.what: each for each in retention.show(attic.tx, NOW)}
    assert set(shown) == set(RULES)
    assert (shown["deliveries"].days, shown["deliveries"].standing) == (90, pruning.Standing(rows=2, old=1))
    assert len(attic.ids("deliveries")) == 2
