"""Databases for tests: a fresh one, or one that another test has left and that was made as new."""

import contextlib
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from app import schema

TEMPLATE = "template_migrated"
CONNECT_SECONDS = 10
LEAVING_POLLS = 30
"""How often the end of the connections of a test is asked for, `POLL_SECONDS` apart."""
POLL_SECONDS = 0.01
PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")

TABLES = """
SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname
"""
OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
# A change of the schema makes new rows in the catalogs, which tell it by the transaction that made them. Triggers are
# told by what they are, since emptying switches some off and on again.
SHAPE = """
SELECT md5(string_agg(part, ' ' ORDER BY part)) FROM (
    SELECT format('class %s %s', oid, xmin) FROM pg_class WHERE oid >= 16384
    UNION ALL SELECT format('attribute %s %s %s', attrelid, attnum, xmin) FROM pg_attribute WHERE attrelid >= 16384
    UNION ALL SELECT format('default %s %s', oid, xmin) FROM pg_attrdef
    UNION ALL SELECT format('trigger %s', pg_trigger) FROM pg_trigger
    UNION ALL SELECT format('function %s %s', oid, xmin) FROM pg_proc WHERE oid >= 16384
    UNION ALL SELECT format('constraint %s %s', oid, xmin) FROM pg_constraint WHERE oid >= 16384
    UNION ALL SELECT format('index %s %s', indexrelid, xmin) FROM pg_index WHERE indexrelid >= 16384
    UNION ALL SELECT format('type %s %s', oid, xmin) FROM pg_type WHERE oid >= 16384
    UNION ALL SELECT format('rule %s %s', oid, xmin) FROM pg_rewrite WHERE oid >= 16384
    UNION ALL SELECT format('schema %s %s', oid, xmin) FROM pg_namespace
    UNION ALL SELECT format('setting %s', pg_db_role_setting) FROM pg_db_role_setting
) AS parts (part)
"""
# Some triggers fire even where `session_replication_role` switches triggers off.
ALWAYS = """
SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgenabled = 'A' AND NOT tgisinternal
"""
RESTART = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence"


def make_template(server: str) -> None:
    """Make the migrated database on this server, of which the others are copies."""
    _execute(server, f"CREATE DATABASE {TEMPLATE}")
    schema.up(_of(server, TEMPLATE))


@contextlib.contextmanager
def fresh(server: str, template: str = TEMPLATE) -> Iterator[str]:
    """A fresh database on this server, a copy of the template, for as long as the context lasts."""
    url = _made(server, template)
    yield url
    _drop(server, url)


@dataclass(eq=False)
class Lent:
    """Databases that tests borrow one after another: what a test leaves is made as new, or dropped."""

    server: str
    _free: list["_Reused"] = field(default_factory=list)

    @contextlib.contextmanager
    def one(self) -> Iterator[str]:
        """The URL of a migrated database without rows, of the borrower alone."""
        database = self._free.pop() if self._free else _Reused.on(self.server)
        yield database.url
        if database.is_as_new():
            self._free.append(database)
        else:
            database.owner.close()
            _drop(self.server, database.url)


@dataclass(eq=False)
class _Reused:
    """One database with the connection that empties it; `filled` are the tables that the migrations have filled."""

    url: str
    owner: psycopg.Connection
    tables: tuple[str, ...]
    filled: tuple[str, ...]
    mark: str

    @classmethod
    def on(cls, server: str) -> "_Reused":
        url = _made(server, TEMPLATE)
        owner = psycopg.connect(make_conninfo(url, connect_timeout=CONNECT_SECONDS), autocommit=True)
        tables = _column(owner, TABLES)
        assert [name for name in tables if not PLAIN_NAME.fullmatch(name)] == []
        filled = _with_rows(owner, tables)
        return cls(url, owner, tables, filled, _mark(owner, filled))

    def is_as_new(self) -> bool:
        """Empty it: `False` where somebody is still connected, or more than rows has changed."""
        try:
            return self._is_left() and self._empty() and _mark(self.owner, self.filled) == self.mark
        except psycopg.Error:  # the connection was ended, the schema is another
            return False

    def _is_left(self) -> bool:
        """Whether all connections of the test end soon: one that stays may write into the next test."""
        for _ in range(LEAVING_POLLS):
            if _column(self.owner, OTHERS) == (0,):
                return True
            self.owner.execute(f"SELECT pg_sleep({POLL_SECONDS})".encode())
        return False

    def _empty(self) -> bool:
        """Delete every row but those of the migrations, and vacuum, so that the next rows stand in their order."""
        left = _with_rows(self.owner, tuple(name for name in self.tables if name not in self.filled))
        self.owner.execute(RESTART)
        if not left:
            return True
        always = self.owner.execute(ALWAYS).fetchall()
        off = [f"ALTER TABLE {table} DISABLE TRIGGER {trigger}" for table, trigger in always if table in left]
        on = [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}" for table, trigger in always if table in left]
        deletions = [f"DELETE FROM {name}" for name in left]
        statements = ["SET LOCAL session_replication_role = replica", *off, *deletions, *on]
        with self.owner.transaction():
            self.owner.execute("; ".join(statements).encode())
        self.owner.execute(f"VACUUM (SKIP_DATABASE_STATS) {', '.join(left)}".encode())
        return True


def _mark(owner: psycopg.Connection, filled: tuple[str, ...]) -> str:
    """What tells the schema and the rows of the migrations from any other."""
    rows = [f"SELECT md5(string_agg({name}::text, ' ' ORDER BY {name}::text)) FROM {name}" for name in filled]
    return " ".join(str(_column(owner, query)) for query in (SHAPE, *rows))


def _with_rows(owner: psycopg.Connection, tables: tuple[str, ...]) -> tuple[str, ...]:
    return _column(owner, " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in tables))


def _column(owner: psycopg.Connection, query: str) -> tuple[Any, ...]:
    return tuple(value for (value,) in owner.execute(query.encode()))


def _made(server: str, template: str) -> str:
    name = f"test_{uuid.uuid4().hex}"
    _execute(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    return _of(server, name)


def _drop(server: str, url: str) -> None:
    name = url.partition("@/")[2].partition("?")[0]
    _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _of(url: str, database: str) -> str:
    return url.replace("@/mergegate?", f"@/{database}?")


def _execute(url: str, statement: str) -> None:
    with psycopg.connect(make_conninfo(url, connect_timeout=CONNECT_SECONDS), autocommit=True) as connection:
        connection.execute(statement.encode())
