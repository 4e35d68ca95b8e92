"""Bearer tokens of the API, `mg_<id>_<secret>`: what each may do, for whom, and until when; only hashes are kept."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from pydantic import SecretStr

from app import ledger
from app.database import Transaction

Scope = Literal["read", "propose", "evidence", "approve", "operate"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
ID_BYTES = 8
SECRET_BYTES = 32
PRINCIPAL = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}")
"""Lower case only: who proposed may not approve, and `Bob` is `bob`."""

_ID = re.compile(r"[0-9a-f]{16}")
_TOKEN = re.compile(r"mg_(?P<id>[0-9a-f]{16})_[A-Za-z0-9_-]{43}")
_NO_HASH = bytes(32)


@dataclass(frozen=True)
class Caller:
    """Who asks: the person or agent that the token was given to."""

    token_id: str
    principal: str
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Created:
    """A new token; this is the one time that anybody sees it."""

    token_id: str
    token: SecretStr


def create(
    tx: Transaction, principal: str, scopes: Iterable[Scope], *, expires_at: datetime | None, by: str, now: datetime
) -> Created:
    """A token for `principal`, which `PRINCIPAL` fits; `by` is the operator who makes it."""
    token_id = secrets.token_hex(ID_BYTES)
    token = f"mg_{token_id}_{secrets.token_urlsafe(SECRET_BYTES)}"
    granted = [scope for scope in SCOPES if scope in set(scopes)]
    tx.execute(
        "INSERT INTO tokens (id, principal, scopes, hash, created_at, expires_at)"
        " VALUES (%(id)s, %(principal)s, %(scopes)s, %(hash)s, %(now)s, %(expires_at)s)",
        {
            "id": token_id,
            "principal": principal,
            "scopes": granted,
            "hash": _hash(token),
            "now": now,
            "expires_at": expires_at,
        },
    )
    body = {"principal": principal, "scopes": granted, "expires_at": expires_at.isoformat() if expires_at else None}
    ledger.append(tx, kind="token_created", subject=f"token:{token_id}", actor=by, body=body, at=now)
    return Created(token_id, SecretStr(token))


def revoke(tx: Transaction, token_id: str, *, by: str, now: datetime) -> bool:
    """Whether there was such a token that counted; from the end of the transaction on it counts no more."""
    row = tx.execute(
        "UPDATE tokens SET revoked_at = %(now)s WHERE id = %(id)s AND revoked_at IS NULL RETURNING principal",
        {"id": token_id, "now": now},
    ).fetchone()
    if row is None:
        return False
    body = {"principal": row["principal"]}
    ledger.append(tx, kind="token_revoked", subject=f"token:{token_id}", actor=by, body=body, at=now)
    return True


def listed(tx: Transaction) -> list[dict[str, Any]]:
    """All tokens, oldest first, without their hashes."""
    columns = "id, principal, scopes, created_at, expires_at, revoked_at"
    return tx.execute(f"SELECT {columns} FROM tokens ORDER BY created_at, id").fetchall()  # noqa: S608 -- constant


def is_shaped(token: str) -> bool:
    """Whether it could be a token at all, so that nonsense is refused without a look into the database."""
    return _TOKEN.fullmatch(token) is not None


def find(tx: Transaction, token: str, now: datetime) -> Caller | None:
    """Whose token it is; None where it is none of ours, or counts no more. Asked anew for each request."""
    shaped = _TOKEN.fullmatch(token)
    row = _row(tx, shaped["id"]) if shaped else None
    given = hmac.compare_digest(_hash(token), bytes(row["hash"]) if row else _NO_HASH)
    return _counting(row, now) if given else None


def of_id(tx: Transaction, token_id: str, now: datetime) -> Caller | None:
    """Whose token has this id, for who has shown the token before; None where it counts no more."""
    return _counting(_row(tx, token_id), now)


def _counting(row: dict[str, Any] | None, now: datetime) -> Caller | None:
    if row is None or row["revoked_at"] is not None:
        return None
    if row["expires_at"] is not None and row["expires_at"] <= now:
        return None
    return Caller(row["id"], row["principal"], tuple(row["scopes"]))


def is_id(text: str) -> bool:
    """Whether it could be the id of a token, rather than a token itself, which should stand in no command line."""
    return _ID.fullmatch(text) is not None


def _row(tx: Transaction, token_id: str) -> dict[str, Any] | None:
    query = "SELECT id, principal, scopes, hash, expires_at, revoked_at FROM tokens WHERE id = %(id)s"
    return tx.execute(query, {"id": token_id}).fetchone()


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
