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
HIGHEST_SEQ = 2**63 - 1
COLUMNS = "seq, at, kind, subject, actor, body, previous, hash"
BY_GATE, BY_GITHUB = "mergegate", "github"
"""Who acts where nobody asked the gate to, and who tells it what happened."""


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
    """Extend the chain; waits for another writer's transaction to end. Belongs into the transaction it attests.

    Raises `ValueError` for a body that would not verify when it is read again.
    """
    hold(tx)
    last = tx.execute("SELECT seq, hash FROM audit_events ORDER BY seq DESC LIMIT 1").fetchone()
    seq, previous = (last["seq"] + 1, bytes(last["hash"])) if last else (1, GENESIS)
    unsealed = Entry(seq, at, kind, subject, actor, body, previous, b"")
    entry = Entry(seq, at, kind, subject, actor, body, previous, _seal(unsealed))
    row = tx.execute(
        f"INSERT INTO audit_events ({COLUMNS}) VALUES"  # noqa: S608 -- constant column names
        " (%(seq)s, %(at)s, %(kind)s, %(subject)s, %(actor)s, %(body)s, %(previous)s, %(hash)s)"
        f" RETURNING {COLUMNS}",
        {**entry.__dict__, "body": Jsonb(body)},
    ).fetchone()
    if row is None or _seal(entry_of(row)) != entry.hash:
        raise ValueError(f"an entry {kind!r} holds what the database gives back in another form, such as 1e16")
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


def read(tx: Transaction, *, after: int = 0, until: int | None = None) -> Iterator[Entry]:
    """The entries after number `after`, up to `until`, oldest first, fetched in batches.

    Waits for nobody and holds nobody up. What is there stays, so that the batches may be of different transactions.
    """
    while rows := batch(tx, after=after, until=until):
        yield from rows
        after = rows[-1].seq


def batch(tx: Transaction, *, after: int, until: int | None = None) -> list[Entry]:
    """The first `BATCH_ROWS` entries after number `after`, none of them after `until`, oldest first."""
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM audit_events WHERE seq > %(after)s AND seq <= %(until)s"  # noqa: S608
        " ORDER BY seq LIMIT %(limit)s",
        {"after": after, "until": HIGHEST_SEQ if until is None else until, "limit": BATCH_ROWS},
    ).fetchall()
    return [entry_of(row) for row in rows]


def hashes(tx: Transaction, seqs: Iterable[int]) -> dict[int, bytes]:
    """The hashes of the entries with these numbers, as far as there are such."""
    query = "SELECT seq, hash FROM audit_events WHERE seq = ANY(%(seqs)s)"
    return {row["seq"]: bytes(row["hash"]) for row in tx.execute(query, {"seqs": list(seqs)}).fetchall()}


def head(tx: Transaction) -> Entry | None:
    """The newest entry; None in an empty chain."""
    return next(iter(tail(tx, 1)), None)


def tail(tx: Transaction, count: int) -> list[Entry]:
    """The newest `count` entries, oldest first."""
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM audit_events ORDER BY seq DESC LIMIT %(count)s",  # noqa: S608
        {"count": count},
    ).fetchall()
    return [entry_of(row) for row in reversed(rows)]


def about(tx: Transaction, subjects: Iterable[str]) -> list[Entry]:
    """The newest `BATCH_ROWS` entries about any of the subjects, oldest first."""
    rows = tx.execute(
        f"SELECT {COLUMNS} FROM audit_events WHERE subject = ANY(%(subjects)s)"  # noqa: S608
        " ORDER BY seq DESC LIMIT %(limit)s",
        {"subjects": list(subjects), "limit": BATCH_ROWS},
    ).fetchall()
    return [entry_of(row) for row in reversed(rows)]


def actors(tx: Transaction, subject: str, kind: str) -> set[str]:
    """Who is named by the entries of a kind about a subject."""
    rows = tx.execute(
        "SELECT DISTINCT actor FROM audit_events WHERE subject = %(subject)s AND kind = %(kind)s",
        {"subject": subject, "kind": kind},
    ).fetchall()
    return {row["actor"] for row in rows}


def verify(entries: Iterable[Entry], *, after: int = 0, previous: bytes = GENESIS) -> Proof:
    """Walk the chain, from its beginning or from entry `after`, whose hash is `previous`; stop at the first fault."""
    count, newest = 0, previous
    for entry in entries:
        if (fault := _fault(entry, after + count + 1, newest)) is not None:
            return Proof(count, newest, fault)
        count, newest = count + 1, entry.hash
    return Proof(count, newest, None)


def _fault(entry: Entry, expected_seq: int, newest: bytes) -> str | None:
    if entry.seq != expected_seq:
        return f"entry {expected_seq} is missing: {entry.seq} follows {expected_seq - 1}"
    if entry.previous != newest:
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


def entry_of(row: dict[str, Any]) -> Entry:
    """The entry of a row that has `COLUMNS`."""
    return Entry(**{**row, "previous": bytes(row["previous"]), "hash": bytes(row["hash"])})
