"""What webhooks told of a pull request's head and reviews, so that a reading which lags behind them is known to."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from app.database import Transaction
from app.events import Delivery, Event
from app.records import sealed_evaluations

HEAD_ACTIONS = frozenset({"opened", "synchronize"})
"""After these the head is new."""
BEFORE_A_PUSH = timedelta(microseconds=1)
"""GitHub's times have whole seconds: what moves no head is taken for older than a push of the same second."""
DISMISSED = "DISMISSED"
MOST_REVIEWS = 1_000


@dataclass(frozen=True)
class HookedHead:
    """The head that the newest webhook named. `at`: the pull request's `updated_at` in it, less a little in some."""

    sha: str
    at: datetime


class Pusher(NamedTuple):
    """Who pushed a head. `login`: at that time; `id`: None where the webhook told none."""

    login: str
    id: int | None


def note(tx: Transaction, delivery: Delivery, now: datetime) -> None:
    """Keep what a delivery tells of pull requests that are known, and end the evaluations that it voids."""
    event = delivery.event
    if event.repository is None:
        return
    for number in event.pulls:
        if event.name == "pull_request":
            head_named(tx, event, number, event.updated_at or delivery.received_at)
        review_told(tx, event, number, now)
        if sealed_evaluations.invalidates(event):
            sealed_evaluations.invalidate(tx, event.repository.id, number, event, now)


def head_named(tx: Transaction, event: Event, number: int, at: datetime) -> None:
    """Keep the head that a webhook names, unless a newer one was kept already."""
    if event.repository is None or event.head_sha is None:
        return
    moment = at if event.action in HEAD_ACTIONS else at - BEFORE_A_PUSH
    values = {"repository": event.repository.id, "number": number, "sha": event.head_sha, "at": moment}
    tx.execute(
        "UPDATE pulls SET hook_head_sha = %(sha)s, hook_head_at = %(at)s"
        " WHERE repository_id = %(repository)s AND number = %(number)s"
        " AND (hook_head_at IS NULL OR hook_head_at <= %(at)s)",
        values,
    )
    if event.action == "synchronize" and event.sender is not None:
        tx.execute(
            "UPDATE heads SET pushed_by = %(sender)s, pusher_id = %(sender_id)s"
            " WHERE repository_id = %(repository)s AND number = %(number)s AND sha = %(sha)s",
            {**values, "sender": event.sender, "sender_id": event.sender_id},
        )


def head_of(tx: Transaction, repository_id: int, number: int) -> HookedHead | None:
    """The head that webhooks named last, None where none did."""
    row = tx.execute(
        "SELECT hook_head_sha, hook_head_at FROM pulls WHERE repository_id = %(repository)s AND number = %(number)s",
        {"repository": repository_id, "number": number},
    ).fetchone()
    if row is None or row["hook_head_sha"] is None:
        return None
    return HookedHead(row["hook_head_sha"], row["hook_head_at"])


def knows_head(tx: Transaction, repository_id: int, number: int, sha: str) -> bool:
    """Whether the commit was seen as a head of this pull request before, by webhook or by reading."""
    query = "SELECT 1 FROM heads WHERE repository_id = %(repository)s AND number = %(number)s AND sha = %(sha)s"
    return tx.execute(query, {"repository": repository_id, "number": number, "sha": sha}).fetchone() is not None


def pusher_of(tx: Transaction, repository_id: int, number: int, sha: str) -> Pusher | None:
    """Who pushed this head, None where no webhook told."""
    row = tx.execute(
        "SELECT pushed_by, pusher_id FROM heads"
        " WHERE repository_id = %(repository)s AND number = %(number)s AND sha = %(sha)s",
        {"repository": repository_id, "number": number, "sha": sha},
    ).fetchone()
    return Pusher(row["pushed_by"], row["pusher_id"]) if row and row["pushed_by"] is not None else None


def review_told(tx: Transaction, event: Event, number: int, now: datetime) -> None:
    """Keep the state of a review as its webhook names it; what was dismissed stays dismissed."""
    if event.repository is None or event.review is None:
        return
    tx.execute(
        "INSERT INTO review_hooks (repository_id, number, review_id, state, seen_at)"
        " VALUES (%(repository)s, %(number)s, %(review)s, %(state)s, %(now)s)"
        " ON CONFLICT (repository_id, number, review_id) DO UPDATE"
        " SET state = EXCLUDED.state, seen_at = EXCLUDED.seen_at WHERE review_hooks.state <> %(dismissed)s",
        {
            "repository": event.repository.id,
            "number": number,
            "review": event.review.id,
            "state": event.review.state,
            "now": now,
            "dismissed": DISMISSED,
        },
    )


def reviews_of(tx: Transaction, repository_id: int, number: int) -> dict[int, str]:
    """The newest reviews that webhooks told of: states by id."""
    rows = tx.execute(
        "SELECT review_id, state FROM review_hooks WHERE repository_id = %(repository)s AND number = %(number)s"
        " ORDER BY review_id DESC LIMIT %(most)s",
        {"repository": repository_id, "number": number, "most": MOST_REVIEWS},
    ).fetchall()
    return {row["review_id"]: row["state"] for row in rows}
