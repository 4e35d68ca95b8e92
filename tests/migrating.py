"""Take a filled database down one migration after the other and up again, and look at every row on the way.

`there_and_back(url)` is for any database: of a test, or of the soak after a whole import. Memory stays as it is however
many rows there are: the server sums up the rows of each table.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from app import schema

TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
    AND NOT starts_with(relname, '_yoyo') AND NOT starts_with(relname, 'yoyo') ORDER BY relname
"""
CALLED_BEFORE = {"workflows": "runs", "audit_events": "audit_entries"}
"""What tables of today are called in some older schemas."""
CANNOT_HOLD = {
    "0008_outbound": """
DELETE FROM runs WHERE id IN (SELECT run_id FROM bindings) OR status IN ('waiting', 'cancelled');
DELETE FROM intents WHERE evaluation_id IS NULL""",
    "0010_merging": "DELETE FROM runs WHERE kind IN ('step', 'merge', 'find_changed')",
    "0015_writes_as_steps": """
ALTER TABLE intents DROP CONSTRAINT intents_id_fkey;
DELETE FROM steps WHERE name IN ('write', 'delete_branch');
DELETE FROM workflows WHERE kind = 'merge' AND id IN (SELECT id FROM merge_attempts)""",
    "0018_reach": """
DELETE FROM pauses AS later USING pauses AS first
    WHERE later.scope = first.scope AND (first.paused_at, first.id) < (later.paused_at, later.id)""",
}
"""By migration: the rows of tables of both schemas for which the older one has no words; what hangs on them goes."""
HELD_ELSEWHERE = {"0015_writes_as_steps": {"steps": "name IN ('write', 'delete_branch')"}}
"""The rows that the older schema has in other tables, which are not lost."""
MADE_TWICE = "0005"
"""Migrations before were written for databases that had no such tables."""
Content = dict[str, tuple[int, Any]]


@dataclass(frozen=True)
class Loss:
    """A table that holds other rows than it should after a step: `undone`, `undone twice`, `made twice`, `again`."""

    migration: str
    step: str
    table: str
    expected: Any
    found: Any


def there_and_back(url: str) -> list[Loss]:
    """Undo every migration, newest first, each twice, then made twice and undone again; then make all of them.

    What was lost or changed, which is nothing.
    """
    losses = list[Loss]()
    for version in reversed([each.name for each in schema.status(url) if each.applied]):
        losses += _undone(url, version)
    schema.up(url)
    return losses


def _undone(url: str, version: str) -> list[Loss]:
    expected = _expected(url, version)
    schema.down(url)
    first = content(url)
    lost = [
        Loss(version, "undone", table, count, first[table][0]) for table, count in expected.items() if table in first
    ]
    twice = _changed(url, version, "undone twice", f"{version}.rollback.sql", first)
    _made(url, version)
    made = [] if version < MADE_TWICE else _changed(url, version, "made twice", f"{version}.sql", content(url))
    schema.down(url)
    again = _compared(version, "again", first, content(url))
    return [each for each in (*lost, *twice, *made, *again) if each.expected != each.found]


def _changed(url: str, version: str, step: str, file: str, before: Content) -> list[Loss]:
    """What its file changes where it was run before, whatever the table of migrations says."""
    with psycopg.connect(url) as connection:
        connection.execute((schema.directory() / file).read_bytes())
    return _compared(version, step, before, content(url))


def _compared(version: str, step: str, before: Content, after: Content) -> list[Loss]:
    return [Loss(version, step, table, before.get(table), after.get(table)) for table in before.keys() | after.keys()]


def _made(url: str, version: str) -> None:
    """That one alone: all older ones are there, and newer ones are none of these files."""
    with tempfile.TemporaryDirectory(prefix="mg-") as name:
        for file in schema.directory().glob("[0-9]*.sql"):
            if file.name.partition(".")[0] <= version:
                (Path(name) / file.name).symlink_to(file)
        schema.up(url, Path(name))


def content(url: str) -> Content:
    """How many rows each table has, and a sum over what they say."""
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute(TABLES).fetchall()]
        return {table: _summed(connection, table) for table in tables}


def _summed(connection: psycopg.Connection[Any], table: str) -> tuple[int, Any]:
    """Whatever the order of rows and columns."""
    row = connection.execute(
        f"SELECT count(*), sum(hashtextextended(to_jsonb(each)::text, 0)::numeric) FROM {table} AS each".encode()
    ).fetchone()
    assert row is not None
    return row[0], row[1]


def _expected(url: str, version: str) -> dict[str, int]:
    """How many rows of each table the older schema can hold, by what it calls the table."""
    with psycopg.connect(url) as connection:
        tables = [name for (name,) in connection.execute(TABLES).fetchall()]
        connection.execute(CANNOT_HOLD.get(version, "SELECT").encode())
        counts = {table: _summed(connection, table)[0] for table in tables}
        for table, which in HELD_ELSEWHERE.get(version, {}).items():
            counts[table] -= _summed(connection, f"(SELECT * FROM {table} WHERE {which})")[0]
        connection.rollback()
    return {name: count for table, count in counts.items() for name in (table, CALLED_BEFORE.get(table, table))}
