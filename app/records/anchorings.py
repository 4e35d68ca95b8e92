"""What was anchored last at each place outside the database, and since when nothing can be."""

from dataclasses import dataclass
from datetime import datetime

from app.anchors import Anchor
from app.database import Transaction


@dataclass(frozen=True)
class Anchoring:
    """How it stands with a place. `anchor` None: nothing was anchored there yet; `failing_since` None: all is well."""

    anchor: Anchor | None = None
    failing_since: datetime | None = None


def of(tx: Transaction, place: str) -> Anchoring:
    """How it stands with a place, given by its URL."""
    row = tx.execute("SELECT * FROM audit_anchors WHERE place = %(place)s", {"place": place}).fetchone()
    if row is None:
        return Anchoring()
    anchor = None if row["seq"] is None else Anchor(row["seq"], bytes(row["hash"]), row["anchored_at"])
    return Anchoring(anchor, row["failing_since"])


def succeed(tx: Transaction, place: str, anchor: Anchor) -> None:
    """The anchor stands there."""
    tx.execute(
        "INSERT INTO audit_anchors (place, seq, hash, anchored_at) VALUES (%(place)s, %(seq)s, %(hash)s, %(at)s)"
        " ON CONFLICT (place) DO UPDATE SET seq = EXCLUDED.seq, hash = EXCLUDED.hash,"
        " anchored_at = EXCLUDED.anchored_at, failing_since = NULL",
        {"place": place, **anchor.__dict__},
    )


def fail(tx: Transaction, place: str, now: datetime) -> datetime:
    """The place could not be used; since when that is so."""
    row = tx.execute(
        "INSERT INTO audit_anchors AS known (place, failing_since) VALUES (%(place)s, %(now)s)"
        " ON CONFLICT (place) DO UPDATE SET failing_since = coalesce(known.failing_since, EXCLUDED.failing_since)"
        " RETURNING failing_since",
        {"place": place, "now": now},
    ).fetchone()
    assert row is not None  # noqa: S101 -- inserted or updated
    since: datetime = row["failing_since"]
    return since
