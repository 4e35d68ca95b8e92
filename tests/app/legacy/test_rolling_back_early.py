"""A batch that never came to its end is rolled back like any other."""

import pytest

from app.legacy import hand
from app.legacy.trouble import LegacyError
from tests.app.legacy.exports import sound
from tests.app.legacy.gate import Gate


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
