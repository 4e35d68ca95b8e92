"""Permits: single-use, expiring proof that a write was allowed and recorded."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from app.database import Transaction

PERMIT_SECONDS = 60
Ending = Literal["written", "refused", "limited", "absent", "unspent"]

_SEAL = object()


class Permit:
    """A spent permit. Only `spend` makes one: a row that was not spent by its caller gives none."""

    def __init__(self, seal: object, permit_id: UUID, kind: str, path: str) -> None:
        if seal is not _SEAL:
            raise TypeError("a permit is made by spending its row, and in no other way")
        self.id = permit_id
        self.kind = kind
        self._path: str | None = path

    def use(self, path: str) -> bool:
        """Whether this permit is for a request to `path` and was not used yet; afterwards it is."""
        if self._path != path:
            return False
        self._path = None
        return True


@dataclass(frozen=True)
class Open:
    """The permit of an intent whose end is not known: issued, and perhaps spent."""

    id: UUID
    spent_at: datetime | None
    expires_at: datetime


def issue(tx: Transaction, intent_id: UUID, decision_id: UUID, now: datetime) -> UUID:
    """Leave a permit behind; belongs into the transaction that records the allowed decision and its audit entry.

    The database refuses it (`psycopg.errors`) while another permit of the intent is open.
    """
    permit_id = uuid4()
    tx.execute(
        "INSERT INTO permits (id, intent_id, decision_id, issued_at, expires_at)"
        " SELECT %(id)s, %(intent)s, id, %(now)s, %(expires)s FROM decisions WHERE id = %(decision)s AND allowed",
        {
            "id": permit_id,
            "intent": intent_id,
            "decision": decision_id,
            "now": now,
            "expires": now + timedelta(seconds=PERMIT_SECONDS),
        },
    )
    return permit_id


def spend(tx: Transaction, permit_id: UUID, *, path: str, now: datetime) -> Permit | None:
    """The permit, once: for one request to `path`. None when it was spent before, or has expired."""
    row = tx.execute(
        "UPDATE permits SET spent_at = %(now)s FROM intents"
        " WHERE permits.id = %(id)s AND intents.id = intent_id"
        " AND spent_at IS NULL AND outcome IS NULL AND expires_at > %(now)s"
        " RETURNING intents.kind",
        {"id": permit_id, "now": now},
    ).fetchone()
    return Permit(_SEAL, permit_id, row["kind"], path) if row else None


def open_of(tx: Transaction, intent_id: UUID) -> Open | None:
    """The open permit of an intent, if it has one."""
    row = tx.execute(
        "SELECT id, spent_at, expires_at FROM permits WHERE intent_id = %(intent)s AND outcome IS NULL",
        {"intent": intent_id},
    ).fetchone()
    return Open(row["id"], row["spent_at"], row["expires_at"]) if row else None


def count(tx: Transaction, intent_id: UUID) -> int:
    """How many permits an intent has spent."""
    row = tx.execute(
        "SELECT count(*) AS spent FROM permits WHERE intent_id = %(intent)s AND spent_at IS NOT NULL",
        {"intent": intent_id},
    ).fetchone()
    return int(row["spent"]) if row else 0


def close(
    tx: Transaction,
    permit_id: UUID,
    ending: Ending,
    now: datetime,
    *,
    status_code: int | None = None,
    remote_id: str | None = None,
) -> None:
    """Record how a permit ended: the receipt. `status_code` is None where only a reading settled it."""
    tx.execute(
        "UPDATE permits SET outcome = %(ending)s, settled_at = %(now)s, status_code = %(code)s,"
        " remote_id = %(remote)s WHERE id = %(id)s AND outcome IS NULL",
        {"id": permit_id, "ending": ending, "now": now, "code": status_code, "remote": remote_id},
    )
