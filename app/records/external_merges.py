"""Merges that this gate did not make: each recorded once, as what it is and never as ours."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.database import Transaction

Via = Literal["hand", "auto_merge", "queue"]
Row = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ExternalMerge:
    """`merge_sha`: what the base branch got; empty where GitHub did not say. `merged_by`: None where nobody knows.

    `had_pass`: the newest verdict on this head, for this base branch, let it be merged.
    """

    repository_id: int
    full_name: str
    number: int
    head_sha: str
    base_ref: str
    merge_sha: str
    merged_by: str | None
    via: Via
    had_pass: bool

    @property
    def subject(self) -> str:
        """What the audit calls its pull request."""
        return f"pull:{self.repository_id}#{self.number}"


def record(tx: Transaction, merge: ExternalMerge, now: datetime) -> bool:
    """Record it; False where it was recorded before."""
    recorded = tx.execute(
        "INSERT INTO external_merges (repository_id, number, merge_sha, full_name, head_sha, base_ref, merged_by, via,"
        " had_pass, seen_at) VALUES (%(repository_id)s, %(number)s, %(merge_sha)s, %(full_name)s, %(head_sha)s,"
        " %(base_ref)s, %(merged_by)s, %(via)s, %(had_pass)s, %(now)s) ON CONFLICT DO NOTHING",
        {**merge.__dict__, "now": now},
    )
    return recorded.rowcount == 1


def of_pull(tx: Transaction, repository_id: int, number: int) -> list[Row]:
    """Those of a pull request, oldest first: more than one where GitHub told of different commits."""
    return tx.execute(
        "SELECT * FROM external_merges WHERE repository_id = %(repository)s AND number = %(number)s ORDER BY seen_at",
        {"repository": repository_id, "number": number},
    ).fetchall()


def had_pass(tx: Transaction, repository_id: int, number: int, *, head_sha: str, base_ref: str) -> bool:
    """Whether the newest verdict on the pull request at this head, for this base branch, let it be merged.

    An event that voids a verdict for a later merge does not count: closing is one of them.
    """
    row = tx.execute(
        "SELECT state FROM evaluations WHERE repository_id = %(repository)s AND number = %(number)s"
        " AND head_sha = %(head)s AND base_ref = %(base)s ORDER BY seq DESC LIMIT 1",
        {"repository": repository_id, "number": number, "head": head_sha, "base": base_ref},
    ).fetchone()
    return row is not None and row["state"] == "success"


def is_of_group(tx: Transaction, repository_id: int, merge_sha: str) -> bool:
    """Whether the commit is the head of a group that GitHub's merge queue asked us about."""
    row = tx.execute(
        "SELECT 1 FROM merge_groups WHERE repository_id = %(repository)s AND head_sha = %(sha)s",
        {"repository": repository_id, "sha": merge_sha},
    ).fetchone()
    return row is not None


def was_automatic(tx: Transaction, guid: str) -> bool:
    """Whether the delivery of that GUID said that GitHub merged by itself: a pull request may not show it for long."""
    row = tx.execute(
        "SELECT 1 FROM deliveries WHERE guid = %(guid)s AND event -> 'merged' -> 'automatic' = 'true'", {"guid": guid}
    ).fetchone()
    return row is not None
