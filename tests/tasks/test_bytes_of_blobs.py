"""A blob's bytes come from the store, whole and unchanged, or nothing is sent."""

from pathlib import Path

from tasks import receipts
from tests.tasks.house import House
from tests.tasks.outcomes import intents, outcomes, written
from tests.tasks.run_wishes import BYTES, DIGEST
from tests.tasks.wishes import prepare


def _error(house: House) -> str:
    return str(house.rows("SELECT error FROM writes WHERE kind = 'git_object'")[0]["error"])


def _prepare(house: House, tmp_path: Path) -> None:
    """The bytes are not in the store."""
    prepare(house, "blob")
    house.with_settings(artifact_store=f"file://{tmp_path}/empty")


def test_what_is_not_in_the_store_waits_until_it_is(house: House, tmp_path: Path) -> None:
    _prepare(house, tmp_path)
    house.work()
    assert (written(house, "blob"), intents(house, "blob")) == ([], ["pending"])
    assert f"The artifact {DIGEST[:12]} is not in the store" in _error(house)
    house.context.artifacts.put(BYTES)
    house.clock.forward(10)
    house.sweep()
    assert (len(written(house, "blob")), outcomes(house, "blob")) == (1, ["unspent", "written"])


def test_what_never_comes_is_shown_to_a_person(house: House, tmp_path: Path) -> None:
    _prepare(house, tmp_path)
    house.work()
    for _ in range(receipts.MOST_TOKENS):
        house.clock.forward(1000)
        house.sweep()
    assert (written(house, "blob"), intents(house, "blob")) == ([], ["blocked"])
    assert set(outcomes(house, "blob")) == {"unspent"}
