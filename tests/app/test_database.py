"""The pool: rows are dicts, transactions commit or roll back, and nothing waits for ever."""

import psycopg
import pytest
from psycopg_pool import PoolTimeout

from app import database

LIMITS = """
    SELECT name, setting FROM pg_settings
    WHERE name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout') ORDER BY name
"""


def test_it_opens_no_connection_by_itself(database_url: str) -> None:
    pool = database.pool(database_url)
    assert pool.closed
    with pytest.raises(psycopg.OperationalError), pool.connection():
        pass


def test_its_rows_are_dicts_and_its_sessions_are_bounded(database_url: str) -> None:
    with database.pool(database_url) as pool, pool.connection() as tx:
        assert tx.execute(LIMITS).fetchall() == [
            {"name": "idle_in_transaction_session_timeout", "setting": "60000"},
            {"name": "lock_timeout", "setting": "10000"},
            {"name": "statement_timeout", "setting": "30000"},
        ]


def test_what_raises_is_rolled_back_and_what_does_not_is_kept(empty_database_url: str) -> None:
    with database.pool(empty_database_url) as pool:
        with pool.connection() as tx:
            tx.execute("CREATE TABLE kept (name text)")
            tx.execute("INSERT INTO kept VALUES ('kept')")
        with pytest.raises(psycopg.errors.DivisionByZero), pool.connection() as tx:
            tx.execute("WITH lost AS (INSERT INTO kept VALUES ('lost') RETURNING 0 AS zero) SELECT 1 / zero FROM lost")
        with pool.connection() as tx:
            assert tx.execute("SELECT * FROM kept").fetchall() == [{"name": "kept"}]


def test_a_connection_that_died_is_replaced(database_url: str) -> None:
    with database.pool(database_url) as pool:
        with pool.connection() as tx:
            row = tx.execute("SELECT pg_backend_pid() AS pid").fetchone()
        assert row is not None
        with psycopg.connect(database_url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%(pid)s, 5000)", row)
        with pool.connection() as tx:
            assert tx.execute("SELECT 1 AS one").fetchone() == {"one": 1}


def test_it_gives_up_when_postgres_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 0.3)
    with database.pool("postgresql://nobody@127.0.0.1:1/none") as pool, pytest.raises(PoolTimeout), pool.connection():
        pass
