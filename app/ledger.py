"""The audit chain: append an entry, read entries, and prove that none was changed, removed or slipped in.

Each entry's hash is SHA-256 over the hash before it and the entry's canonical JSON, so an export alone proves itself.
Database triggers refuse UPDATE, DELETE and TRUNCATE and any insert that does not extend the newest entry.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

from app.database import Transaction

GENESIS = bytes(32)
BATCH_ROWS = 1_000
_COLUMNS = "seq, at, kind, subject, actor, body, previous, hash"


@dataclass(frozen=True)
class Entry:
    """One link. `body` holds ids, digests, codes and sentences of ours; no secret and no text from outside."""

    seq: int
    at: datetime
    kind: str
    subject: str
    actor: str
    body: dict[str, Any]
    previous: bytes
    hash: bytes

    def document(self) -> dict[str, Any]:
        """The entry as exported: hashes in hex, time in UTC with microseconds."""
        return {**_claims(self), "previous": self.previous.hex(), "hash": self.hash.hex()}


@dataclass(frozen=True)
class Proof:
    """What verifying found: how many entries hold, the newest hash, and the first fault, if any."""

    entries: int
    head: bytes
    fault: str | None


def append(tx: Transaction, *, kind: str, subject: str, actor: str, body: dict[str, Any], at: datetime) -> Entry:
    """Extend the chain; waits for another writer's transaction to end. Belongs into the transaction it attests."""
    hold(tx)
    last = tx.execute("SELECT seq, hash FROM audit_events ORDER BY seq DESC LIMIT 1").fetchone()
    seq, previous = (last["seq"] + 1, bytes(last["hash"])) if last else (1, GENESIS)
    unsealed = Entry(seq, at, kind, subject, actor, body, previous, b"")
    entry = Entry(seq, at, kind, subject, actor, body, previous, _seal(unsealed))
    tx.execute(
        f"INSERT INTO audit_events ({_COLUMNS}) VALUES"  # noqa: S608 -- constant column names
        " (%(seq)s, %(at)s, %(kind)s, %(subject)s, %(actor)s, %(body)s, %(previous)s, %(hash)s)",
        {**entry.__dict__, "body": Jsonb(body)},
    )
    return entry


def hold(tx: Transaction) -> None:
    """Wait until nobody else extends the chain; nobody does before this transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtext('mergegate.audit'))")


def parse(document: dict[str, Any]) -> Entry:
    """The entry of one exported line. Raises `KeyError`, `TypeError` or `ValueError` for anything else."""
    return Entry(
        **{
            **document,
            "at": datetime.fromisoformat(document["at"]),
            "previous": bytes.fromhex(document["previous"]),
            "hash": bytes.fromhex(document["hash"]),
        }
    )


def read(tx: Transaction, *, after: int = 0) -> Iterator[Entry]:
    """The entries after number `after`, oldest first, fetched in batches."""
    while True:
        rows = tx.execute(
            f"SELECT {_COLUMNS} FROM audit_events WHERE seq > %(after)s ORDER BY seq LIMIT %(limit)s",  # noqa: S608
            {"after": after, "limit": BATCH_ROWS},
        ).fetchall()
        yield from map(_entry, rows)
        if len(rows) < BATCH_ROWS:
            return
        after = rows[-1]["seq"]


def tail(tx: Transaction, count: int) -> list[Entry]:
    """The newest `count` entries, oldest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM audit_events ORDER BY seq DESC LIMIT %(count)s",  # noqa: S608
        {"count": count},
    ).fetchall()
    return [_entry(row) for row in reversed(rows)]


def about(tx: Transaction, subjects: Iterable[str]) -> list[Entry]:
    """The newest `BATCH_ROWS` entries about any of the subjects, oldest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM audit_events WHERE subject = ANY(%(subjects)s)"  # noqa: S608
        " ORDER BY seq DESC LIMIT %(limit)s",
        {"subjects": list(subjects), "limit": BATCH_ROWS},
    ).fetchall()
    return [_entry(row) for row in reversed(rows)]


def actors(tx: Transaction, subject: str, kind: str) -> set[str]:
    """Who is named by the entries of a kind about a subject."""
    rows = tx.execute(
        "SELECT DISTINCT actor FROM audit_events WHERE subject = %(subject)s AND kind = %(kind)s",
        {"subject": subject, "kind": kind},
    ).fetchall()
    return {row["actor"] for row in rows}


def verify(entries: Iterable[Entry]) -> Proof:
    """Walk the chain from its beginning and stop at the first fault."""
    count, head = 0, GENESIS
    for entry in entries:
        if (fault := _fault(entry, count + 1, head)) is not None:
            return Proof(count, head, fault)
        count, head = count + 1, entry.hash
    return Proof(count, head, None)


def _fault(entry: Entry, expected_seq: int, head: bytes) -> str | None:
    if entry.seq != expected_seq:
        return f"entry {expected_seq} is missing: {entry.seq} follows {expected_seq - 1}"
    if entry.previous != head:
        return f"entry {entry.seq} does not follow entry {entry.seq - 1}"
    if entry.hash != _seal(entry):
        return f"entry {entry.seq} was changed after it was written"
    return None


def _seal(entry: Entry) -> bytes:
    canonical = json.dumps(_claims(entry), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(entry.previous + canonical.encode()).digest()


def _claims(entry: Entry) -> dict[str, Any]:
    return {
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "kind": entry.kind,
        "subject": entry.subject,
        "actor": entry.actor,
        "body": entry.body,
    }


def _entry(row: dict[str, Any]) -> Entry:
    return Entry(**{**row, "previous": bytes(row["previous"]), "hash": bytes(row["hash"])})
