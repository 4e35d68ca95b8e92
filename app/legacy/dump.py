"""A dump as `wrangler d1 export` and `sqlite3 .dump` write it, read into a temporary database that is gone at its end.

Of its statements only CREATE TABLE and INSERT are run, and these under an authorizer; what an export has besides is
passed over, and anything else refused.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from app.legacy import statements, values
from app.legacy.statements import Statement
from app.legacy.trouble import LegacyError

UNREAD = "_mergegate_unread"
STATEMENT, SAID = "$statement", "$said"
"""Columns of a row that stands for a statement that SQLite does not take: the statement, and what SQLite said."""
LARGEST_DATABASE_PAGES = 4_000_000
"""Of 4 KiB each: more than D1 allows a database to have."""
MOST_KEPT_BYTES = 100_000
STEPS_BETWEEN_LOOKS = 1_000_000
"""Instructions of SQLite: a row takes some hundreds; whoever asks for so many is after something else."""
_FIRST_WORDS = re.compile(rb"[A-Za-z]+(?:\s+[A-Za-z]+){0,2}")
_RUN = re.compile(rb"(?:CREATE\s+TABLE|INSERT(?:\s+OR\s+\w+)?\s+INTO|REPLACE\s+INTO)\b", re.IGNORECASE)
_PASSED_OVER = re.compile(
    rb"(?:PRAGMA|ANALYZE|BEGIN|SAVEPOINT|RELEASE|COMMIT|END|CREATE\s+(?:TEMP\s+|TEMPORARY\s+)?(?:TRIGGER|VIEW)"
    rb"|CREATE\s+(?:UNIQUE\s+)?INDEX|CREATE\s+VIRTUAL\s+TABLE|DELETE\s+FROM\s+\"?sqlite_\w+\"?\s*$"
    rb"|INSERT\s+INTO\s+\"?sqlite_\w+)\b",
    re.IGNORECASE,
)
_INTO = re.compile(
    rb"(?:INSERT|REPLACE)\b.*?\bINTO\s+(?:\"((?:[^\"]|\"\")+)\"|[`\[]([^`\]]+)[`\]]|([\w$]+))", re.I | re.S
)
_BEGINS, _ENDS = re.compile(rb"BEGIN\b", re.IGNORECASE), re.compile(rb"(?:COMMIT|END)\b", re.IGNORECASE)
_GIVES_UP = re.compile(rb"ROLLBACK\b", re.IGNORECASE)
_LOADING = {
    *(sqlite3.SQLITE_CREATE_TABLE, sqlite3.SQLITE_INSERT, sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ),
    *(sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_CREATE_INDEX, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_REINDEX),
}
_FUNCTIONS = {
    *("replace", "char", "unistr", "cast", "coalesce", "ifnull", "lower", "upper", "trim", "length", "typeof", "abs"),
    *("json_valid", "json", "datetime", "date", "time", "strftime", "julianday", "unixepoch", "current_timestamp"),
    *("like", "glob", "min", "max", "round", "instr", "substr", "nullif"),
}
"""What a default or a CHECK of an export asks for, and what its strings are made with."""


@contextmanager
def loaded(path: Path) -> Iterator[tuple[sqlite3.Connection, str | None]]:
    """The dump as a database, and why it is known to be torn, if it is. Raises `LegacyError`."""
    with closing(sqlite3.connect("", isolation_level=None)) as connection:
        connection.text_factory = values.decoded
        _restrict(connection)
        connection.execute(f"CREATE TABLE {UNREAD} (into_table TEXT, statement TEXT, said TEXT)")
        torn = _load(connection, path)
        _demand_tables(connection)
        yield connection, torn


def has_unread(connection: sqlite3.Connection) -> bool:
    """Whether this is a dump; a database has no such table."""
    return connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (UNREAD,)).fetchone() is not None


def unread(connection: sqlite3.Connection, table: str, after: int) -> Iterator[tuple[str, str]]:
    """The statements for a table that SQLite did not take, with what it said, without the first `after`."""
    yield from connection.execute(
        f"SELECT statement, said FROM {UNREAD} WHERE into_table = ? COLLATE NOCASE LIMIT -1 OFFSET ?",  # noqa: S608
        (table, after),
    )


def unread_count(connection: sqlite3.Connection, table: str) -> int:
    """How many these are."""
    query = f"SELECT count(*) FROM {UNREAD} WHERE into_table = ? COLLATE NOCASE"  # noqa: S608 -- a constant
    return int(connection.execute(query, (table,)).fetchone()[0])


def _restrict(connection: sqlite3.Connection) -> None:
    for pragma in (
        *("journal_mode = OFF", "synchronous = OFF", "temp_store = FILE"),
        *(f"max_page_count = {LARGEST_DATABASE_PAGES}", "foreign_keys = OFF"),
    ):
        connection.execute(f"PRAGMA {pragma}")
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, statements.LONGEST_STATEMENT_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, statements.LONGEST_STATEMENT_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.create_function("unistr", 1, _unistr, deterministic=True)


def _load(connection: sqlite3.Connection, path: Path) -> str | None:
    """Run what may be run; why the dump is torn, else None."""
    begun: str | None = None
    torn: str | None = None
    connection.execute("BEGIN")
    connection.set_authorizer(_authorize)
    with path.open("rb") as file:
        for number, statement in enumerate(statements.read(file)):
            _demand_sql(statement, number)
            if not statement.is_whole:
                torn = f"it ends in the middle of a statement that begins in line {statement.line}"
            elif _GIVES_UP.match(statement.text):
                torn = f"whoever wrote it met errors and gave up in line {statement.line}"
            elif _BEGINS.match(statement.text):
                begun = f"it begins a transaction in line {statement.line} and never ends it"
            elif _ENDS.match(statement.text):
                begun = None
            elif _RUN.match(statement.text) and not _PASSED_OVER.match(statement.text):
                _run(connection, statement)
    connection.set_authorizer(None)
    return torn or begun


def _demand_tables(connection: sqlite3.Connection) -> None:
    missing = connection.execute(
        f"SELECT into_table FROM {UNREAD} WHERE NOT EXISTS"  # noqa: S608 -- a constant
        " (SELECT 1 FROM sqlite_master WHERE name = into_table COLLATE NOCASE) LIMIT 1"
    ).fetchone()
    if missing is not None:
        raise LegacyError(f"The dump fills a table {missing[0]} that it does not make: export it with its schema.")


def _demand_sql(statement: Statement, number: int) -> None:
    text = statement.text
    if _RUN.match(text) or _PASSED_OVER.match(text) or _GIVES_UP.match(text):
        return
    if number == 0:
        raise LegacyError("The file is neither a SQLite database nor a dump of one.")
    if not statement.is_whole:
        return
    words = _FIRST_WORDS.match(text)
    said = words.group().decode().upper() if words else "something else"
    raise LegacyError(f"Line {statement.line} of the dump says {said}, which no export says; nothing was imported.")


def _run(connection: sqlite3.Connection, statement: Statement) -> None:
    looks = iter((False,))
    connection.set_progress_handler(lambda: next(looks, True), STEPS_BETWEEN_LOOKS)
    try:
        connection.execute(statement.text.decode())
    except UnicodeDecodeError:
        _keep_unread(connection, statement, "it is not UTF-8")
    except (sqlite3.Error, sqlite3.Warning) as trouble:
        _keep_unread(connection, statement, " ".join(str(trouble).split()))
    finally:
        connection.set_progress_handler(None, 0)


def _keep_unread(connection: sqlite3.Connection, statement: Statement, said: str) -> None:
    """A row that can't be read is one to mend; a table that can't be made leaves nothing to read."""
    into = _INTO.match(statement.text)
    if into is None:
        raise LegacyError(f"SQLite does not take line {statement.line} of the dump: {said}.")
    table = next(name for name in into.groups() if name).decode(errors="replace").replace('""', '"')
    text = statement.text[:MOST_KEPT_BYTES].decode(errors="backslashreplace").replace("\0", "\\x00")
    connection.set_authorizer(None)
    connection.execute(f"INSERT INTO {UNREAD} VALUES (?, ?, ?)", (table, text, said))  # noqa: S608
    connection.set_authorizer(_authorize)


def _authorize(action: int, first: str | None, second: str | None, *_: object) -> int:
    if action == sqlite3.SQLITE_FUNCTION:
        return sqlite3.SQLITE_OK if (second or "").lower() in _FUNCTIONS else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_READ and first == UNREAD:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_INSERT and first == UNREAD:
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _LOADING else sqlite3.SQLITE_DENY


def _unistr(text: str) -> str:
    """As SQLite 3.50 has it, with which newer dumps write control characters."""
    return re.sub(r"\\(?:\\|u([0-9a-fA-F]{4})|\+([0-9a-fA-F]{6})|U([0-9a-fA-F]{8})|([0-9a-fA-F]{4}))", _character, text)


def _character(match: re.Match[str]) -> str:
    code = next((group for group in match.groups() if group), None)
    return "\\" if code is None else chr(int(code, 16))
