"""docs/legacy-import.md names every table, column, word and code that counts."""

import re
from pathlib import Path

import pytest

from app.legacy import mapping, narrowing, shape
from tests.app.legacy.test_quarantine import EARNED_AND_CLEARED

MANUAL = Path(__file__).resolve().parents[3] / "docs" / "legacy-import.md"
CODES = {code for code, *_ in EARNED_AND_CLEARED} | set(
    re.findall(
        r'Unfit\(\s*"([A-Z_]+)"', "".join(path.read_text() for path in Path(mapping.__file__).parent.glob("*.py"))
    )
)


@pytest.fixture(scope="module")
def words() -> set[str]:
    """What stands there as code, or as a row of a table."""
    return set(re.findall(r"[A-Za-z_]+", MANUAL.read_text(encoding="utf-8")))


def test_every_code_is_explained(words: set[str]) -> None:
    assert words >= CODES


def test_every_table_and_column_is_named(words: set[str]) -> None:
    assert {name for names in shape.TABLES.values() for name in names} - words == set()
    columns = {name for fields in shape.COLUMNS.values() for names in fields.values() for name in names}
    assert columns - words == set()


def test_every_word_is_named(words: set[str]) -> None:
    lowered = {word.lower() for word in words}
    assert {*mapping.TYPES, *mapping.OF_WORKFLOWS} - lowered - {"waiting_for_pause"} == set()
    assert set(narrowing.NAMES) - lowered - {"safemode", "killswitch", "dryrun", "writesenabled"} == set()
