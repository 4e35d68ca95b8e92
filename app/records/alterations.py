"""Alterations: remarks that somebody other than their author edited or deleted, with the text the gate last saw."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from app.database import Transaction
from app.events import Delivery, Remark
from policies.facts import Alteration, Review

GHOST = "ghost"
"""Who did it where GitHub names nobody."""
MOST_ALTERATIONS = 500
MOST_SNAPSHOTS = 200
"""How far back the text is looked for: a delivery may come long after what it tells of."""
CLOCKS_DIFFER_SECONDS = 10
"""How far the times of one alteration may lie apart in GitHub's webhook, in its lists and with us."""

_SEEN = """
    SELECT comment ->> 'body' AS body
      FROM (SELECT seq, facts
              FROM evaluations JOIN snapshots ON digest = snapshot_digest
             WHERE evaluations.repository_id = alterations.repository_id AND evaluations.number = alterations.number
               AND evaluated_at < altered_at + make_interval(secs => %(clocks_differ)s)
               AND jsonb_typeof(facts -> 'comments') = 'array'
             ORDER BY seq DESC LIMIT %(snapshots)s) AS known,
           jsonb_array_elements(facts -> 'comments') AS comment
     WHERE (comment ->> 'id' = comment_id::text OR (coalesce(comment ->> 'id', '') = ''
            AND comment ->> 'author' = author AND (comment ->> 'created_at')::timestamptz = said_at))
       AND (what = 'deleted' OR CASE jsonb_typeof(comment -> 'edited_at')
            WHEN 'string' THEN (comment ->> 'edited_at')::timestamptz < altered_at - make_interval(
                 secs => CASE WHEN lower(comment ->> 'edited_by') = lower(author) THEN 0 ELSE %(clocks_differ)s END)
            WHEN 'null' THEN true
            ELSE (facts ->> 'taken_at')::timestamptz < altered_at END)
     ORDER BY seq DESC LIMIT 1
"""
"""The newest text of the comment before it was altered."""

_SEEN_IN_REVIEW = """
    SELECT review ->> 'body' AS body
      FROM (SELECT seq, facts
              FROM evaluations JOIN snapshots ON digest = snapshot_digest
             WHERE evaluations.repository_id = %(repository)s AND evaluations.number = %(number)s
               AND jsonb_typeof(facts -> 'reviews') = 'array'
             ORDER BY seq DESC LIMIT %(snapshots)s) AS known,
           jsonb_array_elements(facts -> 'reviews') AS review
     WHERE review ->> 'id' = %(review)s
       AND (jsonb_typeof(review -> 'edited_at') = 'null' OR review ->> 'edited_by' = %(author)s)
     ORDER BY seq DESC LIMIT 1
"""
"""The newest text of the review that was its author's own."""


class TooManyAlterations(Exception):
    """More than are read, so that one which counts could be among the others."""


def record(tx: Transaction, delivery: Delivery, delivery_id: int) -> bool:
    """Note what the delivery tells, if that is an alteration by somebody else; whether it is."""
    event = delivery.event
    if event.remark is None or event.repository is None or not _is_foreign(event.sender, event.remark):
        return False
    for number in event.pulls:
        tx.execute(
            "INSERT INTO alterations (repository_id, number, comment_id, author, altered_by, what, said_at, altered_at,"
            " delivery_id) VALUES (%(repository)s, %(number)s, %(comment)s, %(author)s, %(by)s, %(what)s, %(said)s,"
            " %(altered)s, %(delivery)s) ON CONFLICT DO NOTHING",
            {
                "repository": event.repository.id,
                "number": number,
                "comment": event.remark.id,
                "author": event.remark.author,
                "by": event.sender or GHOST,
                "what": event.action,
                "said": event.remark.said_at,
                "altered": _altered_at(event.remark, delivery.received_at),
                "delivery": delivery_id,
            },
        )
    return bool(event.pulls)


def _is_foreign(sender: str | None, remark: Remark) -> bool:
    return sender is None or sender.lower() != remark.author.lower()


def _altered_at(remark: Remark, received_at: datetime) -> datetime:
    """A deleted comment does not tell when; a snapshot taken in between does not hold it, so the later time will do."""
    return remark.edited_at or received_at


def of_pull(tx: Transaction, repository_id: int, number: int) -> tuple[Alteration, ...]:
    """Those of comments, of which webhooks tell. One whose text this gate never saw counted nowhere and is left out.

    Raise `TooManyAlterations`.
    """
    rows = tx.execute(
        f"SELECT author, altered_by, what, said_at, altered_at, seen.body FROM alterations"  # noqa: S608
        f" CROSS JOIN LATERAL ({_SEEN}) AS seen"
        " WHERE repository_id = %(repository)s AND number = %(number)s ORDER BY altered_at, id LIMIT %(limit)s",
        {
            "repository": repository_id,
            "number": number,
            "clocks_differ": CLOCKS_DIFFER_SECONDS,
            "snapshots": MOST_SNAPSHOTS,
            "limit": MOST_ALTERATIONS + 1,
        },
    ).fetchall()
    if len(rows) > MOST_ALTERATIONS:
        raise TooManyAlterations
    return tuple(_alteration(row) for row in rows)


def of_reviews(tx: Transaction, repository_id: int, number: int, reviews: tuple[Review, ...]) -> tuple[Alteration, ...]:
    """Those of the reviews that GitHub shows; who edited one is known from there. Raise `TooManyAlterations`."""
    altered = [review for review in reviews if isinstance(review.edited_by, str) and review.edited_by != review.author]
    if len(altered) > MOST_ALTERATIONS:
        raise TooManyAlterations
    return tuple(found for review in altered for found in _of_review(tx, repository_id, number, review))


def _of_review(tx: Transaction, repository_id: int, number: int, review: Review) -> Iterator[Alteration]:
    values = {"repository": repository_id, "number": number, "review": review.id, "author": review.author}
    seen = tx.execute(_SEEN_IN_REVIEW, {**values, "snapshots": MOST_SNAPSHOTS}).fetchone()
    if seen is not None and review.knows("edited_at") and review.edited_at is not None:
        yield Alteration(
            author=review.author,
            by=str(review.edited_by),
            what="edited",
            was=seen["body"],
            said_at=review.created_at,
            altered_at=review.edited_at,
        )


def _alteration(row: dict[str, Any]) -> Alteration:
    return Alteration(
        author=row["author"],
        by=row["altered_by"],
        what=row["what"],
        was=row["body"],
        said_at=row["said_at"],
        altered_at=row["altered_at"],
    )
