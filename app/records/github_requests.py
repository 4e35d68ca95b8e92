"""Merge requests of GitHub's side: one open wish for a pull request, for as long as something there asks for it."""

from datetime import datetime, timedelta
from uuid import UUID

from app.database import Transaction
from app.records import merge_requests
from app.records.merge_requests import MergeRequest, Source, Wish

LOOK_AGAIN_SECONDS = 600
"""After how long a wish that waits for an event is looked at without one, since any webhook may get lost."""
SOURCES: tuple[Source, ...] = ("label", "comment", "title", "body", "branch", "author")
_OF_GITHUB = "source NOT IN ('api', 'cli', 'event')"


def open_one(tx: Transaction, repository_id: int, number: int) -> UUID | None:
    """The open wish for a pull request, locked; None where there is none."""
    row = tx.execute(
        f"SELECT id FROM merge_requests WHERE {_OF_GITHUB} AND status = 'open'"  # noqa: S608 -- a constant
        " AND repository_id = %(repository)s AND number = %(number)s FOR UPDATE",
        {"repository": repository_id, "number": number},
    ).fetchone()
    return row["id"] if row else None


def accept(tx: Transaction, wish: Wish, head_sha: str, now: datetime) -> MergeRequest | None:
    """Record a wish; None where there is an open one, or where one was granted or given up at this head already."""
    if _is_spent(tx, wish.repository_id, wish.number, head_sha):
        return None
    wish_id = merge_requests.accept(tx, wish, now)
    if wish_id is None:
        return None
    renew(tx, wish_id, head_sha, wish.until)
    return merge_requests.get(tx, wish_id)


def renew(tx: Transaction, wish_id: UUID, head_sha: str, until: datetime) -> None:
    """It is still asked for, at this head."""
    tx.execute(
        "UPDATE merge_requests SET head_sha = %(sha)s, until = %(until)s WHERE id = %(id)s AND status = 'open'",
        {"id": wish_id, "sha": head_sha, "until": until},
    )


def take_back(tx: Transaction, repository_id: int, number: int, now: datetime) -> list[UUID]:
    """Nothing asks for it any more: end the open wish, and let the next one be asked for at any head. Which ended."""
    values = {"repository": repository_id, "number": number, "now": now}
    rows = tx.execute(
        "UPDATE merge_requests SET status = 'ended', due_at = NULL, ended_at = %(now)s"  # noqa: S608 -- a constant
        f" WHERE {_OF_GITHUB} AND status = 'open' AND repository_id = %(repository)s AND number = %(number)s"
        " RETURNING id",
        values,
    ).fetchall()
    tx.execute(
        f"UPDATE merge_requests SET head_sha = NULL WHERE {_OF_GITHUB} AND head_sha IS NOT NULL"  # noqa: S608
        " AND repository_id = %(repository)s AND number = %(number)s",
        values,
    )
    return [row["id"] for row in rows]


def end_old(tx: Transaction, now: datetime) -> int:
    """End every wish that nobody could grant in time, and let GitHub's side ask anew at the same head; how many."""
    tx.execute(
        f"UPDATE merge_requests SET head_sha = NULL WHERE {_OF_GITHUB} AND status = 'open'"  # noqa: S608 -- a constant
        " AND until < %(now)s AND head_sha IS NOT NULL",
        {"now": now},
    )
    return merge_requests.end_old(tx, now)


def hear_again(tx: Transaction, wish_id: UUID) -> None:
    """Let GitHub's side ask anew for what a wish was for, at the same head, too."""
    tx.execute("UPDATE merge_requests SET head_sha = NULL WHERE id = %(id)s", {"id": wish_id})


def look_again(tx: Transaction, now: datetime) -> None:
    """Let those be due that wait for an event and were not looked at for a while, from whichever side they come."""
    tx.execute(
        "UPDATE merge_requests AS m SET due_at = %(now)s WHERE status = 'open' AND waits AND due_at IS NULL"
        " AND created_at < %(before)s AND NOT EXISTS (SELECT 1 FROM step_runs WHERE merge_request_id = m.id"
        "  AND (ending IS NULL OR ended_at >= %(before)s))",
        {"now": now, "before": now - timedelta(seconds=LOOK_AGAIN_SECONDS)},
    )


def runs_since(tx: Transaction, wish_id: UUID, since: datetime) -> int:
    """How many of its runs were opened since then."""
    row = tx.execute(
        "SELECT count(*) AS n FROM step_runs WHERE merge_request_id = %(id)s AND started_at >= %(since)s",
        {"id": wish_id, "since": since},
    ).fetchone()
    return int(row["n"]) if row else 0


def _is_spent(tx: Transaction, repository_id: int | None, number: int | None, head_sha: str) -> bool:
    row = tx.execute(
        f"SELECT 1 FROM merge_requests WHERE {_OF_GITHUB} AND status = 'ended' AND head_sha = %(sha)s"  # noqa: S608
        " AND repository_id = %(repository)s AND number = %(number)s LIMIT 1",
        {"sha": head_sha, "repository": repository_id, "number": number},
    ).fetchone()
    return row is not None
