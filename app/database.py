"""Connections to Postgres that give up in time: a pool per process, never shared across a fork."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from psycopg import Connection
from psycopg.rows import DictRow, dict_row
from psycopg_pool import ConnectionPool

CONNECT_SECONDS = 5
WAIT_SECONDS = 5
STATEMENT_SECONDS = 30
LOCK_SECONDS = 10
IDLE_IN_TRANSACTION_SECONDS = 60
IDLE_SECONDS = 300
LIFETIME_SECONDS = 3600
MAXIMUM_CONNECTIONS = 4

Transaction = Connection[DictRow]
"""A connection with a transaction open on it, as `with pool.connection() as tx` gives; it commits at the end."""
Transact = Callable[[], AbstractContextManager[Transaction]]
"""What opens one: a pool's `connection`, or what a command has instead."""
Pool = ConnectionPool[Connection[DictRow]]


def pool(url: str, *, maximum_connections: int = MAXIMUM_CONNECTIONS) -> Pool:
    """A closed pool of connections whose rows are dicts; call `open()` after the fork, `close()` at the end.

    `connection()` raises `psycopg_pool.PoolTimeout`, an `OperationalError`, after `WAIT_SECONDS` without Postgres.
    """
    return ConnectionPool(
        url,
        connection_class=Connection[DictRow],
        kwargs={"row_factory": dict_row, "connect_timeout": CONNECT_SECONDS, "options": _options()},
        min_size=0,
        max_size=maximum_connections,
        open=False,
        check=ConnectionPool.check_connection,
        timeout=WAIT_SECONDS,
        max_idle=IDLE_SECONDS,
        max_lifetime=LIFETIME_SECONDS,
        reconnect_timeout=WAIT_SECONDS,
    )


def _options() -> str:
    limits = {
        "statement_timeout": STATEMENT_SECONDS,
        "lock_timeout": LOCK_SECONDS,
        "idle_in_transaction_session_timeout": IDLE_IN_TRANSACTION_SECONDS,
    }
    return " ".join(f"-c {name}={seconds}s" for name, seconds in limits.items())
