"""Wait until a connection waits for a lock that another one holds."""

import time

import psycopg

MOST_SECONDS = 20
WAITS = "SELECT 1 FROM pg_stat_activity WHERE pid = %(pid)s AND wait_event_type = 'Lock'"


def until_it_waits(database_url: str, pid: int) -> None:
    """`pid`: of the connection's server process."""
    with psycopg.connect(database_url, autocommit=True) as watcher:
        until = time.monotonic() + MOST_SECONDS
        while watcher.execute(WAITS, {"pid": pid}).fetchone() is None:
            assert time.monotonic() < until
