"""What the approve rules said, stored with the evaluation at whose side they were asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from app.database import Transaction
from app.records import evaluations
from policies.facts import PullSnapshot

State = Literal["held", "withheld", "not_held", "not_judged", "invalid", "removed", "unknown"]
"""`withheld`: one holds, but somebody has dismissed our review of this head. `unknown`: it can't be told just now."""


@dataclass(frozen=True, kw_only=True)
class Ruled:
    """`sentence` says why. `source`: owner/name@sha: path, empty without a file; `digest`: SHA-256 of its text.

    `rules`: the names of those that hold. `snapshot` and `result` (the tree) are None where none was judged.
    `since`: from when on it could not be told, where it can't.
    """

    state: State
    sentence: str
    source: str = ""
    digest: str | None = None
    rules: tuple[str, ...] = ()
    snapshot: PullSnapshot | None = None
    result: dict[str, Any] | None = None
    since: datetime | None = None


def record(tx: Transaction, evaluation_id: UUID, ruled: Ruled) -> None:
    """Store it, and the facts that were judged once however often they come."""
    document = {
        "state": ruled.state,
        "sentence": ruled.sentence,
        "source": ruled.source,
        "digest": ruled.digest,
        "rules": list(ruled.rules),
        "snapshot": evaluations.store_snapshot(tx, ruled.snapshot),
        "result": ruled.result,
        "since": ruled.since.isoformat() if ruled.since else None,
    }
    tx.execute(
        "UPDATE evaluations SET approving = %(document)s WHERE id = %(id)s",
        {"document": Jsonb(document), "id": evaluation_id},
    )


def unknown_since(tx: Transaction, repository_id: int, number: int, *, before: UUID) -> datetime | None:
    """Since when it could not be told, by the evaluation before this one; None where it was told then."""
    row = tx.execute(
        "SELECT approving->>'since' AS since FROM evaluations WHERE repository_id = %(repository)s"
        " AND number = %(number)s AND id <> %(id)s ORDER BY seq DESC LIMIT 1",
        {"repository": repository_id, "number": number, "id": before},
    ).fetchone()
    return datetime.fromisoformat(row["since"]) if row and row["since"] else None
