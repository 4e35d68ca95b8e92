"""An import of many rows, some of them damaged: killed in the middle, finished, rolled back, and imported again.

Counts, reasons, checksums and the tables themselves have to be the same each time, and the memory of the command flat.
"""

import hashlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil
import psycopg

BEGAN = 1_700_000_000_000
MOST_MEGABYTES = 200
LOOK_SECONDS = 0.02
STEPS_EACH = 2
ROWS_EACH = 2 + STEPS_EACH
"""A workflow, its steps, an event."""
EACH_HUNDRED = 5
QUARANTINED = 3
OWN = "SELECT id FROM workflows WHERE kind IN ('legacy', 'legacy_rollback')"
TABLES = {
    "workflows": f"SELECT to_jsonb(workflows) FROM workflows WHERE id NOT IN ({OWN}) ORDER BY id",
    "steps": f"SELECT to_jsonb(steps) FROM steps WHERE workflow_id NOT IN ({OWN}) ORDER BY id",
    "legacy_audit_events": "SELECT to_jsonb(legacy_audit_events) - 'batch_id' FROM legacy_audit_events ORDER BY id",
    "settings": "SELECT to_jsonb(settings) - 'changed_at' FROM settings ORDER BY repository_id, name",
}
"""What an import may change, but for its own workflows."""
DONE = """
SELECT coalesce((SELECT sum((each.value ->> 'rows')::bigint) FROM legacy_batches, jsonb_each(tables) AS each
                 WHERE status <> 'rolled_back'), 0)
    + (SELECT count(*) FILTER (WHERE status <> 'staged') + count(*) FILTER (WHERE status = 'imported') FROM legacy_rows)
"""
"""How many rows were read, judged and taken in: three for each row in the end."""


@dataclass
class Soak:
    """A database, a file, and what was seen; `peak` in bytes."""

    url: str
    file: Path
    rows: int
    peak: int = 0
    killed: int = 0
    seen: list[dict[str, Any]] = field(default_factory=list)

    def play(self, kills: int) -> list[str]:
        """Everything; what was not as it has to be."""
        empty = self.contents()
        self._kill_at(kills)
        first = self._finished()
        imported = self.contents()
        violations = self._same("a second run", self._finished(), first)
        self._command("rollback", str(first["id"]))
        if self.contents() != empty:
            violations.append("the rollback did not leave the database as it was")
        violations += self._same("the import after the rollback", self._finished(), first)
        if self.contents() != imported:
            violations.append("the second import did not make the same rows")
        if self.peak > MOST_MEGABYTES * 1_000_000:
            violations.append(f"the command took {self.peak // 1_000_000} MB")
        return violations

    def _kill_at(self, kills: int) -> None:
        """At even distances of the way: in reading, in checking and in taking in, where there are three."""
        whole = 3 * self.rows
        for number in range(1, kills + 1):
            process = self._started("import", str(self.file), "--apply")
            self._watch(process, whole * number // (kills + 1))
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
                self.killed += 1
            process.wait()

    def _watch(self, process: subprocess.Popen[bytes], until: int) -> None:
        """Until so much is done, or all."""
        with psycopg.connect(self.url, autocommit=True) as tx:
            while process.poll() is None and (tx.execute(DONE).fetchone() or (0,))[0] < until:
                self._look_at(process)
                time.sleep(LOOK_SECONDS * max(1, self.rows // 10_000))

    def _look_at(self, process: subprocess.Popen[bytes]) -> None:
        try:
            self.peak = max(self.peak, psutil.Process(process.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            return

    def _finished(self) -> dict[str, Any]:
        return self._command("import", str(self.file), "--apply")

    def _command(self, *arguments: str) -> dict[str, Any]:
        process = self._started(*arguments)
        while process.poll() is None:
            self._look_at(process)
            time.sleep(LOOK_SECONDS)
        output = process.stdout.read() if process.stdout else b""
        assert process.returncode in (0, QUARANTINED), output.decode()
        said: dict[str, Any] = json.loads(output)
        self.seen.append(said)
        return said

    def _started(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "from app.cli import main; main()", "legacy", *arguments, "--json"]
        environ = {**os.environ, "DATABASE_URL": self.url}
        return subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def _same(self, what: str, found: dict[str, Any], first: dict[str, Any]) -> list[str]:
        names = ("counts", "quarantine", "checksum")
        return [f"{what} has other {name}: {found[name]}" for name in names if found[name] != first[name]]

    def contents(self) -> dict[str, str]:
        """Table -> a checksum of its rows."""
        with psycopg.connect(self.url) as tx:
            return {table: _checksum(tx, query) for table, query in TABLES.items()}


def _checksum(tx: psycopg.Connection[Any], query: str) -> str:
    found = hashlib.sha256()
    with tx.cursor(name="contents") as cursor:
        cursor.itersize = 5_000
        for (row,) in cursor.execute(query.encode()):
            found.update(json.dumps(row, sort_keys=True).encode())
    return found.hexdigest()


def write(path: Path, rows: int, seed: int) -> Path:
    """A file with about so many rows, of which `EACH_HUNDRED` in a hundred are damaged in some way."""
    drawn = random.Random(seed)
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "CREATE TABLE workflows (id, type, status, input, repository, number, created_at, finished_at, retry_of);"
            "CREATE TABLE steps (id, workflow_id, name, status, position, attempts, started_at, finished_at, output);"
            "CREATE TABLE audit_events (id, at, kind, subject, actor, body);"
            "CREATE TABLE settings (key, value); INSERT INTO settings VALUES ('kill_switch', 'true'), ('colour', 'red')"
        )
        for number in range(rows // ROWS_EACH):
            for table, row in _rows(number):
                damaged = _damaged(row, drawn) if drawn.randrange(100) < EACH_HUNDRED else row
                marks = ", ".join("?" for _ in damaged)
                connection.execute(f"INSERT INTO {table} VALUES ({marks})", damaged)
        connection.commit()
    return path


def _rows(number: int) -> Iterator[tuple[str, list[Any]]]:
    at = BEGAN + number * 1_000
    retried = f"w{number - 1}" if number % 50 == 49 else None
    status = ("completed", "failed", "running")[number % 3]
    said = ["acme/app", number, at, at + 900, retried]
    yield "workflows", [f"w{number}", "merge", status, json.dumps({"n": number}), *said]
    for place in range(STEPS_EACH):
        yield "steps", [f"s{number}.{place}", f"w{number}", "send", "done", place, 1, at, at + 500, '{"ok": true}']
    yield "audit_events", [number + 1, at, "created", f"w{number}", "bob", '{"a": 1}']


def _damaged(row: list[Any], drawn: random.Random) -> list[Any]:
    """One cell is anything."""
    odd = (None, "", "odd", -5, 2.5, b"\xff", "a\0b", '{"a":', "x" * 300, 10**17)
    damaged, place = list(row), drawn.randrange(len(row))
    damaged[place] = drawn.choice(odd)
    return damaged
