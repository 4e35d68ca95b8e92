"""Whatever an export holds, every row of it is accounted for, and a second run changes nothing."""

import os
from pathlib import Path
from typing import Any

import hypothesis
import psycopg
from hypothesis import strategies as st
from psycopg.rows import dict_row

from app.legacy import running
from tests.app.legacy import exports
from tests.app.legacy.gate import Gate

EXAMPLES = int(os.environ.get("LEGACY_EXAMPLES", "10"))
KEYS = ["a", "b", "c", 1, 2]
ODD: list[Any] = [None, "", "a", "completed", "running", "odd", -1, 0, 7, 2**63 - 1, 1.5, float("inf"), b"\xff", "a\0b"]
ODD += [exports.BEGAN, "2023-11-14T22:13:20Z", "2023-13-99", '{"a": 1}', "{", '{"a": "\\u0000"}', "x" * 700, "\u202e'"]
VALUES = st.sampled_from(ODD) | st.text(max_size=5) | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)


def rows(table: str) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Sound rows with the same few keys, of which some cells are anything."""
    columns = exports.COLUMNS[table]
    keys = {name: st.sampled_from(KEYS) for name in columns if name in ("id", "workflow_id", "retry_of", "position")}
    damage = st.dictionaries(st.sampled_from(sorted(columns)), VALUES, max_size=2)
    return st.lists(
        st.builds(lambda keyed, damaged: {**columns, **keyed, **damaged}, st.fixed_dictionaries(keys), damage),
        max_size=5,
    )


EXPORTS = st.fixed_dictionaries({table: rows(table) for table in exports.COLUMNS})


@hypothesis.settings(
    max_examples=EXAMPLES,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, *hypothesis.HealthCheck],
)
@hypothesis.given(tables=EXPORTS)
def test_every_row_is_accounted_for(database_url: str, tmp_path: Path, tables: dict[str, list[dict[str, Any]]]) -> None:
    with psycopg.connect(database_url, row_factory=dict_row, autocommit=True) as tx:
        gate = Gate(tx, tmp_path)
        empty = gate.contents()
        batch = gate.bring(tables)
        counted = {table: sum(statuses.values()) for table, statuses in gate.counts(batch).items()}
        assert counted == {table: len(each) for table, each in tables.items() if each}
        assert {status for each in gate.counts(batch).values() for status in each} <= {
            "imported",
            "quarantined",
            "kept_ours",
        }
        contents, quarantine = gate.contents(), gate.quarantine(batch)
        again = running.retry(tx, batch, gate.asked())
        assert (gate.contents(), gate.quarantine(again), again.checksum) == (contents, quarantine, batch.checksum)
        gate.roll_back(again)
        assert gate.contents() == empty
