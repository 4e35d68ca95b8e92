"""What an import sets, and its rollback takes away, counts for what waits and what was decided on before."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.rows import dict_row

from app.records.legacy_batches import Batch
from tests.app.legacy.exports import row
from tests.app.legacy.gate import Gate
from tests.tasks import merging, steering
from tests.tasks.house import House


@pytest.fixture
def gate(house: House, tmp_path: Path) -> Iterator[Gate]:
    """The command beside the house."""
    url = house.context.settings.database_url
    with psycopg.connect(url, row_factory=dict_row, autocommit=True) as tx:
        yield Gate(tx, tmp_path)


def bring(house: House, gate: Gate, key: str, value: str) -> Batch:
    """Of all repositories, now."""
    gate.now = house.clock()
    batch = gate.bring({"settings": [row("settings", key=key, value=value)]})
    assert gate.counts(batch) == {"settings": {"imported": 1}}
    return batch


def take_out(house: House, gate: Gate, batch: Batch) -> None:
    gate.now = house.clock()
    gate.roll_back(batch)
    assert gate.contents()["settings"] == []


def blocked(house: House) -> list[str]:
    """The codes of what stood against the write that was decided on last."""
    (found,) = house.rows("SELECT blockers FROM decisions ORDER BY audit_seq DESC LIMIT 1")
    return [each["code"] for each in found["blockers"]]


def test_what_was_decided_on_before_an_import_stops_it_is_not_sent(house: House, gate: Gate) -> None:
    house.deliver_pull()
    with steering.in_the_middle(house, "write.decided", lambda: bring(house, gate, "writes", "off")):
        house.work()
    house.sweep()
    assert (house.states(), blocked(house)) == ([], ["TRANSPORT_DISABLED"])
    assert house.rows("SELECT outcome, spent_at FROM permits") == [{"outcome": "unspent", "spent_at": None}]


def test_what_waited_for_an_imported_setting_is_decided_anew_once_that_is_taken_out(house: House, gate: Gate) -> None:
    batch = bring(house, gate, "writes", "off")
    house.deliver_pull()
    house.work()
    assert (house.states(), blocked(house)) == ([], ["TRANSPORT_DISABLED"])
    take_out(house, gate, batch)
    house.sweep()
    assert house.states() == ["pending"]


def test_a_merge_that_waits_for_an_imported_freeze_is_looked_at_once_that_is_taken_out(
    house: House, gate: Gate
) -> None:
    ready = merging.ready(house)
    batch = bring(ready, gate, "freeze", "the move")
    assert merging.merge(ready, waits=True)[2] == "FROZEN"
    take_out(ready, gate, batch)
    ready.sweep()
    assert len(merging.puts(ready)) == 1
