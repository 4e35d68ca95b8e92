"""A batch that never came to its end is rolled back like any other."""

from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from psycopg.rows import dict_row

from app.legacy import hand
from app.legacy.trouble import LegacyError
from app.records import legacy_batches
from tests.app.legacy.exports import sound
from tests.app.legacy.gate import Gate
from tests.app.records.locks import until_it_waits


class Killed(BaseException):
    """As kill -9 ends a process."""


def test_after_a_dry_run_nothing_is_left(gate: Gate) -> None:
    before = gate.contents()
    batch = gate.bring(sound(), extent="dry_run")
    assert (gate.roll_back(batch).status, gate.contents()) == ("rolled_back", before)
    assert gate.one("SELECT count(*) FROM legacy_rows") == {"count": 0}
    assert gate.bring(sound()).status == "applied"


@pytest.mark.parametrize("killed_at", ["Reading workflows", "Checking steps", "Importing workflows"])
def test_after_a_kill_nothing_is_left(gate: Gate, killed_at: str) -> None:
    def kill(what: str, done: int, total: int) -> None:
        if what == killed_at:
            raise Killed

    before = gate.contents()
    with pytest.raises(Killed):
        gate.bring_file(gate.file(sound()), report=kill)
    (batch,) = gate.batches()
    with pytest.raises(LegacyError, match="Another command is at this batch"):
        gate.roll_back(batch)
    gate.later(hand.LEASE_SECONDS + 1)
    assert (gate.roll_back(batch).status, gate.contents()) == ("rolled_back", before)


def test_a_second_dry_run_says_the_same(gate: Gate) -> None:
    first = gate.bring(sound(), extent="dry_run")
    assert gate.bring(sound(), extent="dry_run") == first


def test_an_import_that_goes_on_just_when_another_batch_is_taken_out_waits_and_is_refused(
    gate: Gate, database_url: str
) -> None:
    first, second = gate.bring(sound()), gate.bring({"workflows": []}, "other.db", extent="dry_run")
    with psycopg.connect(database_url, row_factory=dict_row) as other, ThreadPoolExecutor(1) as people:
        legacy_batches.hold_all(other)
        legacy_batches.move(other, first.id, "rolling_back")
        going_on = people.submit(gate.bring, {"workflows": []}, "other.db")
        until_it_waits(database_url, gate.tx.info.backend_pid)
        other.commit()
        with pytest.raises(LegacyError, match="Another batch is being rolled back"):
            going_on.result()
    assert legacy_batches.get(gate.tx, second.id) == second
