"""Approving reviews of our own: those that the approve rules led to, and what became of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.database import Transaction
from app.records import write_steps

CONFIRMED = 200
"""GitHub's answer to our own dismissal; where it was read back instead, another may have dismissed the review."""


@dataclass(frozen=True)
class OwnReview:
    """A review that we are known to have written. `is_verdict`: by an approve rule, not for a run of the API."""

    id: int
    head_sha: str
    is_verdict: bool


def written(tx: Transaction, repository_id: int, number: int) -> tuple[OwnReview, ...]:
    """Those with a receipt, oldest first."""
    rows = tx.execute(
        "SELECT remote_id, content->>'head_sha' AS head_sha, evaluation_id IS NOT NULL AS is_verdict"
        " FROM intents JOIN permits ON permits.intent_id = intents.id WHERE repository_id = %(repository)s"
        " AND number = %(number)s AND kind = 'review_approve' AND outcome = 'written' ORDER BY sequence",
        {"repository": repository_id, "number": number},
    ).fetchall()
    return tuple(OwnReview(int(row["remote_id"]), row["head_sha"], row["is_verdict"]) for row in rows)


def taken_back(tx: Transaction, repository_id: int, number: int) -> frozenset[int]:
    """The reviews that we are certain to have dismissed ourselves; for a run of the API, it was another's no."""
    rows = tx.execute(
        "SELECT (content->>'review_id')::bigint AS id FROM intents JOIN permits ON permits.intent_id = intents.id"
        " WHERE repository_id = %(repository)s AND number = %(number)s AND kind = 'review_dismiss'"
        " AND evaluation_id IS NOT NULL AND outcome = 'written' AND status_code = %(confirmed)s",
        {"repository": repository_id, "number": number, "confirmed": CONFIRMED},
    ).fetchall()
    return frozenset(row["id"] for row in rows)


def may_stand(tx: Transaction, repository_id: int, number: int) -> bool:
    """Whether an approve rule has led to a review that is there, or may get there."""
    row = tx.execute(
        "SELECT 1 FROM intents WHERE repository_id = %(repository)s AND number = %(number)s"
        " AND kind = 'review_approve' AND evaluation_id IS NOT NULL"
        " AND status IN ('pending', 'sent', 'written', 'blocked') LIMIT 1",
        {"repository": repository_id, "number": number},
    )
    return row.fetchone() is not None


def is_sent(tx: Transaction, repository_id: int, number: int) -> bool:
    """Whether it is not known yet what became of one."""
    row = tx.execute(
        "SELECT 1 FROM intents WHERE repository_id = %(repository)s AND number = %(number)s"
        " AND kind = 'review_approve' AND evaluation_id IS NOT NULL AND status = 'sent' LIMIT 1",
        {"repository": repository_id, "number": number},
    )
    return row.fetchone() is not None


def dismissals_under_way(tx: Transaction, repository_id: int, number: int, reviews: frozenset[int]) -> tuple[UUID, ...]:
    """The intents that dismiss one of these reviews and have not ended."""
    rows = tx.execute(
        "SELECT id FROM intents WHERE repository_id = %(repository)s AND number = %(number)s"
        " AND kind = 'review_dismiss' AND status IN ('pending', 'sent')"
        " AND (content->>'review_id')::bigint = ANY(%(reviews)s) ORDER BY recorded_at",
        {"repository": repository_id, "number": number, "reviews": sorted(reviews)},
    ).fetchall()
    return tuple(row["id"] for row in rows)


def lock_waiting(tx: Transaction, target: str) -> None:
    """What waits to be written to a target is sent by nobody until the transaction ends."""
    write_steps.locked(tx, "target = %(target)s AND status = 'pending'", {"target": target})


def wish_no_more(tx: Transaction, repository_id: int, number: int, now: datetime) -> None:
    """What of an approve rule needs a person is not given by whoever retries it; it is only read, where it may be.

    Where it stands is not changed, so that its workflow and its step need not be locked.
    """
    tx.execute(
        "UPDATE intents SET withdrawn_at = %(now)s WHERE repository_id = %(repository)s AND number = %(number)s"
        " AND kind = 'review_approve' AND evaluation_id IS NOT NULL AND status = 'blocked'",
        {"repository": repository_id, "number": number, "now": now},
    )
