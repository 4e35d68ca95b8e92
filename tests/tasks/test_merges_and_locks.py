"""Transactions about one merge that meet: none waits for another that waits for it, and none overlooks the other."""

from collections.abc import Callable
from dataclasses import replace
from threading import Thread
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from app import ledger
from tests.tasks import merging
from tests.tasks.house import REPOSITORY, House


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


Connection = psycopg.Connection[dict[str, Any]]


class _Beside(Thread):
    """Work in another thread; its trouble is that of the test."""

    def __init__(self, work: Callable[[], object]) -> None:
        super().__init__()
        self._work = work
        self._trouble: BaseException | None = None

    def run(self) -> None:
        try:
            self._work()
        except psycopg.Error as trouble:
            self._trouble = trouble

    def end(self) -> None:
        self.join()
        if self._trouble is not None:
            raise self._trouble


def _connected(house: House) -> Connection:
    return psycopg.connect(house.context.settings.database_url, row_factory=dict_row)


def test_the_audit_is_locked_after_the_wish(ready: House) -> None:
    """An evaluation renews the wish of a label before its own entry, while the merge that it asks for is recorded."""
    evaluation = _connected(ready)

    def attest() -> None:
        with evaluation:
            ready.wait_until_one_waits()
            ledger.append(evaluation, kind="test", subject="test", actor="test", body={}, at=ready.clock())

    beside = _Beside(attest)

    def meet(name: str) -> None:
        if name == "merge.verified":
            evaluation.execute("SELECT id FROM merge_requests FOR UPDATE")
            beside.start()

    ready.context = replace(ready.context, checkpoint=meet)
    run_id = merging.ask(ready)
    ready.work()
    beside.end()
    assert merging.said(ready, run_id) == ("merged", None, None)


@pytest.mark.parametrize("is_event", [True, False])
def test_a_wish_is_locked_after_its_issue(ready: House, is_event: bool) -> None:
    """Somebody holds an issue, with what was asked for it, while its next run is being opened."""
    about = merging.issue(ready)
    ready.github.fault("PUT", "/merge$", 405, message="Repository rule violations found")
    merging.merge(ready, about, waits=True)
    ready.rows("UPDATE merge_requests SET due_at = now() - interval '1 day' RETURNING id")
    ready.clock.forward(1)
    if is_event:
        ready.deliver_pull(action="edited")

    work = _Beside(ready.work if is_event else ready.sweep)
    with _connected(ready) as holding:
        holding.execute("SELECT id FROM issues FOR UPDATE")
        work.start()
        ready.wait_until_one_waits(or_until=lambda: not work.is_alive())
        holding.execute("UPDATE merge_requests SET status = 'ended'")
    work.end()
    assert ready.rows("SELECT count(*) AS runs FROM step_runs") == [{"runs": 1}]


def test_what_happens_while_a_run_is_under_way_is_not_lost_for_its_wish(ready: House) -> None:
    ready.github.review(REPOSITORY, 1, by="alice", state="changes_requested")
    ready.deliver(ready.event("pull_request_review", "submitted", pulls=(1,)))
    ready.work()
    todo = [ready.approve]

    def approve(name: str) -> None:
        if name == "merge.read" and todo:
            todo.pop()()

    ready.context = replace(ready.context, checkpoint=approve)
    run_id = merging.ask(ready, waits=True)
    ready.work()
    assert merging.said(ready, run_id)[0] == "blocked"
    ready.clock.forward(10)
    ready.sweep()
    assert len(merging.puts(ready)) == 1
