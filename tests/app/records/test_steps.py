"""The engine: what is due is claimed once, by one worker, while nothing is against it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.rows import dict_row

from app import definitions
from app.database import Transaction
from app.definitions import Definition, Step
from app.handed import AskedPulls, AskedStep, Inspected, Judged
from app.records import lapses, resting, runs, steps
from app.records.runs import Run, Wanted
from app.records.steps import LeaseLost

T0 = datetime(2026, 1, 5, 12, tzinfo=UTC)
LEASE = 60
JUDGED = Judged(evaluation=None, state=None, head_sha=None)
ASKED = AskedStep(step="S5_MERGE", mode="execute", request_id="r")
WANTED = Wanted("evaluate", 7, "Acme/Widget", 5, number=3)
FIRST, SECOND = Step("judge", "merge.judge", Inspected), Step("send", "merge.send", Inspected)
LINE = (Definition("merge", "merge", 1, (FIRST, SECOND), (Step("tidy", "merge.tidy", Inspected),)),)
LOOKED = Inspected(looked_at=0)


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def _status(tx: Transaction, run_id: UUID) -> tuple[str, str | None]:
    row = tx.execute("SELECT status, error FROM runs WHERE id = %(id)s", {"id": run_id}).fetchone()
    assert row is not None
    return row["status"], row["error"]


def _claimed(tx: Transaction, run_id: UUID, now: datetime = T0) -> Run:
    run = runs.claim(tx, run_id, now, LEASE)
    assert run is not None
    return run


def _added(tx: Transaction) -> UUID:
    run_id = uuid4()
    runs.add(tx, "merge", run_id=run_id, subject=f"merge:{run_id}", due_at=T0, full_name="acme/widget")
    return run_id


def _pause(tx: Transaction, scope: str) -> None:
    tx.execute("INSERT INTO pauses VALUES (%(scope)s, 'Because.', 'olga', %(now)s)", {"scope": scope, "now": T0})


def test_what_is_due_is_claimed_once(tx: Transaction) -> None:
    run_id = runs.want(tx, WANTED, T0)
    run = _claimed(tx, run_id)
    assert (run.kind, run.version, run.step.name, run.attempts) == ("evaluate", 1, "judge", 1)
    assert runs.claim(tx, run_id, T0, LEASE) is None
    assert _status(tx, run_id) == ("running", None)


def test_what_is_not_due_is_left(tx: Transaction) -> None:
    run_id = runs.want(tx, WANTED, T0 + timedelta(seconds=1))
    assert runs.claim(tx, run_id, T0, LEASE) is None
    assert steps.take_due(tx, T0) == []


def test_of_two_runs_about_one_subject_one_is_worked_on(tx: Transaction) -> None:
    first = runs.want(tx, WANTED, T0)
    run = _claimed(tx, first)
    second = runs.want(tx, WANTED, T0)
    assert second != first
    assert runs.claim(tx, second, T0, LEASE) is None
    runs.finish(tx, run, T0, JUDGED)
    assert _claimed(tx, second).id == second


@pytest.mark.parametrize("scope", ["type:policy_evaluation", "repository:acme/widget"])
def test_what_is_paused_is_neither_claimed_nor_enqueued_until_it_is_resumed(tx: Transaction, scope: str) -> None:
    run_id = runs.want(tx, WANTED, T0)
    _pause(tx, scope)
    assert (runs.claim(tx, run_id, T0, LEASE), steps.take_due(tx, T0)) == (None, [])
    tx.execute("DELETE FROM pauses")
    assert [due.message for due in steps.take_due(tx, T0)] == [run_id]
    assert _claimed(tx, run_id).id == run_id


def test_a_pause_of_something_else_is_none(tx: Transaction) -> None:
    run_id = runs.want(tx, WANTED, T0)
    for scope in ("type:merge", "repository:acme/gadget", "repository:Acme/Widget"):
        _pause(tx, scope)
    assert _claimed(tx, run_id).id == run_id


def test_what_is_paused_holds_up_nothing_else(tx: Transaction) -> None:
    _pause(tx, "repository:acme/widget")
    for number in range(steps.DUE_BATCH + 1):
        runs.want(tx, Wanted("evaluate", 7, "acme/widget", 5, number=number + 1), T0 - timedelta(hours=1))
    free = runs.want(tx, Wanted("evaluate", 8, "acme/gadget", 5, number=1), T0)
    assert [due.message for due in steps.take_due(tx, T0)] == [free]


def test_a_workflow_of_a_version_that_is_not_known_here_is_left_alone(tx: Transaction) -> None:
    run_id = runs.want(tx, WANTED, T0)
    tx.execute("UPDATE workflows SET version = 2")
    assert (runs.claim(tx, run_id, T0, LEASE), steps.take_due(tx, T0)) == (None, [])


def test_a_workflow_that_was_started_under_an_older_version_finishes_under_it(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(definitions, "DEFINITIONS", LINE)
    old = _added(tx)
    newer = Definition("merge", "merge", 2, (Step("all", "merge.all", Inspected),))
    monkeypatch.setattr(definitions, "DEFINITIONS", (*LINE, newer))
    new = _added(tx)
    assert {due.message: due.task for due in steps.take_due(tx, T0)} == {old: "merge.judge", new: "merge.all"}
    assert runs.finish(tx, _claimed(tx, old), T0, LOOKED)
    assert [due.task for due in steps.take_due(tx, T0)] == ["merge.send"]
    assert not runs.finish(tx, _claimed(tx, old), T0, LOOKED)
    assert not runs.finish(tx, _claimed(tx, new), T0, LOOKED)
    assert {_status(tx, run_id)[0] for run_id in (old, new)} == {"succeeded"}


def test_a_line_hands_what_a_step_found_out_to_the_next(tx: Transaction, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(definitions, "DEFINITIONS", LINE)
    run_id = _added(tx)
    runs.finish(tx, _claimed(tx, run_id), T0, Inspected(looked_at=7))
    following = _claimed(tx, run_id)
    assert (following.step.name, following.step.input, following.attempts) == ("send", {"looked_at": 7}, 1)


def test_a_step_beside_the_line_is_claimed_by_its_own_id_and_outlives_its_worker(
    tx: Transaction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(definitions, "DEFINITIONS", LINE)
    run_id = _added(tx)
    step_id = steps.add(tx, run_id, "tidy", exclusive="branch:x", due_at=T0)
    first = steps.claim(tx, step_id, T0, LEASE)
    assert first is not None
    assert steps.claim(tx, step_id, T0 + timedelta(seconds=LEASE), LEASE) is None
    second = steps.claim(tx, step_id, T0 + timedelta(seconds=LEASE + 1), LEASE)
    assert second is not None
    assert second.attempts == 2
    with pytest.raises(LeaseLost):
        steps.end(tx, first, "done", T0)
    steps.end(tx, second, "done", T0)
    assert _claimed(tx, run_id).step.name == "judge"


def test_a_snooze_is_no_attempt_and_a_retry_is_one(tx: Transaction) -> None:
    run_id = runs.want(tx, WANTED, T0)
    runs.snooze(tx, _claimed(tx, run_id), T0, "GitHub's limit holds.", now=T0)
    runs.retry(tx, _claimed(tx, run_id), T0, "GitHub is away.", now=T0)
    assert _claimed(tx, run_id).attempts == 2


def test_a_step_hands_on_what_its_definition_says_and_nothing_else(tx: Transaction) -> None:
    run = _claimed(tx, runs.want(tx, WANTED, T0))
    with pytest.raises(TypeError, match="hands on Judged"):
        runs.finish(tx, run, T0, LOOKED)
    with pytest.raises(TypeError, match="hands on Judged"):
        resting.rest(tx, run, "waiting", T0, LOOKED)


@pytest.mark.parametrize("asked", [None, AskedPulls(repository="acme/widget")])
def test_a_workflow_is_asked_for_with_what_its_definition_says_and_nothing_else(
    tx: Transaction, asked: AskedPulls | None
) -> None:
    with pytest.raises(TypeError, match="AskedStep"):
        runs.add(tx, "merge", run_id=uuid4(), subject="merge:1", due_at=T0, input=asked)
    with pytest.raises(TypeError, match="not with"):
        runs.add(tx, "gates", run_id=uuid4(), subject="gates:1", due_at=T0, input=ASKED)
    assert tx.execute("SELECT count(*) AS n FROM workflows").fetchone() == {"n": 0}


@pytest.mark.parametrize(("leave", "status"), [(runs.block, "blocked"), (runs.fail, "failed")])
def test_what_is_stopped_says_why_and_is_claimed_no_more(tx: Transaction, leave: object, status: str) -> None:
    run_id = runs.want(tx, WANTED, T0)
    assert callable(leave)
    leave(tx, _claimed(tx, run_id), "Somebody has to look.", T0)
    assert _status(tx, run_id) == (status, "Somebody has to look.")
    assert runs.claim(tx, run_id, T0, LEASE) is None


def test_a_worker_that_was_taken_for_dead_records_nothing(tx: Transaction) -> None:
    run_id = runs.want(tx, WANTED, T0)
    dead = _claimed(tx, run_id)
    later = T0 + timedelta(seconds=LEASE + 1)
    assert [run.id for run in lapses.found(tx, later)] == [run_id]
    lapses.put_back(tx, run_id, later)
    _claimed(tx, run_id, later)
    for record in (lambda: runs.hold(tx, dead), lambda: runs.finish(tx, dead, later, JUDGED)):
        with pytest.raises(LeaseLost), tx.transaction():
            record()


def test_a_cancelled_run_is_nobodys_any_more(tx: Transaction) -> None:
    run_id = runs.want(tx, WANTED, T0)
    run = _claimed(tx, run_id)
    assert runs.cancel(tx, run_id, T0)
    with pytest.raises(LeaseLost), tx.transaction():
        runs.finish(tx, run, T0, JUDGED)
    assert not runs.cancel(tx, run_id, T0)
    assert _status(tx, run_id)[0] == "cancelled"


def test_a_put_off_run_gives_way_to_one_that_waits_and_leaves_it_what_it_knows(tx: Transaction) -> None:
    first = runs.want(tx, WANTED, T0)
    run = _claimed(tx, first)
    second = runs.want(tx, WANTED, T0)
    runs.retry(tx, run, T0 + timedelta(seconds=9), "GitHub is away.", now=T0)
    assert _status(tx, first)[0] == "cancelled"
    row = tx.execute("SELECT due_at, attempts, error FROM runs WHERE id = %(id)s", {"id": second}).fetchone()
    assert row == {"due_at": T0 + timedelta(seconds=9), "attempts": 1, "error": "GitHub is away."}


@pytest.mark.parametrize(("first", "second", "asked_by"), [("olga", None, "olga"), ("olga", "bob", "bob")])
def test_a_run_that_gives_way_leaves_who_asked_for_it_where_nobody_else_did(
    tx: Transaction, first: str, second: str | None, asked_by: str
) -> None:
    run_id = runs.want(tx, WANTED, T0)
    runs.ask(tx, run_id, first)
    run = _claimed(tx, run_id)
    waiting = runs.want(tx, WANTED, T0)
    if second is not None:
        runs.ask(tx, waiting, second)
    runs.retry(tx, run, T0 + timedelta(seconds=9), "GitHub is away.", now=T0)
    row = tx.execute("SELECT asked_by FROM workflows WHERE id = %(id)s", {"id": waiting}).fetchone()
    assert row == {"asked_by": asked_by}


def test_a_run_that_gives_way_ends_when_it_does_and_not_when_the_other_is_due(tx: Transaction) -> None:
    first = runs.want(tx, WANTED, T0)
    run = _claimed(tx, first)
    runs.want(tx, WANTED, T0)
    runs.retry(tx, run, T0 + timedelta(hours=9), "GitHub is away.", now=T0)
    row = tx.execute(
        "SELECT finished_at, updated_at, ended_at FROM workflows JOIN steps ON workflow_id = workflows.id"
        " WHERE workflows.id = %(id)s",
        {"id": first},
    ).fetchone()
    assert row == {"finished_at": T0, "updated_at": T0, "ended_at": T0}


def test_what_is_opened_was_so_by_the_clock_of_who_opens_it(tx: Transaction) -> None:
    run_id = uuid4()
    runs.add(tx, "gates", run_id=run_id, subject="gates:0", due_at=T0)
    row = tx.execute("SELECT created_at, updated_at FROM workflows WHERE id = %(id)s", {"id": run_id}).fetchone()
    assert row == {"created_at": T0, "updated_at": T0}


def test_what_is_put_off_was_so_by_the_clock_of_its_worker(tx: Transaction) -> None:
    run_id = runs.want(tx, WANTED, T0)
    runs.retry(tx, _claimed(tx, run_id), T0 + timedelta(hours=9), "GitHub is away.", now=T0)
    row = tx.execute("SELECT updated_at FROM workflows WHERE id = %(id)s", {"id": run_id}).fetchone()
    assert row == {"updated_at": T0}


def test_a_message_of_the_last_minute_is_enough(tx: Transaction) -> None:
    runs.want(tx, WANTED, T0)
    assert len(steps.take_due(tx, T0)) == 1
    assert steps.take_due(tx, T0 + timedelta(seconds=steps.REQUEUE_SECONDS)) == []
    assert len(steps.take_due(tx, T0 + timedelta(seconds=steps.REQUEUE_SECONDS + 1))) == 1


@given(st.integers(1, 500), st.uuids())
def test_pauses_grow_to_a_limit_and_differ(attempts: int, of: UUID) -> None:
    seconds, most = steps.backoff_seconds(attempts, of), min(2**attempts, steps.LONGEST_BACKOFF_SECONDS)
    assert most * 0.75 <= seconds <= most
    assert steps.backoff_seconds(attempts, of) == seconds


def test_what_failed_together_is_not_tried_again_together() -> None:
    assert len({steps.backoff_seconds(10, uuid4()) for _ in range(100)}) > 50


@pytest.mark.parametrize(("status", "outcome", "is_over"), [("blocked", "stop", True), ("waiting", "snooze", False)])
def test_what_rests_says_how_and_is_over_only_where_it_is(
    tx: Transaction, status: Literal["blocked", "waiting"], outcome: str, is_over: bool
) -> None:
    asked = "SELECT outcome, finished_at FROM workflows JOIN steps ON workflow_id = workflows.id"
    run_id = runs.want(tx, WANTED, T0)
    resting.rest(tx, _claimed(tx, run_id), status, T0, JUDGED)
    assert tx.execute(asked).fetchone() == {"outcome": outcome, "finished_at": T0 if is_over else None}
    assert resting.reopen(tx, run_id, T0, kind="evaluate", resting=[status])
    assert tx.execute(asked).fetchone() == {"outcome": None, "finished_at": None}
