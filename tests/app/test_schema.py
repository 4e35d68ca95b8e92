"""Migrations: up, down and up again, alone and side by side, on a database that holds rows."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from app import schema
from app.schema import SchemaError, Version

DEADLINE_SECONDS = 30
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND NOT starts_with(tablename, '_yoyo')"
COLUMNS = """
    SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
    WHERE table_schema = 'public' AND NOT starts_with(table_name, '_yoyo') ORDER BY 1, 2
"""
HOLD_THE_LOCK = """
import sys, time
from yoyo.migrations import default_migration_table
from app import schema
with schema._Backend(sys.argv[1], default_migration_table) as backend, backend.lock():
    print("held", flush=True)
    time.sleep(600)
"""


def _rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Two migrations; the second splits a column of the first and keeps its rows both ways."""
    for name, text in {
        "0001_people.sql": "CREATE TABLE people (name text NOT NULL);",
        "0001_people.rollback.sql": "DROP TABLE people;",
        "0002_split.sql": "ALTER TABLE people ADD COLUMN family text NOT NULL DEFAULT '';\n"
        "UPDATE people SET family = split_part(name, ' ', 2), name = split_part(name, ' ', 1);",
        "0002_split.rollback.sql": "UPDATE people SET name = concat(name, ' ', family);\n"
        "ALTER TABLE people DROP COLUMN family;",
    }.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_up_applies_what_is_missing_and_then_nothing(empty_database_url: str, files: Path) -> None:
    assert schema.up(empty_database_url, files) == ("0001_people", "0002_split")
    assert schema.up(empty_database_url, files) == ()


def test_rows_survive_down_and_up(empty_database_url: str, files: Path) -> None:
    schema.up(empty_database_url, files)
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("INSERT INTO people VALUES ('Ada', 'Lovelace')")
    assert schema.down(empty_database_url, files=files) == ("0002_split",)
    assert _rows(empty_database_url, "SELECT * FROM people") == [("Ada Lovelace",)]
    assert schema.up(empty_database_url, files) == ("0002_split",)
    assert _rows(empty_database_url, "SELECT name, family FROM people") == [("Ada", "Lovelace")]


def test_down_goes_as_far_as_asked(empty_database_url: str, files: Path) -> None:
    schema.up(empty_database_url, files)
    assert schema.down(empty_database_url, steps=None, files=files) == ("0002_split", "0001_people")
    assert _rows(empty_database_url, TABLES) == []
    assert schema.down(empty_database_url, files=files) == ()


def test_status_tells_applied_from_pending_and_touches_nothing(empty_database_url: str, files: Path) -> None:
    assert schema.status(empty_database_url, files) == (Version("0001_people", False), Version("0002_split", False))
    assert _rows(empty_database_url, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'") == []
    schema.up(empty_database_url, files)
    schema.down(empty_database_url, files=files)
    assert schema.status(empty_database_url, files) == (Version("0001_people", True), Version("0002_split", False))


def test_status_shows_what_only_a_newer_release_knows(empty_database_url: str, files: Path) -> None:
    schema.up(empty_database_url, files)
    (files / "0002_split.sql").unlink()
    assert schema.status(empty_database_url, files)[-1] == Version("0002_split", True)


def test_a_migration_that_fails_is_undone_whole(empty_database_url: str, files: Path) -> None:
    (files / "0003_bad.sql").write_text("CREATE TABLE half (n int);\nSELECT 1 / 0;")
    (files / "0003_bad.rollback.sql").write_text("DROP TABLE half;")
    with pytest.raises(SchemaError, match=r"^The migration 0003_bad failed and was not applied: division by zero\.$"):
        schema.up(empty_database_url, files)
    assert _rows(empty_database_url, TABLES) == [("people",)]
    assert schema.status(empty_database_url, files)[-1] == Version("0003_bad", False)


def test_a_migration_that_cannot_be_recorded_is_undone_with_it(empty_database_url: str, files: Path) -> None:
    (files / "0003_unrecorded.sql").write_text(
        "CREATE TABLE half (n int);\nALTER TABLE _yoyo_migration ADD CONSTRAINT refused CHECK (false) NOT VALID;"
    )
    (files / "0003_unrecorded.rollback.sql").write_text("DROP TABLE half;")
    with pytest.raises(SchemaError, match=r"^The migration 0003_unrecorded failed and was not applied: .*refused"):
        schema.up(empty_database_url, files)
    assert _rows(empty_database_url, TABLES) == [("people",)]


def test_an_undoing_that_fails_leaves_the_migration_whole(empty_database_url: str, files: Path) -> None:
    (files / "0002_split.rollback.sql").write_text("ALTER TABLE people DROP COLUMN family;\nSELECT 1 / 0;")
    schema.up(empty_database_url, files)
    with pytest.raises(SchemaError, match=r"^The migration 0002_split could not be undone and stays: division by"):
        schema.down(empty_database_url, files=files)
    assert schema.status(empty_database_url, files)[-1] == Version("0002_split", True)
    assert _rows(empty_database_url, "SELECT family FROM people") == []


def test_a_migration_without_a_way_back_is_refused(empty_database_url: str, files: Path) -> None:
    (files / "0002_split.rollback.sql").unlink()
    with pytest.raises(SchemaError, match=r"^The migration 0002_split has no 0002_split\.rollback\.sql\.$"):
        schema.up(empty_database_url, files)
    assert _rows(empty_database_url, TABLES) == []


def test_four_processes_at_once_apply_each_migration_once(empty_database_url: str, files: Path) -> None:
    argv = [sys.executable, "-c", "import sys; from app import schema; from pathlib import Path\n"
            "print(*schema.up(sys.argv[1], Path(sys.argv[2])))", empty_database_url, str(files)]  # fmt: skip
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda _: subprocess.run(argv, capture_output=True, text=True, check=True), range(4)))
    applied = [name for each in done for name in each.stdout.split()]
    assert sorted(applied) == ["0001_people", "0002_split"]


def test_a_killed_process_holds_up_nobody(empty_database_url: str, files: Path) -> None:
    argv = [sys.executable, "-c", HOLD_THE_LOCK, empty_database_url]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.send_signal(signal.SIGKILL)
    assert schema.up(empty_database_url, files) == ("0001_people", "0002_split")


def test_a_process_that_holds_the_lock_too_long_is_complained_about(
    empty_database_url: str, files: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "LOCK_SECONDS", 1)
    with psycopg.connect(empty_database_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%(key)s)", {"key": schema.LOCK_KEY})
        with pytest.raises(SchemaError, match=r"^Another process holds the schema or one of its tables"):
            schema.up(empty_database_url, files)


def test_a_database_that_is_away_is_a_sentence() -> None:
    with pytest.raises(SchemaError, match=r"^The database cannot be reached: .*\.$"):
        schema.up("postgresql://nobody:hunter2@127.0.0.1:1/none")


def test_a_missing_directory_is_a_sentence(empty_database_url: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"^The directory of migrations, .*/none, is not there\.$"):
        schema.up(empty_database_url, tmp_path / "none")


def test_our_own_migrations_go_up_down_and_up_to_the_same_schema(empty_database_url: str) -> None:
    applied = schema.up(empty_database_url)
    first = _rows(empty_database_url, COLUMNS)
    assert schema.down(empty_database_url, steps=None) == tuple(reversed(applied))
    assert _rows(empty_database_url, TABLES) == []
    assert _rows(empty_database_url, "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == []
    assert schema.up(empty_database_url) == applied
    assert _rows(empty_database_url, COLUMNS) == first


def test_each_of_our_own_migrations_is_undone_exactly(empty_database_url: str, tmp_path: Path) -> None:
    seen = [_rows(empty_database_url, COLUMNS)]
    for version in schema.status(empty_database_url):
        for file in schema.directory().glob(f"{version.name}.*"):
            (tmp_path / file.name).write_bytes(file.read_bytes())
        assert schema.up(empty_database_url, tmp_path) == (version.name,)
        seen.append(_rows(empty_database_url, COLUMNS))
    for before in reversed(seen[:-1]):
        schema.down(empty_database_url)
        assert _rows(empty_database_url, COLUMNS) == before
