"""What is known of each stored artifact; its bytes lie in the store under its digest."""

from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from app.database import Transaction


@dataclass(frozen=True)
class Stored:
    """An artifact: `size` in bytes of its text, `paths` that it changes, who stored it first."""

    digest: str
    kind: str
    size: int
    paths: tuple[str, ...]
    stored_by: str
    stored_at: datetime


def record(tx: Transaction, stored: Stored) -> bool:
    """Note an artifact whose bytes are in the store; whether it is new. Who stored it first is kept."""
    added = tx.execute(
        "INSERT INTO artifacts (digest, kind, size, paths, stored_by, stored_at)"
        " VALUES (%(digest)s, %(kind)s, %(size)s, %(paths)s, %(stored_by)s, %(stored_at)s) ON CONFLICT DO NOTHING",
        {**stored.__dict__, "paths": Jsonb(list(stored.paths))},
    )
    return added.rowcount == 1


def get(tx: Transaction, digest: str) -> Stored | None:
    """The artifact of that digest; None where nobody stored it."""
    row = tx.execute(
        "SELECT digest, kind, size, paths, stored_by, stored_at FROM artifacts WHERE digest = %(digest)s",
        {"digest": digest},
    ).fetchone()
    return None if row is None else Stored(**{**row, "paths": tuple(row["paths"])})
