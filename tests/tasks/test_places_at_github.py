"""A merge waits for a place among our own requests, and for its base branch, without an outcome and without reading."""

import pytest

from app.governor import Slot
from app.records import merge_leases
from tests.tasks import merging
from tests.tasks.house import House

MOST_READINGS = 9


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


def test_a_merge_that_finds_no_place_goes_on_a_second_later(ready: House) -> None:
    governor = ready.context.governor
    taken = [governor.begin(ready.installation_id, "core", None, ready.clock()) for _ in range(MOST_READINGS)]
    assert all(isinstance(slot, Slot) for slot in taken)
    run_id = merging.ask(ready)
    ready.work()
    assert merging.said(ready, run_id) == (None, None, None)
    ready.clock.forward(60)
    ready.sweep()
    assert merging.said(ready, run_id) == ("merged", None, None)
    assert ready.rows("SELECT count(*) AS n FROM step_runs") == [{"n": 1}]


def test_nothing_is_read_while_others_merge_into_the_branch(ready: House) -> None:
    with ready.context.pool.connection() as tx:
        other = ready.rows("SELECT id FROM runs LIMIT 1")[0]["id"]
        merge_leases.acquire(tx, other, ready.repository_id, "main", now=ready.clock(), seconds=30)
    run_id, asked = merging.ask(ready), len(ready.github.requests)
    ready.work()
    assert (merging.said(ready, run_id)[0], len(ready.github.requests)) == (None, asked)
    ready.clock.forward(31)
    ready.sweep()
    assert merging.said(ready, run_id)[0] == "merged"
