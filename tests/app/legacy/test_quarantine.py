"""What is kept in quarantine and why; and that it comes in once it is mended."""

from typing import Any

import pytest

from app.legacy.trouble import LegacyError
from tests.app.legacy.exports import BEGAN, row, sound
from tests.app.legacy.gate import Gate

Tables = dict[str, list[dict[str, Any]]]
LONG = "x" * 201


def workflow(**changes: Any) -> Tables:
    return {"workflows": [row("workflows", **changes)]}


def step(**changes: Any) -> Tables:
    return {"workflows": [row("workflows")], "steps": [row("steps", **changes)]}


def event(**changes: Any) -> Tables:
    return {"audit_events": [row("audit_events", **changes)]}


def setting(**changes: Any) -> Tables:
    return {"settings": [row("settings", **changes)]}


EARNED_AND_CLEARED: list[tuple[str, Tables, str, dict[str, str | None]]] = [
    ("MISSING_ID", workflow(id=None), "workflows:1", {"id": "w1"}),
    ("MISSING_ID", workflow(id="  "), "workflows:1", {"id": "w1"}),
    ("MISSING_ID", event(id=""), "audit_events:1", {"id": "1"}),
    ("MISSING_ID", setting(key=None), "settings:1", {"key": "kill_switch"}),
    ("MISSING_VALUE", workflow(type=None), "workflows:1", {"type": "merge"}),
    ("MISSING_VALUE", step(name="  "), "steps:1", {"name": "send"}),
    ("MISSING_VALUE", setting(value=None), "settings:1", {"value": "1"}),
    ("MISSING_TIME", workflow(created_at=None), "workflows:1", {"created_at": "2023-11-14T22:13:20Z"}),
    ("MISSING_TIME", event(at=None), "audit_events:1", {"at": "1700000000"}),
    ("BAD_TIME", workflow(created_at="yesterday"), "workflows:1", {"created_at": "2023-11-14 22:13:20"}),
    ("BAD_TIME", workflow(created_at=17), "workflows:1", {"created_at": str(BEGAN)}),
    ("BAD_TIME", workflow(finished_at=float("inf")), "workflows:1", {"finished_at": None}),
    ("ENDED_BEFORE_BEGUN", workflow(finished_at=BEGAN - 60_000), "workflows:1", {"finished_at": str(BEGAN)}),
    ("ENDED_BEFORE_BEGUN", step(finished_at=BEGAN - 60_000), "steps:1", {"finished_at": None}),
    ("BAD_JSON", workflow(input='{"a":'), "workflows:1", {"input": '{"a": 1}'}),
    ("BAD_JSON", workflow(input='{"a": NaN}'), "workflows:1", {"input": "[]"}),
    ("BAD_JSON", workflow(input='{"a": 1e999}'), "workflows:1", {"input": '"text"'}),
    ("BAD_JSON", event(body='{"a": "\\u0000"}'), "audit_events:1", {"body": None}),
    ("BAD_JSON", event(body='"\\ud800"'), "audit_events:1", {"body": ""}),
    ("BAD_JSON", event(body="[" * 50_000), "audit_events:1", {"body": "{}"}),
    ("UNKNOWN_STATUS", workflow(status="odd"), "workflows:1", {"status": "completed"}),
    ("UNKNOWN_STATUS", step(status="odd"), "steps:1", {"status": "Skipped"}),
    ("UNKNOWN_TYPE", workflow(type="newsletter"), "workflows:1", {"type": "PR-merge"}),
    ("WRONG_TYPE", workflow(type=b"merge"), "workflows:1", {"type": "merge"}),
    ("WRONG_TYPE", workflow(type=1.5), "workflows:1", {"type": "merge"}),
    ("BAD_TEXT", workflow(subject="a\0b"), "workflows:1", {"subject": "ab"}),
    ("TEXT_TOO_LONG", workflow(type=LONG), "workflows:1", {"type": "merge"}),
    ("VALUE_TOO_LARGE", workflow(input="x" * 2_000_001), "workflows:1", {"input": "{}"}),
    ("BAD_NUMBER", workflow(number=-1), "workflows:1", {"number": "12"}),
    ("BAD_NUMBER", step(attempts="many"), "steps:1", {"attempts": "3.0"}),
    ("BAD_REPOSITORY", workflow(repository="acme/.."), "workflows:1", {"repository": "acme/app"}),
    ("BAD_REPOSITORY", workflow(repository="acme"), "workflows:1", {"repository": "https://github.com/acme/app.git"}),
    ("RETRY_OF_ITSELF", workflow(retry_of="w1"), "workflows:1", {"retry_of": None}),
    ("RETRY_OF_UNKNOWN", workflow(retry_of="w0"), "workflows:1", {"retry_of": ""}),
    ("BAD_POSITION", step(position=None), "steps:1", {"position": "0"}),
    ("BAD_POSITION", step(position=-1), "steps:1", {"position": "1"}),
    ("BAD_POSITION", step(position=1_000_000), "steps:1", {"position": "999"}),
    ("WORKFLOW_MISSING", step(workflow_id="w9"), "steps:1", {"workflow_id": "w1"}),
    ("MISSING_VALUE", step(workflow_id=None), "steps:1", {"workflow_id": "w1"}),
    ("UNKNOWN_SETTING", setting(key="colour"), "settings:1", {"key": "dry-run"}),
    ("SETTING_OPENS", setting(value="off"), "settings:1", {"value": "on"}),
    ("SETTING_OPENS", setting(key="writes", value="true"), "settings:1", {"value": "false"}),
    ("SETTING_OPENS", setting(key="freeze", value="false"), "settings:1", {"value": '{"reason": "the move"}'}),
    ("BAD_SETTING", setting(value="maybe"), "settings:1", {"value": "yes"}),
    ("UNKNOWN_REPOSITORY", setting(repository="acme/app"), "settings:1", {"repository": "global"}),
]


@pytest.mark.parametrize(
    ("code", "tables", "name", "mended"),
    EARNED_AND_CLEARED,
    ids=[f"{code}-{name}-{number}" for number, (code, _, name, _) in enumerate(EARNED_AND_CLEARED)],
)
def test_it_is_earned_and_cleared(
    gate: Gate, code: str, tables: Tables, name: str, mended: dict[str, str | None]
) -> None:
    batch = gate.bring(tables)
    assert gate.quarantine(batch) == {name: code}
    after = gate.mend(batch, name, **mended)
    assert gate.quarantine(after) == {}
    assert {status for statuses in gate.counts(after).values() for status in statuses} == {"imported"}


def test_two_rows_of_one_key_both_wait(gate: Gate) -> None:
    batch = gate.bring({"workflows": [row("workflows"), row("workflows", status="failed")]})
    assert gate.quarantine(batch) == {"workflows:1": "DUPLICATE_KEY", "workflows:2": "DUPLICATE_KEY"}
    assert gate.quarantine(gate.mend(batch, "workflows:2", id="w2")) == {}


def test_two_steps_of_one_position_both_wait(gate: Gate) -> None:
    steps = [row("steps"), row("steps", id="s2")]
    batch = gate.bring({"workflows": [row("workflows")], "steps": steps})
    assert gate.quarantine(batch) == {"steps:1": "DUPLICATE_POSITION", "steps:2": "DUPLICATE_POSITION"}
    assert gate.quarantine(gate.mend(batch, "steps:2", position="1")) == {}


def test_a_step_waits_for_its_workflow(gate: Gate) -> None:
    batch = gate.bring({"workflows": [row("workflows", status="odd")], "steps": [row("steps")]})
    assert gate.quarantine(batch) == {"steps:1": "WORKFLOW_QUARANTINED", "workflows:1": "UNKNOWN_STATUS"}
    assert gate.quarantine(gate.mend(batch, "workflows:1", status="done")) == {}


def test_a_circle_of_retries_is_cut(gate: Gate) -> None:
    circle = [row("workflows", id="a", retry_of="b"), row("workflows", id="b", retry_of="a")]
    batch = gate.bring({"workflows": circle})
    assert gate.quarantine(batch) == {"workflows:1": "RETRY_OF_LATER"}
    assert gate.quarantine(gate.mend(batch, "workflows:1", retry_of=None)) == {}


def test_what_another_file_brought_otherwise_stays(gate: Gate) -> None:
    gate.bring(workflow())
    before = gate.contents()
    batch = gate.bring(workflow(status="failed"), "newer.db")
    assert gate.quarantine(batch) == {"workflows:1": "CHANGED_SINCE_IMPORT"}
    assert gate.contents() == before
    assert gate.quarantine(gate.mend(batch, "workflows:1", status="completed")) == {}
    assert gate.counts(batch) == {"workflows": {"unchanged": 1}}


def test_what_was_mended_is_here_already_when_the_old_row_comes_again(gate: Gate) -> None:
    gate.mend(gate.bring(workflow(status="odd")), "workflows:1", status="done")
    batch = gate.bring({**workflow(status="odd"), "settings": [row("settings")]}, "again.db")
    assert gate.counts(batch) == {"settings": {"imported": 1}, "workflows": {"unchanged": 1}}


def test_what_stands_in_its_place_is_not_overwritten(gate: Gate) -> None:
    batch = gate.bring(workflow())
    gate.tx.execute("UPDATE workflows SET status = 'failed' WHERE kind = 'imported'")
    gate.tx.execute("DELETE FROM legacy_batches")
    before = gate.contents()
    again = gate.bring(workflow())
    assert (gate.quarantine(again), gate.contents()) == ({"workflows:1": "TAKEN"}, before)
    gate.tx.execute("DELETE FROM workflows WHERE kind = 'imported'")
    assert gate.quarantine(gate.bring(workflow())) == {}
    assert batch.id != again.id


def test_what_is_sound_comes_in_beside_it(gate: Gate) -> None:
    tables = sound()
    tables["workflows"][1]["status"] = "odd"
    batch = gate.bring(tables)
    assert gate.counts(batch)["workflows"] == {"imported": 2, "quarantined": 1}
    assert gate.counts(batch)["steps"] == {"imported": 4, "quarantined": 2}


def test_only_a_row_in_quarantine_is_mended(gate: Gate) -> None:
    batch = gate.bring(workflow())
    for name, sentence in (
        ("workflows:1", "no row workflows:1 in quarantine"),
        ("workflows:9", "no row workflows:9"),
        ("workflows", "should be named as"),
        ("x:1", "should be named as"),
    ):
        with pytest.raises(LegacyError, match=sentence):
            gate.mend(batch, name, status="done")


def test_only_columns_that_are_there_are_mended(gate: Gate) -> None:
    batch = gate.bring(workflow(status="odd"))
    with pytest.raises(LegacyError, match="has the columns id, type, status"):
        gate.mend(batch, "workflows:1", colour="red")
    with pytest.raises(LegacyError, match="no NUL"):
        gate.mend(batch, "workflows:1", status="a\0")
