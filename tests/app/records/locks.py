"""Wait until a connection waits for a lock that another one holds."""

import time

import psycopg

MOST_SECONDS = 60
WAITS = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND (pid = %(pid)s OR %(pid)s::integer IS NULL)"
)


def until_anybody_waits(database_url: str) -> None:
    """The same for whichever connection to the database."""
    _until(database_url, None)


def until_it_waits(database_url: str, pid: int) -> None:
    """`pid`: of the connection's server process."""
    _until(database_url, pid)


def _until(database_url: str, pid: int | None) -> None:
    with psycopg.connect(database_url, autocommit=True) as watcher:
        until = time.monotonic() + MOST_SECONDS
        while watcher.execute(WAITS, {"pid": pid}).fetchone() is None:
            assert time.monotonic() < until
