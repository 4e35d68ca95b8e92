"""Permits: single-use, expiring proof that a write was allowed and recorded."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NoReturn
from uuid import UUID, uuid4

from app.database import Transaction

PERMIT_SECONDS = 60
USE_SECONDS = 40
"""Longer than a token may take, which is fetched before the request: `GITHUB_TIMEOUT_SECONDS` is 30 at most."""
Ending = Literal["written", "refused", "limited", "absent", "unspent", "unknown"]

_SEAL = object()


@dataclass(frozen=True)
class Request:
    """One request to write, exactly as it would be sent; `path` without the API's prefix."""

    method: str
    path: str
    body: Mapping[str, object]

    @property
    def document(self) -> dict[str, object]:
        """What a row keeps of it."""
        return {"method": self.method, "path": self.path, "body": dict(self.body)}

    @property
    def canonical(self) -> str:
        """The same text for the same request, and for no other."""
        return json.dumps([self.method, self.path, self.body], sort_keys=True)


class Permit:
    """A spent permit, for one request with one body. Only `spend` makes one, and it can't be copied."""

    def __init__(self, seal: object, permit_id: UUID, kind: str, request: Request) -> None:
        if seal is not _SEAL:
            raise TypeError("a permit is made by spending its row, and in no other way")
        self.id = permit_id
        self.kind = kind
        self._wanted: str | None = request.canonical
        self._useless_at = time.monotonic() + USE_SECONDS

    def use(self, request: Request) -> bool:
        """Whether this permit is for this request, fresh, and was not used yet; afterwards it is."""
        if self._wanted != request.canonical or time.monotonic() > self._useless_at:
            return False
        self._wanted = None
        return True

    def __reduce__(self) -> NoReturn:
        raise TypeError("a permit can't be copied")


@dataclass(frozen=True)
class Open:
    """The permit of an intent whose end is not known: issued, and perhaps spent.

    `unknown_at`: when its request ended without telling; None where the worker died before that.
    """

    id: UUID
    spent_at: datetime | None
    unknown_at: datetime | None


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


def spend(tx: Transaction, permit_id: UUID, request: Request, now: datetime) -> Permit | None:
    """The permit, once, for this request and no other. None when it was spent before, or has expired."""
    row = tx.execute(
        "UPDATE permits SET spent_at = %(now)s FROM intents"
        " WHERE permits.id = %(id)s AND intents.id = intent_id"
        " AND spent_at IS NULL AND outcome IS NULL AND expires_at > %(now)s"
        " RETURNING intents.kind",
        {"id": permit_id, "now": now},
    ).fetchone()
    return Permit(_SEAL, permit_id, row["kind"], request) if row else None


def spend_attempt(tx: Transaction, attempt_id: UUID, request: Request, *, by: str, now: datetime) -> Permit | None:
    """The permit that a recorded attempt of the merger is, once, for the request it was recorded with.

    None where it was spent before, has expired, or is for another request.
    """
    step = json.dumps([{"state": "SENT", "by": by, "at": now.isoformat()}])
    row = tx.execute(
        "UPDATE merge_attempts SET state = 'SENT', sent_at = %(now)s, history = history || %(step)s::jsonb"
        " WHERE id = %(id)s AND state = 'INTENT' AND expires_at > %(now)s AND request = %(request)s::jsonb"
        " RETURNING kind",
        {"id": attempt_id, "now": now, "step": step, "request": json.dumps(request.document)},
    ).fetchone()
    return Permit(_SEAL, attempt_id, row["kind"], request) if row else None


def open_of(tx: Transaction, intent_id: UUID) -> Open | None:
    """The open permit of an intent, if it has one."""
    row = tx.execute(
        "SELECT id, spent_at, unknown_at FROM permits WHERE intent_id = %(intent)s AND outcome IS NULL",
        {"intent": intent_id},
    ).fetchone()
    return Open(row["id"], row["spent_at"], row["unknown_at"]) if row else None


def note_unknown(tx: Transaction, permit_id: UUID, now: datetime) -> None:
    """The request ended, and its answer said neither yes nor no."""
    tx.execute("UPDATE permits SET unknown_at = %(now)s WHERE id = %(id)s", {"id": permit_id, "now": now})


def count(tx: Transaction, intent_id: UUID, ending: Ending) -> int:
    """How many permits of an intent ended like this."""
    row = tx.execute(
        "SELECT count(*) AS ended FROM permits WHERE intent_id = %(intent)s AND outcome = %(ending)s",
        {"intent": intent_id, "ending": ending},
    ).fetchone()
    return int(row["ended"]) if row else 0


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
