"""Groups of GitHub's merge queue: the commit that carries a group's status, and the pull requests it would merge."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from app.database import Transaction
from app.records import causes, runs
from app.records.runs import Run, Wanted


@dataclass(frozen=True)
class Group:
    """A group as GitHub asked for it. `destroyed_at`: when it was there no more; it is never asked for again."""

    repository_id: int
    head_sha: str
    base_ref: str
    requested_at: datetime
    destroyed_at: datetime | None


def asked_for(tx: Transaction, wanted: Wanted, now: datetime) -> None:
    """GitHub waits for the status of this group."""
    _upsert(tx, wanted, now, None)


def destroyed(tx: Transaction, wanted: Wanted, now: datetime) -> None:
    """The group was merged, or given up; its status is of no interest any more, in whatever order this is told."""
    _upsert(tx, wanted, now, now)


def _upsert(tx: Transaction, wanted: Wanted, now: datetime, destroyed_at: datetime | None) -> None:
    tx.execute(
        "INSERT INTO merge_groups"
        " (repository_id, head_sha, base_ref, full_name, installation_id, requested_at, destroyed_at)"
        " VALUES (%(repository_id)s, %(sha)s, %(branch)s, %(full_name)s, %(installation_id)s, %(now)s, %(destroyed)s)"
        " ON CONFLICT (repository_id, head_sha) DO UPDATE"
        " SET destroyed_at = coalesce(merge_groups.destroyed_at, EXCLUDED.destroyed_at)",
        {**wanted.__dict__, "now": now, "destroyed": destroyed_at},
    )


def get(tx: Transaction, repository_id: int, head_sha: str) -> Group | None:
    """The group with that head, locked for this transaction."""
    row = tx.execute(
        "SELECT repository_id, head_sha, base_ref, requested_at, destroyed_at FROM merge_groups"
        " WHERE repository_id = %(repository)s AND head_sha = %(sha)s FOR UPDATE",
        {"repository": repository_id, "sha": head_sha},
    ).fetchone()
    return Group(**row) if row else None


def hold(tx: Transaction, repository_id: int, head_sha: str, numbers: tuple[int, ...]) -> None:
    """Note the members: from now on, each new verdict on one of them has the group judged again."""
    tx.execute(
        "UPDATE merge_groups SET members = %(numbers)s WHERE repository_id = %(repository)s AND head_sha = %(sha)s",
        {"numbers": list(numbers), "repository": repository_id, "sha": head_sha},
    )


def verdicts(tx: Transaction, repository_id: int, numbers: tuple[int, ...]) -> list[dict[str, Any]]:
    """The pull requests with the newest verdict on each, if any; who is about to give one is waited for."""
    values = {"repository": repository_id, "numbers": list(numbers)}
    tx.execute(
        "SELECT 1 FROM pulls WHERE repository_id = %(repository)s AND number = ANY(%(numbers)s)"
        " ORDER BY number FOR UPDATE",
        values,
    )
    return tx.execute(
        "SELECT pulls.number, is_open, page_key, state, status_text, newest.head_sha, newest.base_ref, evaluated_at"
        " FROM pulls LEFT JOIN LATERAL (SELECT * FROM evaluations WHERE evaluations.repository_id = pulls.repository_id"
        "  AND evaluations.number = pulls.number ORDER BY seq DESC LIMIT 1) AS newest ON true"
        " WHERE pulls.repository_id = %(repository)s AND pulls.number = ANY(%(numbers)s) ORDER BY pulls.number",
        values,
    ).fetchall()


def want_of(tx: Transaction, cause: Run, number: int, now: datetime) -> None:
    """Want every living group judged again that has this pull request as a member."""
    rows = tx.execute(
        "SELECT full_name, installation_id, head_sha, base_ref FROM merge_groups WHERE repository_id = %(repository)s"
        " AND %(number)s = ANY(members) AND destroyed_at IS NULL ORDER BY head_sha",
        {"repository": cause.repository_id, "number": number},
    ).fetchall()
    for row in rows:
        place = (cause.repository_id, row["full_name"], row["installation_id"])
        wanted = Wanted("merge_group", *place, sha=row["head_sha"], branch=row["base_ref"])
        causes.inherit(tx, runs.want(tx, wanted, now), cause.id)


def waiting_of(tx: Transaction, repository_id: int, number: int) -> tuple[UUID, ...]:
    """The waiting runs for groups that have this pull request as a member."""
    rows = tx.execute(
        "SELECT runs.id FROM runs JOIN merge_groups ON runs.repository_id = merge_groups.repository_id"
        " AND runs.sha = head_sha WHERE kind = 'merge_group' AND status = 'pending'"
        " AND merge_groups.repository_id = %(repository)s AND %(number)s = ANY(members) ORDER BY runs.id",
        {"repository": repository_id, "number": number},
    ).fetchall()
    return tuple(row["id"] for row in rows)
