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
}
"""By migration: the rows of tables of both schemas for which the older one has no words; what hangs on them goes."""
HELD_ELSEWHERE = {"0015_writes_as_steps": {"steps": "name IN ('write', 'delete_branch')"}}
"""The rows that the older schema has in other tables, which are not lost."""
Content = dict[str, tuple[int, Any]]


@dataclass(frozen=True)
class Loss:
    """A table that holds, after a migration was undone, or undone, made and undone again, other rows than it should."""

    migration: str
    table: str
    expected: Any
    found: Any


def there_and_back(url: str) -> list[Loss]:
    """Undo every migration, newest first, each also made and undone once more; then make all of them. What was lost."""
    losses = list[Loss]()
    for version in reversed([each.name for each in schema.status(url) if each.applied]):
        losses += _undone(url, version)
    schema.up(url)
    return losses


def _undone(url: str, version: str) -> list[Loss]:
    expected = _expected(url, version)
    schema.down(url)
    first = content(url)
    _made(url, version)
    schema.down(url)
    again = content(url)
    lost = [Loss(version, table, count, first[table][0]) for table, count in expected.items() if table in first]
    changed = [Loss(version, table, said, again.get(table)) for table, said in first.items()]
    return [each for each in (*lost, *changed) if each.expected != each.found]


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
