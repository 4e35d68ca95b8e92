"""Runs: durable pieces of work with due times, leases and attempts; a message only says "look at this row"."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation

from app.database import Transaction

MOST_ATTEMPTS = 8
LONGEST_BACKOFF_SECONDS = 900
REQUEUE_SECONDS = 60
DUE_BATCH = 200
Kind = Literal["evaluate", "find_by_head", "find_by_branch"]

_COLUMNS = "id, kind, subject, repository_id, full_name, installation_id, number, sha, branch, attempts, lease"


@dataclass(frozen=True)
class Wanted:
    """Work wished for; `subject` is what it is about, and two wishes about one subject are one run."""

    kind: Kind
    repository_id: int
    full_name: str
    installation_id: int
    number: int | None = None
    sha: str | None = None
    branch: str | None = None

    @property
    def subject(self) -> str:
        """For example `pull:123#7`; by repository id, since names change hands."""
        mark = {"evaluate": f"#{self.number}", "find_by_head": f"@{self.sha}", "find_by_branch": f":{self.branch}"}
        return f"{self.kind}:{self.repository_id}{mark[self.kind]}"


@dataclass(frozen=True)
class Run:
    """A run that this worker has claimed; `attempts` counts this one."""

    id: UUID
    kind: Kind
    subject: str
    repository_id: int
    full_name: str
    installation_id: int
    number: int | None
    sha: str | None
    branch: str | None
    attempts: int
    lease: UUID


class LeaseLost(Exception):
    """Another worker has taken the work over; what this one found out is not to be recorded."""


def want(tx: Transaction, wanted: Wanted, due_at: datetime) -> UUID:
    """The waiting run for this subject: a new one, or the one that waits already, due no later than before."""
    row = tx.execute(
        "INSERT INTO runs (id, kind, subject, repository_id, full_name, installation_id, number, sha, branch, due_at)"
        " VALUES (%(id)s, %(kind)s, %(subject)s, %(repository_id)s, %(full_name)s, %(installation_id)s, %(number)s,"
        " %(sha)s, %(branch)s, %(due)s)"
        " ON CONFLICT (kind, subject) WHERE status = 'pending' DO UPDATE SET full_name = EXCLUDED.full_name,"
        " installation_id = EXCLUDED.installation_id RETURNING id",
        {**wanted.__dict__, "id": uuid4(), "subject": wanted.subject, "due": due_at},
    ).fetchone()
    assert row is not None  # noqa: S101 -- an upsert always returns its row
    run_id: UUID = row["id"]
    return run_id


def caused_by(tx: Transaction, run_id: UUID, delivery_id: int) -> None:
    """Remember that a delivery led to a run."""
    tx.execute(
        "INSERT INTO run_deliveries (run_id, delivery_id) VALUES (%(run)s, %(delivery)s) ON CONFLICT DO NOTHING",
        {"run": run_id, "delivery": delivery_id},
    )


def inherit_causes(tx: Transaction, run_id: UUID, parent_id: UUID) -> None:
    """Remember that what led to one run led to another."""
    tx.execute(
        "INSERT INTO run_deliveries (run_id, delivery_id)"
        " SELECT %(run)s, delivery_id FROM run_deliveries WHERE run_id = %(parent)s ON CONFLICT DO NOTHING",
        {"run": run_id, "parent": parent_id},
    )


def claim(tx: Transaction, run_id: UUID, now: datetime, lease_seconds: int) -> Run | None:
    """Take a due run; None when it isn't due, was taken, or another run of its subject is under way."""
    until = now + timedelta(seconds=lease_seconds)
    try:
        with tx.transaction():
            row = tx.execute(
                "UPDATE runs SET status = 'running', attempts = attempts + 1, lease = %(lease)s,"  # noqa: S608
                " lease_until = %(until)s WHERE id = %(id)s AND status = 'pending' AND due_at <= %(now)s"
                f" RETURNING {_COLUMNS}",
                {"id": run_id, "now": now, "lease": uuid4(), "until": until},
            ).fetchone()
    except UniqueViolation:  # runs_one_running
        return None
    return Run(**row) if row else None


def next_waiting(tx: Transaction, run: Run) -> UUID | None:
    """The run of the same subject that could not be claimed while this one was under way."""
    row = tx.execute(
        "SELECT id FROM runs WHERE kind = %(kind)s AND subject = %(subject)s AND status = 'pending'",
        {"kind": run.kind, "subject": run.subject},
    ).fetchone()
    return row["id"] if row else None


def finish(tx: Transaction, run: Run, now: datetime) -> None:
    """Done. Raises `LeaseLost`."""
    _leave(tx, run, {"status": "succeeded", "now": now, "error": None})


def block(tx: Transaction, run: Run, error: str, now: datetime) -> None:
    """Stop: a person must look, and `error` says at what. Raises `LeaseLost`."""
    _leave(tx, run, {"status": "blocked", "now": now, "error": error})


def snooze(tx: Transaction, run: Run, due_at: datetime, error: str) -> None:
    """Put it off without counting an attempt. Raises `LeaseLost`."""
    _put_back(tx, run, due_at, error, attempts=run.attempts - 1)


def retry(tx: Transaction, run: Run, now: datetime, error: str) -> None:
    """Put it off after a failed attempt, longer each time. Raises `LeaseLost`."""
    _put_back(tx, run, now + timedelta(seconds=backoff_seconds(run.attempts)), error, attempts=run.attempts)


def backoff_seconds(attempts: int) -> int:
    """2, 4, 8 ... at most a quarter of an hour."""
    return int(min(2.0**attempts, LONGEST_BACKOFF_SECONDS))


def _put_back(tx: Transaction, run: Run, due_at: datetime, error: str, attempts: int) -> None:
    if _another_waits(tx, run):  # what came in meanwhile does the same work; this run is folded into that one
        _leave(tx, run, {"status": "superseded", "now": due_at, "error": error})
        return
    changed = tx.execute(
        "UPDATE runs SET status = 'pending', lease = NULL, lease_until = NULL, queued_at = NULL, due_at = %(due)s,"
        " error = %(error)s, attempts = %(attempts)s WHERE id = %(id)s AND lease = %(lease)s",
        {"id": run.id, "lease": run.lease, "due": due_at, "error": error, "attempts": attempts},
    )
    _demand_one(changed.rowcount)


def _another_waits(tx: Transaction, run: Run) -> bool:
    row = tx.execute(
        "UPDATE runs SET attempts = greatest(attempts, %(attempts)s)"
        " WHERE kind = %(kind)s AND subject = %(subject)s AND status = 'pending' RETURNING id",
        {"kind": run.kind, "subject": run.subject, "attempts": run.attempts},
    ).fetchone()
    if row:
        inherit_causes(tx, row["id"], run.id)
    return row is not None


def _leave(tx: Transaction, run: Run, values: dict[str, Any]) -> None:
    changed = tx.execute(
        "UPDATE runs SET status = %(status)s, lease = NULL, lease_until = NULL, finished_at = %(now)s,"
        " error = %(error)s WHERE id = %(id)s AND lease = %(lease)s",
        {"id": run.id, "lease": run.lease, **values},
    )
    _demand_one(changed.rowcount)


def _demand_one(changed_rows: int) -> None:
    if changed_rows != 1:
        raise LeaseLost


def lapse(tx: Transaction, now: datetime) -> int:
    """Put back the runs whose worker was not heard of in time; how many."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE status = 'running' AND lease_until < %(now)s"  # noqa: S608
        " ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
        {"now": now, "limit": DUE_BATCH},
    ).fetchall()
    for row in rows:
        _lapse_one(tx, Run(**row), now)
    return len(rows)


def _lapse_one(tx: Transaction, run: Run, now: datetime) -> None:
    error = f"The worker stopped in the middle of attempt {run.attempts}."
    if run.attempts >= MOST_ATTEMPTS:
        block(tx, run, error, now)
    else:
        _put_back(tx, run, now, error, attempts=run.attempts)


def take_due(tx: Transaction, now: datetime) -> list[tuple[UUID, Kind]]:
    """The due runs that no message of the last minute points at, now marked as queued."""
    rows = tx.execute(
        "UPDATE runs SET queued_at = %(now)s WHERE id IN (SELECT id FROM runs WHERE status = 'pending'"
        " AND due_at <= %(now)s AND (queued_at IS NULL OR queued_at < %(stale)s)"
        " ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING id, kind",
        {"now": now, "stale": now - timedelta(seconds=REQUEUE_SECONDS), "limit": DUE_BATCH},
    ).fetchall()
    return [(row["id"], row["kind"]) for row in rows]
