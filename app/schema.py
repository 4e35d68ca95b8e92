"""The database schema, moved up and down by the numbered SQL files of `migrations/`, one process at a time."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from yoyo import read_migrations
from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
from yoyo.exceptions import BadMigration
from yoyo.migrations import Migration, default_migration_table

LOCK_KEY = 0x6D657267656761
LOCK_SECONDS = 60
CONNECT_SECONDS = 10


class SchemaError(Exception):
    """The schema cannot be read or moved; the message is one sentence."""


@dataclass(frozen=True)
class Version:
    """One migration: its name, such as `0001_audit`, and whether the database has it."""

    name: str
    applied: bool


def directory() -> Path:
    """Where the SQL files are: beside the package in a checkout, else where the wheel puts its shared data."""
    beside = Path(__file__).resolve().parent.parent / "migrations"
    return beside if beside.is_dir() else Path(sys.prefix) / "share" / "mergegate" / "migrations"


def up(url: str, files: Path | None = None) -> tuple[str, ...]:
    """Apply what is missing, oldest first; the names applied. Waits for another process that is at it.

    A migration and the record of it are one transaction: a crash leaves both or neither. Raises `SchemaError`.
    """
    with _opened(url) as backend, backend.lock():
        missing = [each for each in _read(files) if not backend.is_applied(each)]
        return tuple(_apply(backend, each) for each in missing)


def down(url: str, *, steps: int | None = 1, files: Path | None = None) -> tuple[str, ...]:
    """Undo the newest `steps` migrations, newest first, `None` for all; the names undone. Raises `SchemaError`."""
    with _opened(url) as backend, backend.lock():
        applied = [each for each in reversed(_read(files)) if backend.is_applied(each)]
        return tuple(_undo(backend, each) for each in applied[:steps])


def status(url: str, files: Path | None = None) -> tuple[Version, ...]:
    """Every migration, oldest first, those included that the database has and these files do not."""
    with _opened(url) as backend:
        applied = backend.applied_names()
    known = [each.id for each in _read(files)]
    return tuple(Version(name, name in applied) for name in sorted({*known, *applied}))


class _Backend(PostgresqlPsycopgBackend):  # type: ignore[misc]
    """yoyo's backend with libpq's own reading of the URL, a lock that dies with its holder, and no half migrations."""

    _is_locked = False

    def connect(self, dburi: str) -> Any:
        return psycopg.connect(dburi, autocommit=True, connect_timeout=CONNECT_SECONDS)

    @contextmanager
    def lock(self, *_: object) -> Iterator[None]:
        """Postgres itself lets go of an advisory lock when the session ends; yoyo's lock row would stay for ever."""
        if self._is_locked:
            yield
            return
        self.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        self.execute(f"SELECT pg_advisory_lock({LOCK_KEY})")
        self._is_locked = True
        try:
            self.ensure_internal_schema_updated()
            yield
        finally:
            self._is_locked = False
            self.execute(f"SELECT pg_advisory_unlock({LOCK_KEY})")

    def list_tables(self, **_: object) -> list[str]:
        rows = self.execute("SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()").fetchall()
        return [name for (name,) in rows]

    def apply_whole(self, migration: Migration) -> None:
        with self.transaction():
            migration.process_steps(self, "apply")
            self.mark_one(migration, log=False)

    def undo_whole(self, migration: Migration) -> None:
        with self.transaction():
            migration.process_steps(self, "rollback")
            self.unmark_one(migration, log=False)

    def applied_names(self) -> frozenset[str]:
        """Empty where no migration ever ran; asking creates nothing."""
        if self.migration_table not in self.list_tables():
            return frozenset()
        rows = self.execute(f"SELECT migration_id FROM {self.migration_table_quoted}").fetchall()  # noqa: S608
        return frozenset(name for (name,) in rows)


@contextmanager
def _opened(url: str) -> Iterator[_Backend]:
    try:
        with _Backend(url, default_migration_table) as backend:
            yield backend
    except psycopg.errors.LockNotAvailable:
        raise SchemaError(f"Another process holds the schema or one of its tables for {LOCK_SECONDS} s.") from None
    except psycopg.OperationalError as trouble:
        raise SchemaError(f"The database cannot be reached: {_line(trouble)}.") from None


def _read(files: Path | None) -> list[Migration]:
    """Sorted by number. Every file needs its way back: yoyo takes one that has none for undone."""
    place = files or directory()
    if not place.is_dir():
        raise SchemaError(f"The directory of migrations, {place}, is not there.")
    found = sorted(read_migrations(str(place)), key=lambda each: str(each.id))
    for each in found:
        if not (place / f"{each.id}.rollback.sql").is_file():
            raise SchemaError(f"The migration {each.id} has no {each.id}.rollback.sql.")
    return found


def _apply(backend: _Backend, migration: Migration) -> str:
    try:
        backend.apply_whole(migration)
    except (psycopg.Error, BadMigration) as trouble:
        raise SchemaError(f"The migration {migration.id} failed and was not applied: {_line(trouble)}.") from None
    return str(migration.id)


def _undo(backend: _Backend, migration: Migration) -> str:
    try:
        backend.undo_whole(migration)
    except (psycopg.Error, BadMigration) as trouble:
        raise SchemaError(f"The migration {migration.id} could not be undone and stays: {_line(trouble)}.") from None
    return str(migration.id)


def _line(trouble: Exception) -> str:
    return " ".join(str(trouble).split()).rstrip(".")
