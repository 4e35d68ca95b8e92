"""An export opened for reading: a SQLite database, or a dump that is read into a temporary one.

The file is hostile: nothing in it is executed (no view, trigger, generated column or extension), and no cell larger
than D1 allows is taken into memory.
"""

import hashlib
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.legacy import dump, values
from app.legacy.trouble import LegacyError

HEADER = b"SQLite format 3\0"
HEADER_BYTES = 100
BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
"""As some shells write it into a file, with UTF-16 behind the last two."""
JOURNAL = bytes.fromhex("d9d505f920a163d7")
"""How a journal begins as long as what it would undo is in the database."""
MOST_TABLES = 500
MOST_COLUMNS = 100
_CHUNK_BYTES = 1 << 20
_READING = {
    *(sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_PRAGMA, sqlite3.SQLITE_FUNCTION),
}
_PRAGMAS = {"table_info"}
_TABLES = "SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid LIMIT ?"


@dataclass(frozen=True)
class Table:
    """One table of the export, with the columns that hold something, in their order."""

    name: str
    columns: tuple[str, ...]


@dataclass(frozen=True)
class Source:
    """An open export. `torn`: why it is known not to be whole, else None."""

    connection: sqlite3.Connection
    tables: tuple[Table, ...]
    torn: str | None = None

    def rows(self, table: Table, after: int) -> Iterator[dict[str, Any]]:
        """The rows in the order in which they are stored, without the first `after`, each cell as `values.encode` says.

        Raises `LegacyError` where the file can't be read on.
        """
        try:
            yield from self._stored(table, after)
            yield from self._unreadable(table, after)
        except sqlite3.DatabaseError as trouble:
            raise LegacyError(f"The table {table.name} can't be read on: {_line(trouble)}.") from None

    def count(self, table: Table) -> int:
        """How many rows it has. Raises `LegacyError` where the file can't be read."""
        try:
            unread = dump.unread_count(self.connection, table.name) if dump.has_unread(self.connection) else 0
            return self._stored_count(table) + unread
        except sqlite3.DatabaseError as trouble:
            raise LegacyError(f"The table {table.name} can't be read: {_line(trouble)}.") from None

    def _stored_count(self, table: Table) -> int:
        query = f"SELECT count(*) FROM main.{_name(table.name)} NOT INDEXED"  # noqa: S608 -- quoted
        return int(self.connection.execute(query).fetchone()[0])

    def _stored(self, table: Table, after: int) -> Iterator[dict[str, Any]]:
        names = ", ".join(map(_name, table.columns))
        query = f"SELECT {names} FROM main.{_name(table.name)} NOT INDEXED LIMIT -1 OFFSET ?"  # noqa: S608 -- quoted
        while True:
            try:
                for row in self.connection.execute(query, (after,)):
                    after += 1
                    yield _encoded(table, row)
            except sqlite3.DataError:  # a cell of the next row, or of the one after it, is larger than the limit
                yield self._row_by_cells(table, after)
                after += 1
            else:
                return

    def _row_by_cells(self, table: Table, after: int) -> dict[str, Any]:
        return {column: self._cell(table, column, after) for column in table.columns}

    def _cell(self, table: Table, column: str, after: int) -> Any:
        name, where = _name(column), f"FROM main.{_name(table.name)} NOT INDEXED LIMIT 1 OFFSET ?"
        try:
            row = self.connection.execute(f"SELECT {name} {where}", (after,)).fetchone()
        except sqlite3.DataError:
            return {values.LARGE: values.LARGEST_CELL_BYTES}
        return values.encode(row[0])

    def _unreadable(self, table: Table, after: int) -> Iterator[dict[str, Any]]:
        """What a dump says of this table and SQLite does not take."""
        if not dump.has_unread(self.connection):
            return
        for statement, said in dump.unread(self.connection, table.name, max(0, after - self._stored_count(table))):
            yield {dump.STATEMENT: statement, dump.SAID: said}


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """The export of this name. Raises `LegacyError` with what is wrong with it."""
    try:
        with path.open("rb") as file:
            begin = file.read(HEADER_BYTES)
        if begin.startswith(BYTE_ORDER_MARKS):
            raise LegacyError("The dump begins with a byte order mark: have it written as UTF-8 without one.")
        is_database = begin.startswith(HEADER)
        with _database(path, begin) if is_database else dump.loaded(path) as (connection, torn):
            connection.set_authorizer(_authorize)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, values.LARGEST_CELL_BYTES)
            yield Source(connection, _tables(connection), torn)
    except OSError as trouble:
        raise LegacyError(f"The file {path} can't be read: {trouble.strerror or trouble}.") from None


def digest(path: Path) -> bytes:
    """SHA-256 of the file. Raises `LegacyError`."""
    found = hashlib.sha256()
    try:
        _demand_file(path)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                found.update(chunk)
    except OSError as trouble:
        raise LegacyError(f"The file {path} can't be read: {trouble.strerror or trouble}.") from None
    return found.digest()


def _demand_file(path: Path) -> None:
    """A pipe would be waited for, and a device read without an end; both are gone when they are read again."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise LegacyError(f"{path} is no file: save the export to one, and import that.")


@contextmanager
def _database(path: Path, begin: bytes) -> Iterator[tuple[sqlite3.Connection, None]]:
    _demand_whole(path, begin)
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        connection.text_factory = values.decoded
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0", "query_only = ON"):
            connection.execute(f"PRAGMA {pragma}")
        yield connection, None


def _demand_whole(path: Path, begin: bytes) -> None:
    """The header says how many pages of which size there should be; a log beside the file holds rows that it lacks."""
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise LegacyError(f"The database has rows in {log.name} still: close whatever has it open, and copy it again.")
    if _begins(journal := path.with_name(f"{path.name}-journal"), JOURNAL):
        raise LegacyError(f"A change of the database is half done, see {journal.name}: open it with sqlite3 once.")
    if len(begin) < HEADER_BYTES:
        raise LegacyError("The file is cut off: it is shorter than the header of a SQLite database.")
    page_bytes = int.from_bytes(begin[16:18], "big")
    expected = int.from_bytes(begin[28:32], "big") * (65_536 if page_bytes == 1 else page_bytes)
    if path.stat().st_size < expected:
        raise LegacyError(f"The file is cut off: it has {path.stat().st_size} of {expected} bytes.")


def _begins(path: Path, said: bytes) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(said)) == said


def _tables(connection: sqlite3.Connection) -> tuple[Table, ...]:
    try:
        found = connection.execute(_TABLES, (MOST_TABLES + 1,)).fetchall()
        if len(found) > MOST_TABLES:
            raise LegacyError(f"The file has more than {MOST_TABLES} tables: no export of the old system has that.")
        return tuple(_table(connection, name) for name, sql in found if _is_plain(name, sql))
    except sqlite3.Error as trouble:
        raise LegacyError(f"The file is no SQLite database that can be read: {_line(trouble)}.") from None


def _is_plain(name: object, sql: object) -> bool:
    """Virtual tables run code when they are read; our own are not part of the export."""
    is_named = isinstance(name, str) and isinstance(sql, str)
    return is_named and not str(sql).upper().startswith("CREATE VIRTUAL") and str(name) != dump.UNREAD


def _table(connection: sqlite3.Connection, name: str) -> Table:
    """`table_info` leaves generated columns out."""
    columns = [row[1] for row in connection.execute(f"PRAGMA table_info({_name(name)})")]
    if len(columns) > MOST_COLUMNS or not all(isinstance(column, str) for column in columns):
        raise LegacyError(f"The table {name} has more than {MOST_COLUMNS} columns, or one whose name is no text.")
    return Table(name, tuple(columns))


def _encoded(table: Table, row: tuple[values.Cell, ...]) -> dict[str, Any]:
    if sum(map(values.size, row)) > values.LARGEST_ROW_BYTES:
        return {column: {values.LARGE: values.size(cell)} for column, cell in zip(table.columns, row, strict=True)}
    return {column: values.encode(cell) for column, cell in zip(table.columns, row, strict=True)}


def _authorize(action: int, first: str | None, second: str | None, *_: object) -> int:
    """Reading is all that is asked for from here on, whatever a hostile schema would like to have run."""
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK if first in _PRAGMAS else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_OK if second == "count" else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _READING else sqlite3.SQLITE_DENY


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _line(trouble: Exception) -> str:
    return " ".join(str(trouble).split()).rstrip(".")
