"""A write is claimed as its step, and the two never disagree, whatever is done in whichever order."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from app.database import Transaction
from app.handed import Judged
from app.records import intents, resting, run_intents, runs, steps, steps_beside, write_steps
from app.records.intents import Claimed
from app.records.runs import Wanted
from app.records.steps import LeaseLost
from policies.contents import StatusContent
from policies.intents import Intent
from tests.app.records.locks import until_it_waits

T0 = datetime(2026, 1, 5, 12, tzinfo=UTC)
LEASE = 60
HEADS = ("a" * 40, "b" * 40)
OPEN = ("pending", "waiting", "sent")


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


class Writes:
    """Writes of two runs to two targets, the clock, and what workers have in hand, dead ones too."""

    def __init__(self, tx: Transaction) -> None:
        self.tx = tx
        self.now = T0
        self.hands = list[Claimed]()
        self.runs = [runs.want(tx, Wanted("evaluate", 7, "acme/widget", 5, number=number), T0) for number in (1, 2)]
        for run_id in self.runs:
            run = runs.claim(tx, run_id, T0, LEASE)
            assert run is not None
            runs.finish(tx, run, T0, Judged(evaluation=None, state=None, head_sha=None))

    def record(self, of: int, head: int, waits: bool = False) -> UUID:
        content = StatusContent(
            sha=HEADS[head], context="mergegate: main", state="pending", description="d", target_url=""
        )
        newest = intents.newest(self.tx, content.target_in(7))
        intent = Intent(
            run_id=str(self.runs[of]),
            repository="acme/widget",
            repository_id=7,
            installation_id=5,
            number=of + 1,
            sequence=newest["sequence"] + 1 if newest else 1,
            content=content,
        )
        status: Any = "waiting" if waits else "pending"
        self.now += timedelta(milliseconds=1)  # so that it is known which was first
        return intents.record(self.tx, intent, None, self.now, status=status)

    def claim(self, place: int) -> Claimed | None:
        rows = self.tx.execute("SELECT id FROM intents ORDER BY recorded_at, id").fetchall()
        claimed = intents.claim(self.tx, rows[place % len(rows)]["id"], self.now, LEASE) if rows else None
        if claimed is not None:
            self.hands.append(claimed)
        return claimed

    def do(self, change: Callable[[Claimed], None]) -> None:
        """What the last worker to come does with the write that it has, unless it has lost it."""
        if not self.hands:
            return
        try:
            with self.tx.transaction():
                change(self.hands[-1])
        except LeaseLost:
            self.hands.pop()

    def rows(self) -> list[dict[str, Any]]:
        return self.tx.execute(
            "SELECT writes.*, steps.status AS step, name, exclusive, workflow_id, ended_at FROM writes"
            " LEFT JOIN steps USING (id) ORDER BY recorded_at, sequence"
        ).fetchall()


def _demand_agreement(writes: Writes) -> None:
    """Of each write with its step; and of one target one is in hand, and no other while one is sent."""
    found = writes.rows()
    for row in found:
        assert row["step"] in write_steps.STEPS_OF[row["status"]]
        assert (row["name"], row["exclusive"], row["workflow_id"]) == ("write", row["target"], row["run_id"])
        is_open = row["status"] in OPEN
        assert (row["settled_at"] is None, row["ended_at"] is None) == (is_open, is_open)
    for head in HEADS:
        busy = [row for row in found if head in row["target"] and (row["lease"] or row["status"] == "sent")]
        assert len(busy) <= 1


ACTS: dict[str, Callable[[Writes, int], object]] = {
    "record": lambda w, n: w.record(n % 2, n // 2),
    "record one that waits": lambda w, n: w.record(n % 2, n // 2, waits=True),
    "claim": lambda w, n: w.claim(n),
    "send": lambda w, _: w.do(lambda held: intents.mark_sent(w.tx, held)),
    "write": lambda w, _: w.do(lambda held: intents.end(w.tx, held, "written", w.now)),
    "deny": lambda w, _: w.do(lambda held: intents.end(w.tx, held, "denied", w.now, "No.")),
    "block": lambda w, _: w.do(lambda held: intents.end(w.tx, held, "blocked", w.now, "Look.")),
    "put off": lambda w, _: w.do(
        lambda held: intents.put_off(w.tx, held, _as_it_is(w, held), w.now, "Later.", now=w.now)
    ),
    "await a turn": lambda w, _: w.do(lambda held: intents.await_turn(w.tx, held, _as_it_is(w, held), w.now, "Later.")),
    "await somebody": lambda w, _: w.do(lambda held: intents.await_somebody(w.tx, held, "Who?", w.now)),
    "wish again": lambda w, n: _wish_again(w, n),
    "take back": lambda w, n: intents.take_back(w.tx, "run_id = %(run)s", {"run": w.runs[n % 2], "now": w.now}),
    "reopen": lambda w, n: run_intents.reopen(w.tx, w.runs[n % 2], w.now),
    "die": lambda w, _: _later(w),
    "put back": lambda w, _: steps_beside.put_back_lapsed(w.tx, w.now),
}


def _as_it_is(writes: Writes, held: Claimed) -> Any:
    """As the callers have it: what was sent stays so."""
    (row,) = [row for row in writes.rows() if row["id"] == held.id]
    return "sent" if row["status"] == "sent" else "pending"


def _wish_again(writes: Writes, place: int) -> None:
    for row in writes.rows()[place : place + 1]:
        intents.wish_again(writes.tx, row["id"], writes.now)


def _later(writes: Writes) -> None:
    writes.now += timedelta(seconds=LEASE + 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.sampled_from(sorted(ACTS)), st.integers(0, 3)), max_size=25))
def test_a_write_and_its_step_never_disagree(tx: Transaction, acts: list[tuple[str, int]]) -> None:
    with tx.transaction(force_rollback=True):
        writes = Writes(tx)
        for name, number in acts:
            ACTS[name](writes, number)
            _demand_agreement(writes)


def _blocked(writes: Writes) -> None:
    writes.record(0, 0)
    writes.claim(0)
    writes.do(lambda held: intents.end(writes.tx, held, "blocked", T0, "A person must look."))


def _shown(writes: Writes) -> list[str]:
    rows = writes.tx.execute(
        "SELECT status FROM workflows JOIN unnest(%(ids)s::uuid[]) WITH ORDINALITY AS asked (id, place) USING (id)"
        " ORDER BY place",
        {"ids": writes.runs},
    ).fetchall()
    return [row["status"] for row in rows]


def test_a_workflow_is_blocked_while_a_write_of_it_needs_a_person(tx: Transaction) -> None:
    writes = Writes(tx)
    _blocked(writes)
    assert _shown(writes) == ["blocked", "succeeded"]
    writes.record(1, 0)
    assert _shown(writes) == ["succeeded", "succeeded"]


def test_a_workflow_is_not_blocked_by_a_write_that_may_not_leave(tx: Transaction) -> None:
    writes = Writes(tx)
    writes.record(0, 0)
    writes.claim(0)
    writes.do(lambda held: intents.end(tx, held, "denied", T0, "It is not allowed."))
    assert _shown(writes) == ["succeeded", "succeeded"]


def test_a_workflow_stays_blocked_by_the_write_that_is_left(tx: Transaction) -> None:
    writes = Writes(tx)
    _blocked(writes)
    writes.record(0, 1)
    writes.claim(1)
    writes.do(lambda held: intents.end(tx, held, "blocked", T0, "This one, too."))
    writes.record(1, 0)
    assert _shown(writes) == ["blocked", "succeeded"]


def test_a_workflow_that_is_judged_again_is_not_taken_for_blocked(tx: Transaction) -> None:
    writes = Writes(tx)
    _blocked(writes)
    assert resting.reopen(tx, writes.runs[0], T0, kind="evaluate", resting=("blocked",))
    run = runs.claim(tx, writes.runs[0], T0, LEASE)
    assert run is not None
    writes.record(0, 0)
    assert _shown(writes) == ["running", "succeeded"]
    runs.finish(tx, run, T0, Judged(evaluation=None, state=None, head_sha=None))
    assert _shown(writes) == ["succeeded", "succeeded"]


def test_a_workflow_that_ends_is_blocked_by_what_needed_a_person_meanwhile(tx: Transaction) -> None:
    writes = Writes(tx)
    assert resting.reopen(tx, writes.runs[0], T0, kind="evaluate", resting=("succeeded",))
    run = runs.claim(tx, writes.runs[0], T0, LEASE)
    assert run is not None
    _blocked(writes)
    assert _shown(writes) == ["running", "succeeded"]
    runs.finish(tx, run, T0, Judged(evaluation=None, state=None, head_sha=None))
    assert _shown(writes) == ["blocked", "succeeded"]
    writes.record(1, 0)
    assert _shown(writes) == ["succeeded", "succeeded"]


def test_none_is_claimed_while_another_of_its_target_is_sent_and_it_counts_no_attempt(tx: Transaction) -> None:
    writes = Writes(tx)
    writes.record(0, 0)
    writes.claim(0)
    writes.do(lambda held: intents.mark_sent(tx, held))
    writes.do(lambda held: intents.put_off(tx, held, "sent", T0, "It is read later.", now=T0))
    writes.record(1, 0)
    assert writes.claim(1) is None
    assert [(row["status"], row["attempts"], row["lease"]) for row in writes.rows()] == [
        ("sent", 1, None),
        ("pending", 0, None),
    ]
    sent = writes.claim(0)
    assert sent is not None
    assert sent.sent
    writes.do(lambda held: intents.end(tx, held, "written", T0))
    assert writes.claim(1) is not None


@pytest.mark.parametrize("ended", ["written", "denied", "refused", "blocked"])
def test_a_write_that_has_ended_is_not_claimed_whatever_its_step_says(tx: Transaction, ended: Any) -> None:
    writes = Writes(tx)
    writes.record(0, 0)
    writes.claim(0)
    writes.do(lambda held: intents.end(tx, held, ended, T0))
    tx.execute("UPDATE steps SET status = 'pending' WHERE name = 'write'")
    assert writes.claim(0) is None


def test_a_paused_write_is_not_claimed(tx: Transaction) -> None:
    writes = Writes(tx)
    writes.record(0, 0)
    tx.execute("INSERT INTO pauses VALUES ('repository:acme/widget', 'Because.', 'olga', now())")
    assert (writes.claim(0), steps.take_due(tx, writes.now)) == (None, [])
    tx.execute("DELETE FROM pauses")
    assert writes.claim(0) is not None


def test_a_write_of_a_version_that_is_not_known_here_is_left_alone(tx: Transaction) -> None:
    writes = Writes(tx)
    writes.record(0, 0)
    tx.execute("UPDATE workflows SET version = 99")
    assert (writes.claim(0), steps.take_due(tx, writes.now)) == (None, [])


def test_a_write_whose_worker_died_waits_again_and_says_so(tx: Transaction) -> None:
    writes = Writes(tx)
    write_id = writes.record(0, 0)
    writes.claim(0)
    _later(writes)
    steps_beside.put_back_lapsed(tx, writes.now)
    assert [row["error"] for row in writes.rows()] == ["The worker stopped in the middle of attempt 1."]
    assert [due.message for due in steps.take_due(tx, writes.now)] == [write_id]
    writes.do(lambda held: intents.end(tx, held, "written", T0))
    assert [row["status"] for row in writes.rows()] == ["pending"]


def test_a_write_of_another_version_is_stopped_by_who_locks_its_workflow_first(
    tx: Transaction, database_url: str
) -> None:
    writes = Writes(tx)
    write_id = writes.record(0, 0)
    tx.execute("UPDATE intents SET content = '{}'")
    tx.commit()
    tx.execute("SELECT FROM workflows WHERE id = %(id)s FOR UPDATE", {"id": writes.runs[0]})
    with psycopg.connect(database_url, row_factory=dict_row) as other, ThreadPoolExecutor(1) as worker:
        claiming = worker.submit(intents.claim, other, write_id, writes.now, LEASE)
        until_it_waits(database_url, other.info.backend_pid)
        tx.execute("SELECT FROM steps WHERE id = %(id)s FOR UPDATE NOWAIT", {"id": write_id})
        tx.commit()
        assert claiming.result() is None
    assert [row["status"] for row in writes.rows()] == ["blocked"]
    assert _shown(writes) == ["blocked", "succeeded"]
