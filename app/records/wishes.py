"""What a run of the API was asked to write, before it is known where exactly that goes."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app.database import Transaction
from policies import contents
from policies.contents import Content

PULL_REQUEST = "pull_request"
"""The kind of a wish that becomes several writes; any other kind is that of a write, or `COMMENT`."""
COMMENT = "comment"
"""The kind of a wish for our one comment on a pull request, made or changed."""


@dataclass(frozen=True)
class Wish:
    """One thing asked for, in the epoch in which it was asked."""

    run_id: UUID
    epoch: int
    kind: str
    content: dict[str, Any]
    wished_by: str
    wished_at: datetime

    @property
    def text(self) -> str:
        """The content as JSON."""
        return json.dumps(self.content)


def parsed(wish: Wish) -> Content:
    """What is to be written. Raises `ValueError` where that is not understood, and for a pull request."""
    return contents.read("comment_create" if wish.kind == COMMENT else wish.kind, wish.content)


def add(tx: Transaction, wish: Wish) -> UUID:
    """Keep it."""
    wish_id = uuid4()
    tx.execute(
        "INSERT INTO wishes (id, run_id, epoch, kind, content, wished_by, wished_at)"
        " VALUES (%(id)s, %(run_id)s, %(epoch)s, %(kind)s, %(content)s, %(wished_by)s, %(wished_at)s)",
        {**wish.__dict__, "id": wish_id, "content": Jsonb(wish.content)},
    )
    return wish_id


def of_epoch(tx: Transaction, run_id: UUID, epoch: int) -> list[Wish]:
    """What was asked for in an epoch, oldest first."""
    rows = tx.execute(
        "SELECT run_id, epoch, kind, content, wished_by, wished_at FROM wishes"
        " WHERE run_id = %(run)s AND epoch = %(epoch)s ORDER BY seq",
        {"run": run_id, "epoch": epoch},
    ).fetchall()
    return [Wish(**row) for row in rows]


def artifact(tx: Transaction, run_id: UUID, epoch: int) -> str | None:
    """The digest of the artifact that the pull request of an epoch is made of, if it is made of one."""
    row = tx.execute(
        "SELECT content ->> 'artifact' AS digest FROM wishes"
        " WHERE run_id = %(run)s AND epoch = %(epoch)s AND kind = %(kind)s ORDER BY seq DESC LIMIT 1",
        {"run": run_id, "epoch": epoch, "kind": PULL_REQUEST},
    ).fetchone()
    return row["digest"] if row else None


def wishers(tx: Transaction, run_id: UUID) -> set[str]:
    """Everybody who asked this run for anything, or stored what it was asked to make a pull request of."""
    rows = tx.execute(
        "SELECT wished_by AS name FROM wishes WHERE run_id = %(run)s"
        " UNION SELECT stored_by FROM artifacts JOIN wishes ON digest = content ->> 'artifact'"
        " WHERE run_id = %(run)s AND wishes.kind = %(kind)s",
        {"run": run_id, "kind": PULL_REQUEST},
    ).fetchall()
    return {row["name"] for row in rows}
