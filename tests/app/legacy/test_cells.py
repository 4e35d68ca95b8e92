"""Cells read as what they have to be."""

import contextlib
import math
import sqlite3
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.legacy import values
from app.legacy.cells import Row, Unfit

MOMENT = datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)


def row(value: Any) -> Row:
    return Row({"c": value}, {"field": "c"})


@pytest.mark.parametrize(
    "value",
    [
        *(1_700_000_000, 1_700_000_000_000, 1_700_000_000_000_000, "1700000000", "1700000000000", {"$real": "1.7e9"}),
        *("2023-11-14T22:13:20Z", "2023-11-14 22:13:20", "2023-11-15T00:13:20+02:00", "20231114T221320Z"),
    ],
)
def test_a_moment_has_many_forms(value: Any) -> None:
    assert row(value).time("field") == MOMENT


@pytest.mark.parametrize("value", [0, -1, 10**18, "1999-12-31", "2100-01-01", "now", {"$real": "inf"}, "1e400"])
def test_what_is_no_moment_is_unfit(value: Any) -> None:
    with pytest.raises(Unfit) as unfit:
        row(value).time("field")
    assert unfit.value.code == "BAD_TIME"


@pytest.mark.parametrize(
    ("value", "found"), [(None, {}), ("", {}), ("[1]", {"value": [1]}), ('{"a": 1}', {"a": 1}), (7, {"value": 7})]
)
def test_json_is_an_object_in_the_end(value: Any, found: dict[str, Any]) -> None:
    assert row(value).json("field") == found


@given(st.text() | st.integers() | st.floats() | st.none())
def test_whatever_stands_there_is_read_or_unfit(value: Any) -> None:
    for read in ("text", "number", "time", "json", "repository", "needed"):
        with contextlib.suppress(Unfit):
            getattr(row(values.encode(value)), read)("field")


@given(st.text() | st.integers(1 - 2**63, 2**63 - 1) | st.floats(allow_nan=False) | st.none() | st.binary())
def test_a_cell_comes_back_from_its_literal(value: Any) -> None:
    connection = sqlite3.connect(":memory:")
    connection.text_factory = values.decoded
    given_cell = values.encode(values.decoded(value.encode()) if isinstance(value, str) else value)
    (found,) = connection.execute(f"SELECT {values.literal(given_cell)}").fetchone()
    connection.close()
    if isinstance(value, float):  # SQLite reads the last digit of a number like 1.4878023244765968e-294 as another
        assert math.isclose(found, value, rel_tol=1e-14)
    else:
        assert values.encode(found) == given_cell
