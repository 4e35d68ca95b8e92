"""Anchoring as a task: where the settings say, as often as they say, and never in anybody's way."""

import json
from pathlib import Path

import pytest

from app import ledger
from app.anchors import Anchor
from tasks import anchoring
from tests.tasks.house import House


@pytest.fixture
def file(house: House, tmp_path: Path) -> Path:
    house.with_settings(audit_anchor=(tmp_path / "anchors.jsonl").as_uri())
    house.deliver_pull()
    return tmp_path / "anchors.jsonl"


def _head(house: House) -> ledger.Entry:
    with house.context.pool.connection() as tx:
        newest = ledger.head(tx)
    assert newest is not None
    return newest


def test_it_notes_the_newest_entry_where_the_settings_say(house: House, file: Path) -> None:
    anchoring.anchor(house.context)
    newest = _head(house)
    assert json.loads(file.read_text()) == Anchor(newest.seq, newest.hash, house.clock()).document()


def test_a_second_round_notes_what_is_new_and_nothing_else(house: House, file: Path) -> None:
    for _ in range(2):
        anchoring.anchor(house.context)
    house.work()
    anchoring.anchor(house.context)
    seqs = [json.loads(line)["seq"] for line in file.read_text().splitlines()]
    assert seqs == [1, _head(house).seq]


def test_it_does_nothing_where_no_place_is_set(house: House, tmp_path: Path) -> None:
    house.deliver_pull()
    anchoring.anchor(house.context)
    assert house.rows("SELECT * FROM audit_anchors") == []


def test_trouble_with_the_place_is_a_line_of_the_log(
    house: House, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.mkdir()
    anchoring.anchor(house.context)
    assert [record.getMessage().split()[0] for record in caplog.records if record.levelname == "WARNING"] == [
        "action=anchor_failed"
    ]
    file.rmdir()
    anchoring.anchor(house.context)
    assert house.rows("SELECT failing_since FROM audit_anchors") == [{"failing_since": None}]


def test_what_does_not_fit_is_an_error_of_the_log_with_its_code(
    house: House, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.write_text(json.dumps(Anchor(99, bytes(32), house.clock()).document()) + "\n")
    anchoring.anchor(house.context)
    (said,) = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert said.startswith("action=anchor_contradicts code=AUDIT_CHAIN_CUT ")
