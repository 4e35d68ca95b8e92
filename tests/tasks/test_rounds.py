"""What is looked at again and again is a workflow each time: begun in time, one at a time, where GitHub is bound."""

from datetime import timedelta

import pytest

from app.records import rounds
from tasks import sweep
from tests.tasks.house import House

ROUNDS = "SELECT kind, status FROM workflows WHERE type = 'reconciliation' ORDER BY created_at"


def test_the_sweep_begins_no_round_where_nothing_is_bound_for_it(house: House) -> None:
    sweep.enqueue_due(house.context)
    assert house.rows(ROUNDS) == []


def test_the_sweep_begins_a_round_of_each_kind_that_is_bound(house: House) -> None:
    house.with_settings(github_deliveries="live", merge_repositories=("acme/widget",))
    sweep.enqueue_due(house.context)
    assert {row["kind"] for row in house.rows(ROUNDS)} == {"deliveries", "gates"}
    assert {task for task, _ in house.sent} == {"reconcile.deliveries", "reconcile.inspect_gates"}


def test_a_round_comes_again_when_the_last_one_is_over_and_its_time_has_come(house: House) -> None:
    with house.context.pool.connection() as tx:
        first = rounds.open_due(tx, "gates", every_seconds=600, now=house.clock())
        assert first is not None
        house.clock.forward(601)
        assert rounds.open_due(tx, "gates", every_seconds=600, now=house.clock()) is None
        tx.execute("UPDATE workflows SET status = 'succeeded' WHERE id = %(id)s", {"id": first})
        assert rounds.open_due(tx, "gates", every_seconds=602, now=house.clock()) is None
        assert rounds.open_due(tx, "gates", every_seconds=600, now=house.clock()) is not None


@pytest.mark.parametrize("ended", ["blocked", "failed", "cancelled"])
def test_a_round_that_ended_badly_holds_up_no_other(house: House, ended: str) -> None:
    with house.context.pool.connection() as tx:
        first = rounds.begin(tx, "deliveries", house.clock())
        tx.execute("UPDATE workflows SET status = %(ended)s WHERE id = %(id)s", {"id": first, "ended": ended})
        assert rounds.open_due(tx, "deliveries", every_seconds=0, now=house.clock()) is not None


def test_two_sweeps_at_once_begin_one_round(house: House) -> None:
    with house.context.pool.connection() as tx:
        assert rounds.begin(tx, "deliveries", house.clock()) is not None
        assert rounds.begin(tx, "deliveries", house.clock()) is None
    assert len(house.rows(ROUNDS)) == 1


def test_a_clock_that_was_ahead_for_a_while_holds_up_no_round(house: House) -> None:
    with house.context.pool.connection() as tx:
        ahead = rounds.begin(tx, "gates", house.clock() + timedelta(days=1))
        tx.execute("UPDATE workflows SET status = 'succeeded' WHERE id = %(id)s", {"id": ahead})
        assert rounds.open_due(tx, "gates", every_seconds=600, now=house.clock()) is not None
        assert rounds.open_due(tx, "gates", every_seconds=600, now=house.clock()) is None
