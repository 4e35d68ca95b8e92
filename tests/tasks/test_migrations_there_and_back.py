"""Every migration down, up and down again on databases that are full: nothing is lost that the older one can hold."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from app import ledger, schema
from app.schema import SchemaError
from tests import databases, growth, migrating
from tests.app.records import locks
from tests.tasks.agency import agency
from tests.tasks.house import House

NAMES = [file.stem for file in sorted(schema.directory().glob("[0-9]*.sql")) if ".rollback" not in file.name]
WAITS = """
SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query <> ''
"""
TURNED = """
INSERT INTO pauses (scope, reason, paused_by, paused_at, repository_id, by_name, former)
SELECT 'repository:octo/' || n / 2, 'No.', 'olga', now(), n, n % 2 = 0, '{repository:octo/old}'
FROM generate_series(1, 4) AS n;
UPDATE steps SET held_by = pauses.id FROM pauses WHERE pauses.repository_id = 99 AND steps.status = 'pending';
"""


@pytest.fixture
def grown(postgres: str) -> Iterator[str]:
    with databases.fresh(postgres) as url:
        growth.fill(url, 100, due=20)
        growth.fill_the_rest(url)
        growth.pause(url, 10)
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(TURNED.encode())
        yield url


def test_a_grown_database_loses_nothing(grown: str) -> None:
    assert migrating.there_and_back(grown) == []


def test_a_house_that_has_worked_loses_nothing_and_works_on(house: House, tmp_path: Path) -> None:
    at = agency(house, tmp_path)
    at.clear(at.ask(labels=["bot"])["runId"])
    at.ask(branch="agent/other")
    house.deliver_pull()
    house.work()
    url = house.context.settings.database_url
    assert migrating.there_and_back(url) == []
    house.deliver_pull(action="edited")
    house.work()
    with house.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


@pytest.mark.matrix
@pytest.mark.parametrize("name", [name for name in NAMES if name >= "0011"])
def test_a_migration_that_is_killed_in_the_middle_leaves_all_as_it_was(grown: str, name: str) -> None:
    """Once on the way down and once on the way up; then both are made."""
    newer = len(NAMES) - NAMES.index(name) - 1
    schema.down(grown, steps=newer)
    above = migrating.content(grown)
    _killed(grown, "down")
    assert migrating.content(grown) == above
    schema.down(grown)
    below = migrating.content(grown)
    _killed(grown, "up")
    assert migrating.content(grown) == below
    schema.up(grown)
    schema.down(grown, steps=newer + 1)
    assert migrating.content(grown) == below


def _killed(url: str, way: str) -> None:
    """Its connection is cut while it waits to record that it is done: all that it changed is made by then."""
    with psycopg.connect(url, autocommit=True) as other, ThreadPoolExecutor(1) as threads, other.transaction():
        other.execute("LOCK TABLE _yoyo_migration IN EXCLUSIVE MODE")
        moved = threads.submit(schema.down if way == "down" else schema.up, url)
        other.execute(f"SELECT pg_terminate_backend({_waiting(url, other)})".encode())
        with pytest.raises(SchemaError):
            moved.result()


def _waiting(url: str, other: psycopg.Connection) -> int:
    locks.until_anybody_waits(url)
    row = other.execute(WAITS).fetchone()
    assert row is not None
    return int(row[0])


def test_all_can_be_read_while_the_indexes_of_what_may_be_large_are_made(grown: str) -> None:
    schema.down(grown, steps=len([name for name in NAMES if name >= "0018"]))
    with psycopg.connect(grown) as working, psycopg.connect(grown) as reading, ThreadPoolExecutor(1) as threads:
        working.execute("UPDATE workflows SET updated_at = updated_at")
        moved = threads.submit(schema.up, grown)
        locks.until_anybody_waits(grown)
        reading.execute("SET LOCAL lock_timeout = '2s'")
        for table in ("workflows", "steps", "pauses", "audit_events"):
            reading.execute(f"SELECT count(*) FROM {table}".encode())
        reading.commit()
        working.commit()
        moved.result()


@pytest.mark.parametrize("status", ["succeeded", "failed", "blocked", "cancelled"])
def test_a_kind_that_a_run_has_no_words_for_is_kept_as_it_is_over_there(database_url: str, status: str) -> None:
    """Also where it has no step, as one that was imported without any."""
    told = "SELECT id, type, kind, status, subject, created_at FROM workflows"
    with psycopg.connect(database_url) as connection:
        connection.execute(IMPORTED.encode(), {"status": status})
        before = connection.execute(told.encode()).fetchall()
    undone = schema.down(database_url, steps=len([name for name in NAMES if name >= "0011"]))
    with psycopg.connect(database_url) as connection:
        [(kind, there)] = connection.execute(b"SELECT kind, status FROM runs").fetchall()
    assert kind == f"imported/merge/{status}"
    assert there == {"failed": "blocked", "cancelled": "superseded"}.get(status, status)
    assert schema.up(database_url) == tuple(reversed(undone))
    with psycopg.connect(database_url) as connection:
        assert connection.execute(told.encode()).fetchall() == before


IMPORTED = """
INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, status, current_step)
VALUES (gen_random_uuid(), 'merge', 'imported', 'old:1', 0, 'acme/widget', 0, %(status)s, 'deploy')
"""
