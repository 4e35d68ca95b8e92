"""An import from its beginning to its end, in the middle, again, and taken back."""

import sqlite3
from datetime import timedelta

import pytest

from app import ledger
from app.legacy import exporting, hand, running
from app.legacy.trouble import LegacyError
from app.records import runs, steps
from tests.app.legacy import exports
from tests.app.legacy.exports import BEGAN, row, sound
from tests.app.legacy.gate import Gate


class Killed(BaseException):
    """As kill -9 ends a process: between two transactions nothing more is done."""


def test_it_brings_what_was_over_as_it_was(gate: Gate) -> None:
    batch = gate.bring({"workflows": [row("workflows")], "steps": [row("steps")]})
    assert gate.counts(batch) == {"steps": {"imported": 1}, "workflows": {"imported": 1}}
    found = gate.one("SELECT * FROM workflows WHERE kind = 'imported'")
    assert (found["type"], found["status"], found["subject"]) == ("merge", "succeeded", "legacy:acme/app#1")
    assert (found["full_name"], found["number"], found["input"]) == ("acme/app", 1, {"n": 1})
    assert (found["asked_by"], found["current_step"]) == ("bob", "send")
    assert found["created_at"].timestamp() * 1000 == BEGAN
    step = gate.one("SELECT * FROM steps WHERE name = 'send'")
    assert (step["status"], step["outcome"], step["position"], step["output"]) == ("done", "done", 1, {"ok": True})


def test_each_step_hands_on_how_many_rows_it_came_to(gate: Gate) -> None:
    batch = gate.bring({"workflows": [row("workflows")], "steps": [row("steps", id="")]})
    gate.roll_back(batch)
    told = gate.tx.execute(
        "SELECT name, output FROM steps JOIN workflows ON workflows.id = workflow_id WHERE kind <> 'imported'"
        " ORDER BY name"
    ).fetchall()
    assert {each["name"]: {name: count for name, count in each["output"].items() if count} for each in told} == {
        "apply": {"imported": 1, "quarantined": 1},
        "check": {"quarantined": 1, "ready": 1},
        "read": {"staged": 2},
        "take_out": {"rows": 1},
    }


def test_it_blocks_what_was_not_over_and_says_to_start_it_anew(gate: Gate) -> None:
    gate.bring({"workflows": [row("workflows", status="running", finished_at=None, error="it hung")]})
    found = gate.one("SELECT * FROM runs WHERE kind = 'imported'")
    assert (found["status"], found["current_step"], found["finished_at"]) == ("blocked", "legacy_end", None)
    assert found["error"].endswith("start it anew here if it is still wanted. It said: it hung")


def test_nobody_works_on_what_was_imported(gate: Gate) -> None:
    gate.bring({"workflows": [row("workflows", status="pending")], "steps": [row("steps", status="pending")]})
    with gate.tx.transaction():
        assert steps.take_due(gate.tx, gate.now + timedelta(days=1)) == []
        imported = gate.one("SELECT id FROM workflows WHERE kind = 'imported'")["id"]
        assert runs.claim(gate.tx, imported, gate.now, 60) is None


def test_a_dry_run_takes_nothing_in(gate: Gate) -> None:
    before = gate.contents()
    batch = gate.bring(sound(), extent="dry_run")
    assert (batch.status, gate.contents()) == ("checked", before)
    assert gate.counts(batch)["workflows"] == {"ready": 3}
    assert gate.bring(sound()).status == "applied"


def test_the_sweep_leaves_the_steps_of_an_import_to_its_command(gate: Gate) -> None:
    gate.bring(sound(), extent="dry_run")
    with gate.tx.transaction():
        assert steps.take_due(gate.tx, gate.now + timedelta(days=1)) == []


def test_a_second_run_changes_nothing(gate: Gate) -> None:
    batch = gate.bring(sound())
    before, entries = gate.contents(), gate.one("SELECT count(*) FROM audit_events")
    again = gate.bring(sound())
    assert (again.id, again.checksum, gate.contents()) == (batch.id, batch.checksum, before)
    assert gate.one("SELECT count(*) FROM audit_events") == entries


def test_the_same_rows_in_another_file_are_here_already(gate: Gate) -> None:
    gate.bring(sound(2))
    batch = gate.bring(sound(3), "newer.db")
    assert gate.counts(batch)["workflows"] == {"imported": 1, "unchanged": 2}
    assert gate.counts(batch)["settings"] == {"unchanged": 1}


@pytest.mark.parametrize("killed_at", ["Reading steps", "Checking workflows", "Checking steps", "Importing workflows"])
def test_it_goes_on_in_the_middle_after_a_kill(gate: Gate, monkeypatch: pytest.MonkeyPatch, killed_at: str) -> None:
    """`report` is called between two transactions; the process that was killed is known to be gone."""
    monkeypatch.setattr("app.records.legacy_rows.BATCH_ROWS", 2)
    monkeypatch.setattr("app.records.legacy_targets.BATCH_ROWS", 2)
    monkeypatch.setattr("app.legacy.reading.BATCH_ROWS", 2)

    def kill(what: str, done: int, total: int) -> None:
        if what == killed_at:
            raise Killed

    path = gate.file(sound(5))
    with pytest.raises(Killed):
        gate.bring_file(path, report=kill)
    monkeypatch.setattr(hand, "is_gone", lambda worker: True)
    batch = gate.bring_file(path)
    assert gate.counts(batch) == {
        "audit_events": {"imported": 5},
        "settings": {"imported": 1},
        "steps": {"imported": 10},
        "workflows": {"imported": 5},
    }
    straight = gate.contents()
    again = gate.bring_file(path) if gate.roll_back(batch) else batch
    assert (again.checksum, again.counts, gate.contents()["workflows"]) == (
        batch.checksum,
        batch.counts,
        straight["workflows"],
    )


def test_a_second_command_finds_it_in_hand_until_the_lease_lapses(gate: Gate) -> None:
    def kill(what: str, done: int, total: int) -> None:
        raise Killed

    path = gate.file(sound())
    with pytest.raises(Killed):
        gate.bring_file(path, report=kill)
    with pytest.raises(LegacyError, match="Another command is at this batch"):
        gate.bring_file(path)
    gate.later(hand.LEASE_SECONDS + 1)
    assert gate.bring_file(path).status == "applied"


def test_it_records_nothing_more_once_it_was_cancelled(gate: Gate) -> None:
    def cancel(what: str, done: int, total: int) -> None:
        if what == "Checking workflows":
            runs.cancel(gate.tx, gate.one("SELECT id FROM workflows WHERE kind = 'legacy'")["id"], gate.now)

    with pytest.raises(LegacyError, match="Somebody has cancelled it"):
        gate.bring_file(gate.file(sound()), report=cancel)
    assert gate.one("SELECT count(*) FROM workflows WHERE kind = 'imported'") == {"count": 0}
    assert gate.bring_file(gate.file(sound())).status == "applied"


def test_it_waits_while_its_type_is_paused(gate: Gate) -> None:
    gate.tx.execute("INSERT INTO pauses VALUES ('type:legacy_import', 'x', 'bob', now())")
    with pytest.raises(LegacyError, match="paused"):
        gate.bring(sound())
    gate.tx.execute("DELETE FROM pauses")
    assert gate.bring(sound()).status == "applied"


def test_a_rollback_leaves_everything_as_it_was(gate: Gate) -> None:
    gate.tx.execute(
        "INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, current_step)"
        " VALUES (gen_random_uuid(), 'merge', 'merge', 'ours', 1, 'o/r', 1, 'merge')"
    )
    before = gate.contents()
    batch = gate.bring(sound())
    assert gate.contents() != before
    assert (gate.roll_back(batch).status, gate.contents()) == ("rolled_back", before)
    assert gate.one("SELECT count(*) FROM legacy_rows") == {"count": 0}
    kinds = [entry.kind for entry in ledger.tail(gate.tx, 10)]
    assert kinds == ["setting_changed", "legacy_imported", "setting_changed", "legacy_rolled_back"]


def test_a_rollback_goes_on_in_the_middle(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.records.legacy_targets.BATCH_ROWS", 2)
    before = gate.contents()
    batch = gate.bring(sound(5))

    def kill(what: str, done: int, total: int) -> None:
        raise Killed

    with pytest.raises(Killed):
        running.roll_back(gate.tx, batch, gate.asked(report=kill))
    with pytest.raises(LegacyError, match="being rolled back"):
        gate.bring(sound(2), "other.db")
    gate.later(hand.LEASE_SECONDS + 1)
    halfway = gate.one("SELECT status FROM legacy_batches WHERE status = 'rolling_back'")
    assert halfway == {"status": "rolling_back"}
    (fresh,) = [each for each in gate.batches() if each.id == batch.id]
    assert (gate.roll_back(fresh).status, gate.contents()) == ("rolled_back", before)


def test_a_batch_on_which_another_one_stands_is_rolled_back_after_it(gate: Gate) -> None:
    first = gate.bring({"workflows": [row("workflows")]})
    second = gate.bring({"steps": [row("steps")]}, "steps.db")
    assert gate.counts(second)["steps"] == {"imported": 1}
    with pytest.raises(LegacyError, match="roll that back first"):
        gate.roll_back(first)
    gate.roll_back(second)
    assert gate.roll_back(first).status == "rolled_back"


def test_a_rollback_lets_go_of_what_retries_an_imported_workflow(gate: Gate) -> None:
    batch = gate.bring({"workflows": [row("workflows")]})
    gate.tx.execute(
        "INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, current_step,"
        " retry_of) SELECT gen_random_uuid(), 'merge', 'merge', 'ours', 1, 'o/r', 1, 'merge', id FROM workflows"
        " WHERE kind = 'imported'"
    )
    gate.roll_back(batch)
    assert gate.one("SELECT retry_of FROM workflows WHERE subject = 'ours'") == {"retry_of": None}


def test_a_retry_names_what_it_retries(gate: Gate) -> None:
    gate.bring({"workflows": [row("workflows", id="b", retry_of="a", created_at=BEGAN + 5), row("workflows", id="a")]})
    found = gate.one("SELECT own.subject FROM workflows AS own JOIN workflows AS other ON own.retry_of = other.id")
    assert found == {"subject": "legacy:acme/app#1"}


def test_a_setting_of_ours_stays(gate: Gate) -> None:
    gate.tx.execute(
        "INSERT INTO settings (repository_id, name, full_name, value, changed_by, changed_at)"
        " VALUES (0, 'safe_mode', 'all repositories', 'false', 'bob', now())"
    )
    before = gate.contents()["settings"]
    batch = gate.bring({"settings": [row("settings")]})
    assert (gate.counts(batch), gate.contents()["settings"]) == ({"settings": {"kept_ours": 1}}, before)
    gate.roll_back(batch)
    assert gate.contents()["settings"] == before


def test_a_setting_that_was_changed_since_stays_after_a_rollback(gate: Gate) -> None:
    batch = gate.bring({"settings": [row("settings")]})
    gate.tx.execute("UPDATE settings SET value = 'false', version = 2, reason = 'mine'")
    gate.roll_back(batch)
    assert gate.one("SELECT name, value FROM settings") == {"name": "safe_mode", "value": False}


def test_what_was_exported_is_what_was_imported(gate: Gate) -> None:
    tables = sound()
    tables["workflows"][0] |= {"error": 'it\'s; "odd"\n', "output": "[1.5, null]", "number": "7"}
    batch = gate.bring(tables)
    path = gate.directory / "exported.sql"
    path.write_text("\n".join(exporting.statements(gate.tx, batch)))
    again = gate.bring_file(path)
    assert gate.counts(again) == {
        table: {"unchanged": statuses["imported"]} for table, statuses in gate.counts(batch).items()
    }
    lines = list(exporting.lines(gate.tx, batch))
    assert len(lines) == 1 + sum(sum(statuses.values()) for statuses in gate.counts(batch).values())


def test_rows_that_an_older_schema_kept_are_taken_up_again(gate: Gate) -> None:
    """As after the schema was moved down and up, with which the batches are gone and the workflows are not."""
    tables = {"workflows": sound()["workflows"], "steps": sound()["steps"]}
    first = gate.bring(tables)
    gate.tx.execute("DELETE FROM legacy_batches")
    second = gate.bring(tables)
    assert (gate.counts(second), second.checksum) == (first.counts, first.checksum)


def test_two_old_systems_may_have_the_same_keys(gate: Gate) -> None:
    path = gate.file({"workflows": [row("workflows")]})
    for name in ("east", "west"):
        running.import_file(gate.tx, path, name, gate.asked())
    assert gate.one("SELECT count(*) FROM workflows WHERE kind = 'imported'") == {"count": 2}


def test_a_file_that_holds_nothing_known_is_refused(gate: Gate) -> None:
    path = gate.directory / "empty.db"
    exports.database(path, {})
    connection = sqlite3.connect(path)
    for table in exports.COLUMNS:
        connection.execute(f"ALTER TABLE {table} RENAME TO other_{table}")
    connection.close()
    with pytest.raises(LegacyError, match="none of the tables"):
        gate.bring_file(path)


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("The Move\n", "The Move"),
        ("on", "imported from the old system"),
        ('{"reason": "The Move", "until": "2020-01-01"}', "The Move"),
    ],
)
def test_a_freeze_keeps_its_reason_and_gets_no_end(gate: Gate, value: str, reason: str) -> None:
    gate.bring({"settings": [row("settings", key="frozen", value=value)]})
    assert gate.one("SELECT name, value FROM settings") == {
        "name": "freeze",
        "value": {"reason": reason, "until": None},
    }
