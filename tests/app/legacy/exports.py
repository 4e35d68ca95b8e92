"""Exports of the old system as tests write them: rows with every column sound, of which a test changes some."""

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

BEGAN = 1_700_000_000_000
COLUMNS: dict[str, dict[str, Any]] = {
    "workflows": {
        "id": "w1",
        "type": "merge",
        "status": "completed",
        "input": '{"n": 1}',
        "output": None,
        "error": None,
        "current_step": "send",
        "subject": "acme/app#1",
        "repository": "acme/app",
        "number": 1,
        "created_by": "bob",
        "created_at": BEGAN,
        "updated_at": None,
        "finished_at": BEGAN + 900,
        "retry_of": None,
    },
    "steps": {
        "id": "s1",
        "workflow_id": "w1",
        "name": "send",
        "status": "done",
        "position": 0,
        "attempts": 1,
        "input": None,
        "output": '{"ok": true}',
        "error": None,
        "started_at": BEGAN,
        "finished_at": BEGAN + 500,
    },
    "audit_events": {"id": 1, "at": BEGAN, "kind": "created", "subject": "w1", "actor": "bob", "body": '{"a": 1}'},
    "settings": {"key": "kill_switch", "value": "true", "repository": None, "updated_at": BEGAN},
}
"""Table -> column -> a sound value."""
Row = Mapping[str, Any]


def row(table: str, **changes: Any) -> dict[str, Any]:
    """A sound row of a table, but for the changes."""
    return {**COLUMNS[table], **changes}


def database(path: Path, tables: Mapping[str, Sequence[Row]]) -> Path:
    """A SQLite database with these rows; columns have no type, so that each cell stays what it is."""
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        for table, columns in COLUMNS.items():
            connection.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
            rows = [tuple(each.get(column) for column in columns) for each in tables.get(table, ())]
            connection.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' for _ in columns)})", rows)
        connection.commit()
    return path


def sound(count: int = 3) -> dict[str, list[dict[str, Any]]]:
    """So many workflows, each with two steps and an event; one setting."""
    numbers = range(1, count + 1)
    return {
        "workflows": [row("workflows", id=f"w{n}", number=n, subject=f"acme/app#{n}") for n in numbers],
        "steps": [row("steps", id=f"s{n}.{p}", workflow_id=f"w{n}", position=p) for n in numbers for p in (0, 1)],
        "audit_events": [row("audit_events", id=n, subject=f"w{n}") for n in numbers],
        "settings": [row("settings")],
    }
