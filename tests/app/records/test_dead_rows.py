"""A claim reads as much after hundreds of others as before them, also where no vacuum has come by meanwhile."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from app.records import runs, steps
from tests import databases, growth

NOW = datetime.now(UTC) + timedelta(days=1)
DUE = 20
ROUNDS = 25


class _Read:
    """Counts the pages that are read by everything that is executed."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.pages = 0

    def execute(self, query: Any, values: Any = None) -> Any:
        text = query.decode() if isinstance(query, bytes) else query
        with self._connection.transaction(force_rollback=True):
            explained = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {text}".encode()
            plan = self._connection.execute(explained, values).fetchone()["QUERY PLAN"]
        plan = json.loads(plan) if isinstance(plan, str) else plan
        self.pages += plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
        return self._connection.execute(query, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.fixture
def tx(postgres: str) -> Iterator[Any]:
    with databases.fresh(postgres) as url:
        growth.fill(url, 2_000, due=DUE)
        with psycopg.connect(url, row_factory=dict_row, autocommit=True) as connection:
            for table in ("workflows", "steps"):
                connection.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off)".encode())
            yield connection


def test_claims_and_the_sweep_stay_as_they_were(tx: Any) -> None:
    due = [row["id"] for row in tx.execute("SELECT id FROM workflows WHERE status = 'pending'").fetchall()]
    before = _pages(tx, due[0])
    for _ in range(ROUNDS):
        for each in due:
            _claimed(tx, each)
    after = _pages(tx, due[0])
    tx.execute("SELECT pg_stat_force_next_flush()")
    assert tx.execute("SELECT sum(n_tup_upd) > 0 AS updated FROM pg_stat_user_tables").fetchone() == {"updated": True}
    assert [after[what] <= 2 * pages for what, pages in before.items()] == [True, True], (before, after)


def _pages(tx: Any, workflow: UUID) -> dict[str, int]:
    with _undone(tx) as claiming:
        assert runs.claim(claiming, workflow, NOW, 60) is not None
    with _undone(tx) as sweeping:
        assert len(steps.take_due(sweeping, NOW)) == DUE
    return {"claim": claiming.pages, "sweep": sweeping.pages}


@contextmanager
def _undone(tx: Any) -> Iterator[Any]:
    with tx.transaction(force_rollback=True):
        yield _Read(tx)


def _claimed(tx: Any, workflow: UUID) -> None:
    """Taken and put back, as two transactions: what the first one changed is dead after the second."""
    with tx.transaction():
        run = runs.claim(tx, workflow, NOW, 60)
    assert run is not None
    with tx.transaction():
        runs.snooze(tx, run, NOW, "Not now.", now=NOW)
