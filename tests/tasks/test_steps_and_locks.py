"""Transactions that meet at a workflow and its steps: the workflow is locked first, so that none waits for ever."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from app import ledger
from app.events import Repository
from app.records import bindings, intents, runs, write_steps
from app.records import workflows as recorded
from app.records.intents import Claimed
from app.records.runs import Wanted
from app.workflows import cancelling, retrying
from app.workflows.pausing import Scope
from policies.contents import StatusContent
from policies.decision import Blocker
from tasks import merge_waking
from tests.app.records.locks import until_anybody_waits, until_it_waits
from tests.tasks import merging, steering
from tests.tasks.agency import agency
from tests.tasks.house import REPOSITORY, House

Connection = psycopg.Connection[dict[str, Any]]
LEASE = 60


@pytest.fixture
def people() -> Any:
    with ThreadPoolExecutor(2) as made:
        yield made


def _connected(house: House) -> Connection:
    return psycopg.connect(house.context.settings.database_url, row_factory=dict_row)


def _waiting(house: House, people: ThreadPoolExecutor, on: Connection, work: Callable[[], object]) -> Future[None]:
    """Somebody's work on a connection, which waits for another by now, and is committed at its end."""

    def do() -> None:
        work()
        on.commit()

    begun = people.submit(do)
    until_it_waits(house.context.settings.database_url, on.info.backend_pid)
    return begun


def _held_write(house: House) -> Claimed:
    """A status that a worker has in hand."""
    house.deliver_pull()
    house.run(*house.sent.pop(0))
    (row,) = house.rows("SELECT id FROM intents")
    with house.context.pool.connection() as tx:
        claimed = intents.claim(tx, row["id"], house.clock(), LEASE)
    assert claimed is not None
    return claimed


def test_who_puts_a_write_aside_that_is_blocked_just_then_locks_its_workflow_first(
    house: House, people: ThreadPoolExecutor
) -> None:
    claimed = _held_write(house)
    workflow_id, target = claimed.step.workflow_id, claimed.intent.target
    with _connected(house) as writer, _connected(house) as newer, _connected(house) as operator:
        bindings.hold_write(writer, claimed)
        house.rows(f"UPDATE intents SET status = 'pending' WHERE id = '{claimed.id}' RETURNING id")
        which = "target = %(target)s AND status IN ('pending', 'blocked')"

        def put_aside() -> None:
            found = write_steps.locked(newer, which, {"target": target})
            write_steps.supersede(newer, list(found), house.clock())

        def retry() -> None:
            recorded.hold(operator, workflow_id)
            write_steps.unblock(operator, workflow_id, house.clock())

        both = [_waiting(house, people, newer, put_aside), _waiting(house, people, operator, retry)]
        intents.end(writer, claimed, "blocked", house.clock(), "A person must look.")
        writer.commit()
        for each in both:
            each.result()
    assert house.rows("SELECT status FROM intents") == [{"status": "superseded"}]
    assert house.rows(f"SELECT status FROM workflows WHERE id = '{workflow_id}'") == [{"status": "succeeded"}]


def test_who_puts_a_blocked_write_aside_waits_for_its_workflow_with_no_step_in_hand(
    house: House, people: ThreadPoolExecutor
) -> None:
    claimed = _held_write(house)
    with house.context.pool.connection() as tx:
        bindings.hold_write(tx, claimed)
        intents.end(tx, claimed, "blocked", house.clock(), "A person must look.")
    with _connected(house) as newer, _connected(house) as operator:
        recorded.hold(operator, claimed.step.workflow_id)

        def put_aside() -> None:
            found = write_steps.locked(newer, "target = %(target)s", {"target": claimed.intent.target})
            write_steps.supersede(newer, list(found), house.clock())

        aside = _waiting(house, people, newer, put_aside)
        operator.execute("SELECT FROM steps WHERE id = %(id)s FOR UPDATE NOWAIT", {"id": claimed.id})
        operator.commit()
        aside.result()
    assert house.rows("SELECT status FROM intents") == [{"status": "superseded"}]


def test_who_folds_a_run_into_the_one_that_waits_locks_that_one_first(house: House, people: ThreadPoolExecutor) -> None:
    wanted = Wanted("evaluate", house.repository_id, REPOSITORY, house.installation_id, number=1)
    now = house.clock()
    with _connected(house) as first, _connected(house) as second:
        run = runs.claim(first, runs.want(first, wanted, now), now, LEASE)
        first.commit()
        waiting_id = runs.want(second, wanted, now)
        second.commit()
        assert run is not None
        second.execute("SELECT FROM workflows WHERE id = %(id)s FOR NO KEY UPDATE", {"id": waiting_id})
        folded = _waiting(house, people, first, lambda: runs.retry(first, run, now, "GitHub is away.", now=now))
        assert runs.claim(second, waiting_id, now, LEASE) is None
        second.commit()
        folded.result()
    rows = house.rows("SELECT id, status, attempts, error FROM runs")
    assert {row["id"]: (row["status"], row["attempts"], row["error"]) for row in rows} == {
        run.id: ("cancelled", 1, "GitHub is away."),
        waiting_id: ("pending", 1, "GitHub is away."),
    }


def test_who_ends_a_write_of_a_run_of_the_api_locks_its_workflow_first(
    house: House, tmp_path: Path, people: ThreadPoolExecutor
) -> None:
    at = agency(house, tmp_path, approvals_required="none")
    run_id = UUID(at.ask()["runId"])
    for kind in ("verification", "internal_review"):
        at.give(str(run_id), kind)
    house.rows("UPDATE steps SET status = 'pending', due_at = '2020-01-01' WHERE name = 'write' RETURNING id")
    (row, *_) = house.rows("SELECT id FROM intents ORDER BY stage")
    house.rows(f"UPDATE intents SET status = 'pending', settled_at = NULL WHERE id = '{row['id']}' RETURNING id")
    with house.context.pool.connection() as tx:
        claimed = intents.claim(tx, row["id"], house.clock(), LEASE)
    assert claimed is not None
    with _connected(house) as writer, _connected(house) as operator:
        recorded.hold(operator, run_id)

        def end() -> None:
            bindings.hold_write(writer, claimed)
            intents.end(writer, claimed, "refused", house.clock(), "No.")
            bindings.tell(writer, claimed, house.clock())

        ended = _waiting(house, people, writer, end)
        operator.execute("SELECT FROM steps WHERE id = %(id)s FOR UPDATE NOWAIT", {"id": claimed.id})
        operator.commit()
        ended.result()
    house.put_writes("status <> 'superseded'", "written")


def test_nobody_who_adds_a_step_waits_for_who_holds_its_workflow(house: House) -> None:
    claimed = _held_write(house)
    with _connected(house) as holding, _connected(house) as adding:
        recorded.hold(holding, claimed.step.workflow_id)
        adding.execute("SET LOCAL lock_timeout = '2s'")
        content = claimed.intent.content
        assert isinstance(content, StatusContent)
        other = content.model_copy(update={"context": "mergegate: other"})
        intents.record(adding, claimed.intent.model_copy(update={"content": other}), None, house.clock())
        adding.rollback()


def _retried(tx: Connection, house: House, workflow_id: UUID) -> object:
    return retrying.retry(tx, house.context.settings, workflow_id, steering.by(house))


def _cancelled(tx: Connection, house: House, workflow_id: UUID) -> object:
    return cancelling.cancel(tx, workflow_id, steering.by(house))


@pytest.mark.parametrize("steer", [_retried, _cancelled])
def test_a_merge_is_not_steered_while_the_next_look_at_its_wish_is_being_opened(
    house: House, people: ThreadPoolExecutor, steer: Callable[[Connection, House, UUID], object]
) -> None:
    """That look would go on beside a retry, or though its wish is cancelled."""
    merging.check(merging.ready(house), "late", None)
    first = merging.ask(house, waits=True)
    house.work()
    house.rows(f"UPDATE merge_requests SET due_at = '{house.clock().isoformat()}' RETURNING id")
    said = list[object]()
    with _connected(house) as sweeping, _connected(house) as operator:
        merge_waking.take_due(house.context, sweeping, house.clock())
        steered = _waiting(house, people, operator, lambda: said.append(steer(operator, house, first)))
        sweeping.commit()
        steered.result()
    (blocker,) = said
    assert isinstance(blocker, Blocker)
    assert blocker.code == "WORKFLOW_UNDER_WAY"
    assert house.rows("SELECT status FROM merge_requests") == [{"status": "open"}]
    assert sorted(each.status for each in steering.listed(house, "merge")) == ["pending", "waiting"]


def test_who_takes_in_what_renames_a_pause_tells_the_audit_last(house: House, people: ThreadPoolExecutor) -> None:
    house.deliver_pull()
    steering.pause(house, Scope("repository", REPOSITORY))
    (row,) = house.rows("SELECT id FROM workflows")
    renamed = Repository(id=house.repository_id, full_name="acme/new")
    event = house.event("pull_request", "edited", pulls=(1,)).model_copy(update={"repository": renamed})
    with _connected(house) as operator:
        recorded.hold(operator, row["id"])
        taken = people.submit(house.deliver, event)
        until_anybody_waits(house.context.settings.database_url)
        operator.execute("SET LOCAL lock_timeout = '2s'")
        ledger.hold(operator)
        operator.commit()
        taken.result()
    told = house.rows("SELECT subject FROM audit_events WHERE kind = 'repository_pause_renamed'")
    assert told == [{"subject": "repository:acme/new"}]
