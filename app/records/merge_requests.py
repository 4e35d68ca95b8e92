"""Merge requests: wishes to have one pull request merged, each alive until it is merged, refused or too old."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation

from app.database import Transaction
from app.records.step_runs import StepMode

Source = Literal["api", "cli", "event", "label", "comment", "title", "body", "branch", "author"]
"""Those after `event` are the ways in which GitHub's side asks: see `app.records.github_requests`."""
BATCH = 200


@dataclass(frozen=True, kw_only=True)
class Wish:
    """`pr_url` or (`repository_id`, `number`) says which pull request; an issue says it by its own link.

    `waits`: it is looked at again whenever something about its pull request changes, until `until`.
    """

    mode: StepMode
    request_id: str
    source: Source
    asked_by: str
    until: datetime
    issue_id: UUID | None = None
    pr_url: str | None = None
    repository_id: int | None = None
    number: int | None = None
    waits: bool = False


@dataclass(frozen=True, kw_only=True)
class MergeRequest(Wish):
    """`due_at`: when the gate comes back by itself; None: it waits for an event, or its run is under way."""

    id: UUID
    status: Literal["open", "ended"]
    due_at: datetime | None
    created_at: datetime


_COLUMNS = (
    "id, issue_id, pr_url, repository_id, number, mode, request_id, source, asked_by, waits, status, due_at,"
    " created_at, until"
)


def accept(tx: Transaction, wish: Wish, now: datetime) -> UUID | None:
    """Record a wish; None where GitHub's side has asked for the same already and that wish is open."""
    wish_id = uuid4()
    try:
        with tx.transaction():
            tx.execute(
                "INSERT INTO merge_requests (id, issue_id, pr_url, repository_id, number, mode, request_id, source,"
                " asked_by, waits, created_at, until) VALUES (%(id)s, %(issue_id)s, %(pr_url)s, %(repository_id)s,"
                " %(number)s, %(mode)s, %(request_id)s, %(source)s, %(asked_by)s, %(waits)s, %(now)s, %(until)s)",
                {**wish.__dict__, "id": wish_id, "now": now},
            )
    except UniqueViolation:  # merge_requests_one_from_github
        return None
    return wish_id


def get(tx: Transaction, request_id: UUID) -> MergeRequest | None:
    """One merge request."""
    row = tx.execute(
        f"SELECT {_COLUMNS} FROM merge_requests WHERE id = %(id)s",  # noqa: S608 -- constant column names
        {"id": request_id},
    ).fetchone()
    return MergeRequest(**row) if row else None


def hold(tx: Transaction, request_id: UUID) -> None:
    """Nobody changes it or opens a run of it until the transaction ends."""
    tx.execute("SELECT FROM merge_requests WHERE id = %(id)s FOR UPDATE", {"id": request_id})


def is_observed(tx: Transaction, repository_id: int, number: int, issue_id: UUID | None) -> bool:
    """Whether somebody looks already who merged the pull request, for this issue or for none."""
    row = tx.execute(
        "SELECT 1 FROM merge_requests WHERE repository_id = %(repository)s AND number = %(number)s"
        " AND mode = 'observe' AND status = 'open' AND issue_id IS NOT DISTINCT FROM %(issue)s",
        {"repository": repository_id, "number": number, "issue": issue_id},
    ).fetchone()
    return row is not None


def set_pull(tx: Transaction, request_id: UUID, repository_id: int, number: int) -> None:
    """Which pull request it is about, once that is known: from then on its events wake it."""
    tx.execute(
        "UPDATE merge_requests SET repository_id = %(repository)s, number = %(number)s WHERE id = %(id)s",
        {"id": request_id, "repository": repository_id, "number": number},
    )


def come_back(tx: Transaction, request_id: UUID, due_at: datetime | None) -> None:
    """Leave it open: the gate comes back at `due_at`, or with the next event where that is None."""
    tx.execute(
        "UPDATE merge_requests SET due_at = %(due)s WHERE id = %(id)s AND status = 'open'",
        {"id": request_id, "due": due_at},
    )


def look_at_frozen(tx: Transaction, repository_id: int | None, now: datetime) -> None:
    """Let those be due now that wait for the end of a freeze, in one repository or, with None, in all of them.

    One that a run holds just now is left out: that run sees for itself what is frozen.
    """
    tx.execute(
        "UPDATE merge_requests SET due_at = %(now)s WHERE id IN (SELECT id FROM merge_requests AS m"
        " WHERE status = 'open' AND due_at > %(now)s"
        " AND (%(repository)s::bigint IS NULL OR repository_id = %(repository)s)"
        " AND EXISTS (SELECT 1 FROM step_runs WHERE merge_request_id = m.id AND answer ->> 'detail' = 'FROZEN')"
        " FOR UPDATE SKIP LOCKED)",
        {"repository": repository_id, "now": now},
    )


def end(tx: Transaction, request_id: UUID, now: datetime) -> None:
    """Nobody comes back to it."""
    tx.execute(
        "UPDATE merge_requests SET status = 'ended', due_at = NULL, ended_at = %(now)s WHERE id = %(id)s",
        {"id": request_id, "now": now},
    )


def end_of_issue(tx: Transaction, issue_id: UUID, now: datetime) -> None:
    """Nobody comes back to the open ones of an issue, which is merged or held; a run that is under way ends itself."""
    tx.execute(
        "UPDATE merge_requests SET status = 'ended', due_at = NULL, ended_at = %(now)s"
        " WHERE issue_id = %(issue)s AND status = 'open'",
        {"issue": issue_id, "now": now},
    )


def take_due(tx: Transaction, now: datetime) -> list[MergeRequest]:
    """The open ones whose time has come and that have no run under way, now without a due time; oldest first.

    The caller opens a run for each. Those of an issue that somebody has locked have their turn with the next sweep.
    """
    held = tx.execute(
        "SELECT id FROM issues WHERE id IN (SELECT issue_id FROM merge_requests WHERE status = 'open'"
        " AND due_at <= %(now)s) FOR KEY SHARE SKIP LOCKED",
        {"now": now},
    ).fetchall()
    rows = tx.execute(
        f"UPDATE merge_requests SET due_at = NULL WHERE id IN (SELECT id FROM merge_requests AS m"  # noqa: S608
        " WHERE status = 'open' AND due_at <= %(now)s AND (issue_id IS NULL OR issue_id = ANY(%(issues)s))"
        " AND NOT EXISTS"
        " (SELECT 1 FROM step_runs WHERE merge_request_id = m.id AND ending IS NULL)"
        " ORDER BY due_at LIMIT %(most)s FOR UPDATE SKIP LOCKED)"
        f" RETURNING {_COLUMNS}",
        {"now": now, "issues": [row["id"] for row in held], "most": BATCH},
    ).fetchall()
    return sorted((MergeRequest(**row) for row in rows), key=lambda each: each.created_at)


def wake(tx: Transaction, repository_id: int, number: int) -> list[MergeRequest]:
    """The open ones of a pull request that wait for an event and have no run under way; the caller opens one each.

    The oldest `BATCH` of them: those beyond are looked at again without an event. Their issues are locked before them,
    as everywhere.
    """
    values = {"repository": repository_id, "number": number, "most": BATCH}
    tx.execute(
        "SELECT id FROM issues WHERE id IN (SELECT issue_id FROM merge_requests WHERE repository_id = %(repository)s"
        " AND number = %(number)s AND status = 'open' AND waits) ORDER BY id FOR KEY SHARE",
        values,
    )
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM merge_requests AS m WHERE repository_id = %(repository)s"  # noqa: S608
        " AND number = %(number)s AND status = 'open' AND waits AND NOT EXISTS"
        " (SELECT 1 FROM step_runs WHERE merge_request_id = m.id AND ending IS NULL)"
        " ORDER BY created_at, id LIMIT %(most)s FOR UPDATE",
        values,
    ).fetchall()
    return [MergeRequest(**row) for row in rows]


def end_old(tx: Transaction, now: datetime) -> int:
    """End those that nobody could grant in time; how many."""
    ended = tx.execute(
        "UPDATE merge_requests SET status = 'ended', due_at = NULL, ended_at = %(now)s"
        " WHERE status = 'open' AND until < %(now)s AND NOT EXISTS"
        " (SELECT 1 FROM step_runs WHERE merge_request_id = merge_requests.id AND ending IS NULL)",
        {"now": now},
    )
    return ended.rowcount
