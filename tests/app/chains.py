"""Audit chains for tests: made here, put into a database as its owner could, and changed there."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import psycopg
from psycopg.types.json import Jsonb

from app import exports, ledger
from app.ledger import COLUMNS, GENESIS, Entry

NOW = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)


def sealed(entry: Entry) -> Entry:
    """The same with the hash that it should have."""
    return replace(entry, hash=ledger._seal(entry))


def chain(length: int, *, after: Sequence[Entry] = (), actor: str = "mergegate") -> list[Entry]:
    """So many entries that follow those, a second apart."""
    made = list(after)
    for seq in range(len(made) + 1, len(made) + length + 1):
        previous = made[-1].hash if made else GENESIS
        at, body = (
            NOW + timedelta(seconds=seq),
            {"number": seq, "said": "ja \u2014 \u00fc\u0001\U0001f600", "": [None, True]},
        )
        made.append(sealed(Entry(seq, at, f"kind_{seq % 3}", f"pull:1#{seq % 5}", actor, body, previous, b"")))
    return made[len(after) :]


def text(entries: Iterable[Entry]) -> str:
    """Their export."""
    return "".join(map(exports.line, entries))


def fill(url: str, entries: Iterable[Entry]) -> None:
    """Have these in the table, whatever the table says to that."""
    with psycopg.connect(url) as owner:
        _switch(owner, "DISABLE")
        with owner.cursor().copy(f"COPY audit_events ({COLUMNS}) FROM STDIN") as rows:
            for each in entries:
                rows.write_row(tuple({**each.__dict__, "body": Jsonb(each.body)}.values()))
        _switch(owner, "ENABLE ALWAYS")
        owner.execute("ANALYZE audit_events")


def change(url: str, statement: str) -> None:
    """What who owns the database can do."""
    with psycopg.connect(url) as owner:
        _switch(owner, "DISABLE")
        owner.execute(statement.encode())
        _switch(owner, "ENABLE ALWAYS")


def rewrite(url: str, entries: Iterable[Entry]) -> None:
    """Another chain in the place of the one that is there."""
    change(url, "DELETE FROM audit_events")
    fill(url, entries)


def _switch(owner: psycopg.Connection, how: str) -> None:
    names = owner.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = 'audit_events'::regclass AND NOT tgisinternal")
    for (name,) in names.fetchall():
        owner.execute(f"ALTER TABLE audit_events {how} TRIGGER {name}".encode())
