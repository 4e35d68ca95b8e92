"""Pauses: types and repositories of which nothing is begun for now; each claim of a step looks at them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.database import Transaction

_COLUMNS = "scope, reason, paused_by, paused_at"


@dataclass(frozen=True)
class Pause:
    """`scope`: `type:merge`, or `repository:owner/name` in lower case."""

    scope: str
    reason: str
    paused_by: str
    paused_at: datetime


def all_of(tx: Transaction, limit: int) -> Sequence[Pause]:
    """What is paused, by its scope."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM pauses ORDER BY scope LIMIT %(limit)s",  # noqa: S608 -- constant column names
        {"limit": limit},
    ).fetchall()
    return [Pause(**row) for row in rows]


def get(tx: Transaction, scope: str) -> Pause | None:
    """The pause of a scope."""
    row = tx.execute(f"SELECT {_COLUMNS} FROM pauses WHERE scope = %(scope)s", {"scope": scope}).fetchone()  # noqa: S608
    return Pause(**row) if row else None


def add(tx: Transaction, pause: Pause) -> bool:
    """Begin no more of it; False where it is paused already, which stays as it is."""
    added = tx.execute(
        "INSERT INTO pauses (scope, reason, paused_by, paused_at) VALUES (%(scope)s, %(reason)s, %(paused_by)s,"
        " %(paused_at)s) ON CONFLICT DO NOTHING",
        pause.__dict__,
    )
    return added.rowcount == 1


def end(tx: Transaction, scope: str) -> bool:
    """Go on with it; False where it is not paused."""
    return tx.execute("DELETE FROM pauses WHERE scope = %(scope)s", {"scope": scope}).rowcount == 1
