"""Issues: work items on their way from CREATED to VERIFIED, each with its draft, its links and its state."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app import cursors
from app.cursors import Mark, Part
from app.database import Transaction
from policies import lifecycle
from policies.lifecycle import State

OPEN_ATTEMPTS = ("SENT", "IN_DOUBT")


class IllegalTransition(Exception):
    """An issue was to go where no step leads it, or somebody else has moved it meanwhile; nothing was changed."""


@dataclass(frozen=True, kw_only=True)
class Issue:
    """A work item. `status` is a `State`, unless another version wrote it. `pr_candidates`: addresses of pull requests
    that may be meant while `pr_url` is None. `merge_sha`: what it was merged as, by us or somebody else.
    """

    id: UUID
    status: str
    github_url: str | None
    pr_url: str | None
    pr_candidates: list[str] = field(default_factory=list)
    draft: dict[str, Any] | None = None
    draft_committed_at: datetime | None = None
    validation: dict[str, Any] | None = None
    handoff_state: str = "NONE"
    hold_reason: str | None = None
    merge_sha: str | None = None
    created_by: str
    created_at: datetime
    updated_at: datetime

    @property
    def subject(self) -> str:
        """What audit entries about it name."""
        return f"issue:{self.id}"


_COLUMNS = (
    "id, status, github_url, pr_url, pr_candidates, draft, draft_committed_at, validation, handoff_state, hold_reason,"
    " merge_sha, created_by, created_at, updated_at"
)

_WITHOUT_DRAFTS = _COLUMNS.replace(" draft,", "").replace(" validation,", "")


def create(
    tx: Transaction, *, github_url: str | None = None, pr_url: str | None = None, created_by: str, now: datetime
) -> Issue:
    """A new issue in CREATED."""
    issue_id = uuid4()
    tx.execute(
        "INSERT INTO issues (id, github_url, pr_url, created_by, created_at, updated_at)"
        " VALUES (%(id)s, %(github_url)s, %(pr_url)s, %(by)s, %(now)s, %(now)s)",
        {"id": issue_id, "github_url": github_url, "pr_url": pr_url, "by": created_by, "now": now},
    )
    return _known(tx, issue_id)


def get(tx: Transaction, issue_id: UUID) -> Issue | None:
    """One issue."""
    return _one(tx, "id = %(id)s", {"id": issue_id})


def hold(tx: Transaction, issue_id: UUID) -> Issue | None:
    """The same, and nobody changes it until the transaction ends."""
    return _one(tx, "id = %(id)s FOR UPDATE", {"id": issue_id})


def by_pr_url(tx: Transaction, url: str) -> list[Issue]:
    """The issues of a pull request, oldest first; GitHub minds no case in its address."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM issues WHERE lower(pr_url) = lower(%(url)s) ORDER BY created_at, id",  # noqa: S608
        {"url": url},
    ).fetchall()
    return [Issue(**row) for row in rows]


def page(tx: Transaction, status: State | None, *, after: Mark, limit: int) -> Part[Issue]:
    """Issues without their drafts, of one state or all, newest first."""
    which = "true" if status is None else "status = %(status)s"
    rows = tx.execute(
        f"SELECT {_WITHOUT_DRAFTS} FROM issues WHERE {which} AND (created_at, id) < (%(at)s, %(id)s)"  # noqa: S608
        " ORDER BY created_at DESC, id DESC LIMIT %(most)s",
        {"status": status, **after.key(), "most": limit + 1},
    ).fetchall()
    return cursors.part([Issue(**row) for row in rows], limit, lambda issue: Mark(issue.created_at, issue.id))


def change(tx: Transaction, issue: Issue, columns: dict[str, Any], now: datetime) -> Issue:
    """Set what an issue says of itself; `hold` comes before. `columns`: of `CHANGEABLE`."""
    _demand_known(columns)
    values = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in columns.items()}
    assignments = "".join(f", {name} = %({name})s" for name in columns)
    tx.execute(
        f"UPDATE issues SET updated_at = %(now)s{assignments} WHERE id = %(id)s",  # noqa: S608 -- of CHANGEABLE
        {**values, "id": issue.id, "now": now},
    )
    return _known(tx, issue.id)


CHANGEABLE = frozenset(
    {
        "github_url",
        "pr_url",
        "pr_candidates",
        "draft",
        "draft_committed_at",
        "validation",
        "handoff_state",
        "hold_reason",
    }
)


def move(tx: Transaction, issue: Issue, to_state: State, now: datetime, merge_sha: str | None = None) -> Issue:
    """Go to another state, once: two workers can't both do it. Raises `IllegalTransition`."""
    if not lifecycle.is_legal(issue.status, to_state):
        raise IllegalTransition(f"no step leads from {issue.status} to {to_state}")
    moved = tx.execute(
        "UPDATE issues SET status = %(to)s, merge_sha = coalesce(%(sha)s, merge_sha), updated_at = %(now)s"
        " WHERE id = %(id)s AND status = %(from)s",
        {"id": issue.id, "from": issue.status, "to": to_state, "sha": merge_sha, "now": now},
    )
    if moved.rowcount != 1:
        raise IllegalTransition(f"the issue left {issue.status} meanwhile")
    return _known(tx, issue.id)


def is_merging(tx: Transaction, issue_id: UUID) -> bool:
    """Whether a merge was sent to GitHub for it, and whoever sent it is still finding out what came of that."""
    row = tx.execute(
        "SELECT EXISTS (SELECT 1 FROM merge_attempts JOIN step_runs USING (run_id)"
        " WHERE issue_id = %(issue)s AND ending IS NULL AND state = ANY(%(open)s)) AS is_open",
        {"issue": issue_id, "open": list(OPEN_ATTEMPTS)},
    ).fetchone()
    return bool(row and row["is_open"])


def _demand_known(columns: Iterable[str]) -> None:
    unknown = set(columns) - CHANGEABLE
    if unknown:
        raise ValueError(f"an issue has no {', '.join(sorted(unknown))} that could be set")


def _known(tx: Transaction, issue_id: UUID) -> Issue:
    issue = get(tx, issue_id)
    assert issue is not None  # noqa: S101 -- made or held in this transaction, and never deleted
    return issue


def _one(tx: Transaction, which: str, facts: dict[str, Any]) -> Issue | None:
    row = tx.execute(f"SELECT {_COLUMNS} FROM issues WHERE {which}", facts).fetchone()  # noqa: S608 -- constant
    return Issue(**row) if row else None
