"""The migration by which postures become settings: no posture is lost on the way up, or back, or up again."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from app import schema
from app.records import operator_settings, postures
from app.records.operator_settings import Where
from app.records.postures import Switch

BEFORE = "0011_workflows"
NOW = datetime(2026, 7, 4, 12, tzinfo=UTC)
UNTIL = NOW + timedelta(hours=1)
FILE = Path(__file__).parents[3] / "migrations" / "0012_settings.sql"
POSTURES: list[dict[str, Any]] = [
    {
        "repository_id": repository_id,
        "full_name": full_name,
        "frozen_reason": reason,
        "frozen_by": "alice" if reason else None,
        "frozen_until": until,
        "safe_mode": safe_mode,
        "dry_run": dry_run,
        "changed_by": "bob",
        "changed_at": NOW,
    }
    for repository_id, full_name, reason, until, safe_mode, dry_run in (
        (0, "all repositories", "the release", None, False, None),
        (5, "o/r", "an audit", UNTIL, True, False),
        (6, "o/s", None, None, False, True),
        (7, "o/t", None, None, False, None),
    )
]


def rows(url: str, query: str) -> list[dict[str, Any]]:
    with psycopg.connect(url, row_factory=dict_row) as tx:
        return tx.execute(query.encode()).fetchall()


def down(url: str) -> None:
    newer = [each for each in schema.status(url) if each.applied and each.name > BEFORE]
    schema.down(url, steps=len(newer))


def with_postures(url: str) -> None:
    down(url)
    with psycopg.connect(url) as tx:
        for row in POSTURES:
            names, values = ", ".join(row), ", ".join(f"%({name})s" for name in row)
            tx.execute(f"INSERT INTO postures ({names}) VALUES ({values})".encode(), row)


def test_postures_come_back_as_they_were(database_url: str) -> None:
    with_postures(database_url)
    schema.up(database_url)
    down(database_url)
    assert rows(database_url, "SELECT * FROM postures ORDER BY repository_id") == POSTURES
    schema.up(database_url)
    assert len(rows(database_url, "SELECT * FROM settings")) == 8


def test_a_posture_is_three_settings(database_url: str) -> None:
    with_postures(database_url)
    schema.up(database_url)
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        said = {row.name: (row.value, row.changed_by) for row in operator_settings.rows(tx, 5).values()}
        assert (said["safe_mode"], said["dry_run"], said["freeze"][1]) == ((True, "bob"), (False, "bob"), "alice")
        freeze = operator_settings.stopped(tx, 5).frozen_at(NOW)
        assert freeze is not None
        assert (freeze.reason, freeze.until) == ("the release (alice)", None)
        assert [row.full_name for row in postures.listed(tx)] == ["all repositories", "o/r", "o/s", "o/t"]
        assert operator_settings.levels(tx, 5)[1].trouble is None


def test_what_was_switched_since_is_a_posture_again(database_url: str) -> None:
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        where = Where(repository_id=5, full_name="o/r")
        for switch in (Switch(name="frozen", on=True, until=UNTIL), Switch(name="dry_run", on=True)):
            postures.set_posture(tx, where, switch, by="olga", reason="an audit", now=NOW)
        operator_settings.put(tx, where, "writes", False, by="olga", reason="", now=NOW)
    down(database_url)
    (row,) = rows(database_url, "SELECT * FROM postures")
    assert (row["frozen_reason"], row["frozen_by"], row["frozen_until"]) == ("an audit", "olga", UNTIL)
    assert (row["safe_mode"], row["dry_run"], row["changed_by"], row["changed_at"]) == (False, True, "olga", NOW)


@pytest.mark.parametrize(
    ("name", "value", "is_safe"),
    [
        ("safe_mode", '"off"', True),
        ("safe_mode", "null", False),
        ("safe_mode", "false", False),
        ("dry_run", "0", True),
        ("dry_run", "false", False),
        ("freeze", '"release"', True),
        ("freeze", '{"until": null}', True),
        ("freeze", '{"reason": null, "until": null}', True),
        ("freeze", '{"reason": "release", "until": null}', False),
    ],
)
def test_a_setting_that_is_not_understood_forbids_merges_in_the_older_schema_too(
    database_url: str, name: str, value: str, is_safe: bool
) -> None:
    with psycopg.connect(database_url) as tx:
        tx.execute("INSERT INTO settings VALUES (5, %s, 'o/r', %s, 1, '', 'olga', %s)", (name, value, NOW))
    down(database_url)
    assert [row["safe_mode"] for row in rows(database_url, "SELECT safe_mode FROM postures")] == [is_safe]


def test_the_migration_may_run_twice(database_url: str) -> None:
    with_postures(database_url)
    text = FILE.read_bytes()
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        for _ in range(2):
            tx.execute(text)
        assert len(tx.execute("SELECT FROM settings").fetchall()) == 8
