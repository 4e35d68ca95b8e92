"""A client's Idempotency-Key: what was answered to it in the last 24 hours; Postgres knows, Redis remembers."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

import redis
from psycopg.types.json import Jsonb

from app.database import Transaction

KEPT = timedelta(hours=24)
PREFIX = "mergegate:idempotency:"
ROWS_PRUNED_AT_ONCE = 20
"""More than the one that a request adds, so that the table does not outgrow a day."""


@dataclass(frozen=True)
class Kept:
    """An answer, and the digest of the request that got it."""

    request_digest: str
    status: int
    text: str
    location: str | None
    is_replayed: bool = False


def reserve(tx: Transaction, principal: str, key: str, *, digest: str, now: datetime) -> Kept | None:
    """Take the key for this transaction: None where it is ours, else what was answered to it before.

    Another transaction that has it is waited for: it leaves an answer behind, or, undone, the key.
    """
    _prune(tx, now)
    values = {"principal": principal, "key": key, "digest": digest, "now": now, "old": now - KEPT}
    taken = tx.execute(
        "INSERT INTO idempotency_keys AS kept (principal, key, request_digest, status_code, answer, created_at)"
        " VALUES (%(principal)s, %(key)s, %(digest)s, 0, 'null', %(now)s)"
        " ON CONFLICT (principal, key) DO UPDATE SET request_digest = EXCLUDED.request_digest,"
        " created_at = EXCLUDED.created_at WHERE kept.created_at <= %(old)s RETURNING 1",
        values,
    ).fetchone()
    if taken is not None:
        return None
    row = tx.execute(
        "SELECT request_digest, status_code, answer FROM idempotency_keys"
        " WHERE principal = %(principal)s AND key = %(key)s",
        values,
    ).fetchone()
    assert row is not None  # noqa: S101 -- the insert has locked it
    return Kept(row["request_digest"], row["status_code"], row["answer"]["text"], row["answer"]["location"])


def record(tx: Transaction, principal: str, key: str, kept: Kept) -> None:
    """What is answered to a key that is reserved; as text, so that it is answered to the letter."""
    tx.execute(
        "UPDATE idempotency_keys SET status_code = %(status)s, answer = %(answer)s"
        " WHERE principal = %(principal)s AND key = %(key)s",
        {
            "status": kept.status,
            "answer": Jsonb({"text": kept.text, "location": kept.location}),
            "principal": principal,
            "key": key,
        },
    )


class Cache:
    """The same in Redis. What it does not know, or does not tell, is asked of Postgres."""

    def __init__(self, client: "redis.Redis") -> None:
        self._client = client

    def read(self, principal: str, key: str, now: datetime) -> Kept | None:
        """What was answered, as far as Redis knows."""
        try:
            found = self._client.get(_name(principal, key))
        except redis.RedisError:
            return None
        if not isinstance(found, bytes):
            return None
        kept = json.loads(found)
        answered_at = datetime.fromisoformat(kept.pop("at"))
        return Kept(**kept) if now - answered_at < KEPT else None

    def write(self, principal: str, key: str, kept: Kept, now: datetime) -> None:
        """To be called after the commit only."""
        text = json.dumps({**asdict(kept), "at": now.isoformat()})
        try:
            self._client.set(_name(principal, key), text, ex=KEPT)
        except redis.RedisError:
            return


def _prune(tx: Transaction, now: datetime) -> None:
    tx.execute(
        "DELETE FROM idempotency_keys WHERE (principal, key) IN (SELECT principal, key FROM idempotency_keys"
        " WHERE created_at <= %(old)s ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)",
        {"old": now - KEPT, "limit": ROWS_PRUNED_AT_ONCE},
    )


def _name(principal: str, key: str) -> str:
    return PREFIX + hashlib.sha256(f"{principal}\n{key}".encode()).hexdigest()
