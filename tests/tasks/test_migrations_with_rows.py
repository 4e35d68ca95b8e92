"""Our own migrations on a database that is in use: what the older schema can hold is still there afterwards."""

from pathlib import Path
from typing import Any

import pytest

from app import chain_text, explain, ledger, schema
from app.records import evaluations, mode_differences
from tests.tasks import merging
from tests.tasks.agency import agency
from tests.tasks.house import REPOSITORY, House
from tests.tasks.odds import rules
from tests.tasks.wishes import VERDICTS, prepare, wish

OLD_COLUMNS = (
    "id, seq, run_id, repository_id, number, head_sha, base_ref, policy_source, policy_digest, snapshot_digest, state,"
    " description, status_text, result, evaluated_at, intent_id"
)
LATER_COLUMNS = (
    "slot_at",
    "policy_places",
    "withdrawn_at",
    "came_back_at",
    "epoch",
    "part_of",
    "stage",
    "simulated",
    "via",
    "hook_head_sha",
    "hook_head_at",
    "pushed_by",
    "pusher_id",
    "type",
    "version",
    "input",
    "current_step",
    "asked_by",
    "retry_of",
    "updated_at",
    "step_id",
    "pruned_at",
)
KEPT = {
    "0002_runs": ("deliveries", "pulls", "heads", "runs", "run_deliveries", "audit_events"),
    "0003_writes": ("snapshots", "intents", "decisions", "permits", "pinned_repositories"),
}


def _kept(house: House, version: str, *, at: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """What a version can hold, read from the schema of `at`, or of the newest version."""
    tables = [table for name, found in KEPT.items() if name <= version for table in found]
    rows = {table: house.rows(f"SELECT * FROM {_name(table, at)} ORDER BY 1, 2") for table in tables}
    if version >= "0003_writes":
        rows["evaluations"] = house.rows(f"SELECT {OLD_COLUMNS} FROM evaluations ORDER BY seq")
    return {table: [_without_later_columns(row) for row in found] for table, found in rows.items()}


def _name(table: str, at: str | None) -> str:
    """What the table was called then."""
    was = {"audit_events": "audit_entries"} if at is not None else {"intents": "writes"}
    return was.get(table, table)


def _without_later_columns(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in LATER_COLUMNS}


def _down_to(house: House, version: str) -> tuple[str, ...]:
    """Undo every migration newer than `version`; their names, newest first."""
    url = house.context.settings.database_url
    newer = [each.name for each in schema.status(url) if each.name > version]
    return schema.down(url, steps=len(newer))


def _up(house: House) -> tuple[str, ...]:
    return schema.up(house.context.settings.database_url)


@pytest.mark.parametrize("version", KEPT)
def test_steps_down_and_up_lose_no_row_that_the_older_schema_holds(house: House, version: str) -> None:
    house.deliver_pull()
    house.work()
    before = _kept(house, version)
    undone = _down_to(house, version)
    assert min(undone) > version
    assert _kept(house, version, at=version) == before
    assert _up(house) == tuple(reversed(undone))
    assert _kept(house, version) == before
    with house.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


@pytest.mark.parametrize("version", KEPT)
def test_the_gate_goes_on_after_steps_down_and_up(house: House, version: str) -> None:
    house.deliver_pull()
    house.work()
    _down_to(house, version)
    _up(house)
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="approved")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
    house.work()
    assert [state for state, _ in house.statuses()] == ["pending", "success"]


def test_evaluations_older_than_the_two_modes_can_be_read(house: House) -> None:
    house.deliver_pull()
    house.work()
    _down_to(house, "0003_writes")
    _up(house)
    with house.context.pool.connection() as tx:
        (row,) = evaluations.newest_of_open(tx, house.repository_id, "main")
        chain = explain.pull_request(tx, REPOSITORY, 1)
        assert mode_differences.that_differ(tx) == []
    assert (row.mode, row.state, row.policy) == ("compat", "pending", None)
    assert chain is not None
    assert "verdict   pending: 0/1 rules approved" in chain_text.render(chain)


@pytest.mark.matrix
@pytest.mark.parametrize("kind", VERDICTS)
@pytest.mark.parametrize("fault", [None, 502])
def test_a_write_that_the_older_gate_does_not_know_ends_and_can_be_wished_for_anew(
    house: House, kind: str, fault: int | None
) -> None:
    prepare(house, kind)
    if fault is not None:
        house.github.fault("POST", "/", fault, when="before")
        house.github.fault("PUT", "/", fault, when="before")
        house.work()
    _down_to(house, "0003_writes")
    assert house.rows("SELECT id FROM intents WHERE status IN ('pending', 'sent')") == []
    _up(house)
    house.work()
    wish(house, kind)
    house.work()
    house.clock.forward(60)
    house.sweep()
    assert len(house.written(kind)) == 1


def test_all_the_way_down_and_up_is_a_gate_without_a_past(house: House) -> None:
    house.deliver_pull()
    house.work()
    undone = _down_to(house, "")
    assert undone[-1] == "0001_audit"
    assert _up(house) == tuple(reversed(undone))
    house.deliver_pull(action="edited")
    house.work()
    assert len(house.statuses()) == 2
    assert house.rows("SELECT sequence FROM intents") == [{"sequence": 1}]


def test_what_runs_asked_for_goes_with_the_step_down_and_can_be_asked_for_anew(house: House, tmp_path: Path) -> None:
    at = agency(house, tmp_path)
    at.clear(at.ask(labels=["bot"])["runId"])
    at.ask(branch="agent/other")
    house.deliver_pull()
    house.work()
    verdicts = house.rows("SELECT id, key, status FROM intents WHERE epoch IS NULL ORDER BY id")
    _down_to(house, "0007_heads")
    assert house.rows("SELECT id, key, status FROM intents ORDER BY id") == verdicts
    assert house.rows("SELECT id FROM runs WHERE kind = 'work'") == []
    _up(house)
    at = agency(house, tmp_path)  # tokens went, too
    assert at.clear(at.ask(branch="agent/other")["runId"])["status"] == "succeeded"
    with house.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


def _as_writes(house: House) -> list[dict[str, Any]]:
    return house.rows("SELECT * FROM writes ORDER BY id")


def test_writes_keep_where_they_stood_and_who_had_them_over_the_step_to_steps_and_back(house: House) -> None:
    house.deliver_pull()
    with house.dying_at("write.spent"):
        house.work()
    before = _as_writes(house)
    assert [(row["status"], row["lease"] is None) for row in before] == [("sent", False)]
    _down_to(house, "0014_audit")
    assert house.rows("SELECT id FROM steps WHERE name = 'write'") == []
    assert house.rows("SELECT * FROM intents ORDER BY id") == before
    _up(house)
    assert _as_writes(house) == before
    house.clock.forward(house.context.settings.lease_seconds + 1)
    house.sweep()
    assert house.states() == ["pending"]


@pytest.mark.parametrize("is_gone", [False, True])
def test_what_follows_a_merge_is_done_after_the_step_down_and_up(house: House, is_gone: bool) -> None:
    """Also where the workflow of the merge is gone: then another one has what is left to do."""
    ready = merging.ready(house)
    ready.kinds = (*ready.kinds, "branch_delete")
    rules(ready, delete_branch=True)
    ready.github.fault("DELETE", "/git/refs/", 502, when="before")
    assert merging.merge(ready) == ("merged", None, None)
    left = "SELECT status, attempts, due_at, error FROM {} AS left_to_do"
    before = ready.rows(left.format("(SELECT * FROM steps WHERE name = 'delete_branch')"))
    _down_to(ready, "0014_audit")
    if is_gone:
        ready.rows("UPDATE merge_attempts SET run_id = NULL RETURNING id")
    assert ready.rows(left.format("after_merge_jobs")) == before
    _up(ready)
    _down_to(ready, "0014_audit")
    assert ready.rows(left.format("after_merge_jobs")) == before
    _up(ready)
    assert ready.rows(left.format("(SELECT * FROM steps WHERE name = 'delete_branch')")) == before
    ready.clock.forward(30)
    ready.sweep()
    assert len(ready.written("branch_delete")) == 1
    merges = ready.rows("SELECT status FROM workflows WHERE kind = 'merge'")
    assert merges == [{"status": "succeeded"}] * (1 + is_gone)
