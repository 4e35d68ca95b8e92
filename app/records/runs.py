"""Runs: durable pieces of work with due times, leases and attempts; a message only says "look at this row"."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation

from app.database import Transaction

TELL_AFTER_ATTEMPTS = 8
MOST_ATTEMPTS = 100
LONGEST_BACKOFF_SECONDS = 900
MOST_BRANCH_CHARACTERS = 200
REQUEUE_SECONDS = 60
DUE_BATCH = 200
NO_REPOSITORY = 0
"""The repository id of work that is about a whole installation."""
Kind = Literal[
    "evaluate",
    "find_by_head",
    "find_by_branch",
    "find_by_repository",
    "find_by_installation",
    "find_changed",
    "merge_group",
    "work",
    "step",
    "merge",
]
"""`work`: a run of the API, which lives on and is bound as `app.records.bindings` says. `step` and `merge`: see
`app.records.step_runs`."""

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
        """For example `evaluate:123#7`; by repository id, since names change hands."""
        branch = self.branch or ""
        if len(branch) > MOST_BRANCH_CHARACTERS:  # an index row has its limit, a branch name hardly one
            branch = hashlib.sha256(branch.encode()).hexdigest()
        mark = {
            "evaluate": f"#{self.number}",
            "find_by_head": f"@{self.sha}",
            "find_by_branch": f":{branch}",
            "find_by_installation": f"~{self.installation_id}",
            "merge_group": f"@{self.sha}",
        }
        return f"{self.kind}:{self.repository_id}{mark.get(self.kind, '')}"


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


def want(tx: Transaction, wanted: Wanted, due_at: datetime, slot_at: datetime | None = None) -> UUID:
    """The waiting run for this subject: a new one, or the one that waits already, then due no later than before.

    One that was put off keeps its time, which GitHub may have named. `slot_at`: see `app.records.slots`.
    """
    row = tx.execute(
        "INSERT INTO runs"
        " (id, kind, subject, repository_id, full_name, installation_id, number, sha, branch, due_at, slot_at)"
        " VALUES (%(id)s, %(kind)s, %(subject)s, %(repository_id)s, %(full_name)s, %(installation_id)s, %(number)s,"
        " %(sha)s, %(branch)s, %(due)s, %(slot)s)"
        " ON CONFLICT (kind, subject) WHERE status = 'pending' DO UPDATE SET full_name = EXCLUDED.full_name,"
        " installation_id = EXCLUDED.installation_id,"
        " due_at = CASE WHEN runs.error IS NULL THEN least(runs.due_at, EXCLUDED.due_at) ELSE runs.due_at END"
        " RETURNING id",
        {**wanted.__dict__, "id": uuid4(), "subject": wanted.subject, "due": due_at, "slot": slot_at},
    ).fetchone()
    assert row is not None  # noqa: S101 -- an upsert always returns its row
    run_id: UUID = row["id"]
    return run_id


def want_pull(tx: Transaction, cause: "Run", number: int, due_at: datetime) -> UUID:
    """The waiting evaluation of a pull request that another run has found, with what led to that run."""
    place = (cause.repository_id, cause.full_name, cause.installation_id)
    run_id = want(tx, Wanted("evaluate", *place, number=number), due_at)
    inherit_causes(tx, run_id, cause.id)
    return run_id


def waiting(tx: Transaction, wanted: Iterable[Wanted]) -> dict[str, UUID]:
    """The runs that wait already for the subjects of these wishes, by subject."""
    rows = tx.execute(
        "SELECT subject, id FROM runs WHERE status = 'pending' AND subject = ANY(%(subjects)s)",
        {"subjects": [each.subject for each in wanted]},
    ).fetchall()
    return {row["subject"]: row["id"] for row in rows}


def caused_by(tx: Transaction, run_id: UUID, delivery_id: int) -> None:
    """Remember that a delivery led to a run."""
    tx.execute(
        "INSERT INTO run_deliveries (run_id, delivery_id) VALUES (%(run)s, %(delivery)s) ON CONFLICT DO NOTHING",
        {"run": run_id, "delivery": delivery_id},
    )


def inherit_causes(tx: Transaction, run_id: UUID, parent_id: UUID, most: int | None = None) -> None:
    """Remember that what led to one run led to another: all of it, or the newest so many."""
    tx.execute(
        "INSERT INTO run_deliveries (run_id, delivery_id)"
        " SELECT %(run)s, delivery_id FROM run_deliveries WHERE run_id = %(parent)s"
        " ORDER BY delivery_id DESC LIMIT %(most)s ON CONFLICT DO NOTHING",
        {"run": run_id, "parent": parent_id, "most": most},
    )


def is_caused(tx: Transaction, run_id: UUID) -> bool:
    """Whether any delivery led to a run."""
    row = tx.execute("SELECT 1 FROM run_deliveries WHERE run_id = %(run)s LIMIT 1", {"run": run_id}).fetchone()
    return row is not None


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


def hold(tx: Transaction, run: Run) -> None:
    """Lock the run's row, and only while it is ours: what is recorded now is not its end. Raises `LeaseLost`."""
    row = tx.execute(
        "SELECT id FROM runs WHERE id = %(id)s AND lease = %(lease)s FOR UPDATE", {"id": run.id, "lease": run.lease}
    ).fetchone()
    _demand_one(1 if row else 0)


def finish(tx: Transaction, run: Run, now: datetime) -> None:
    """Done. Raises `LeaseLost`."""
    _leave(tx, run, {"status": "succeeded", "now": now, "error": None})


def block(tx: Transaction, run: Run, error: str, now: datetime) -> None:
    """Stop: a person must look, and `error` says at what. Raises `LeaseLost`."""
    _leave(tx, run, {"status": "blocked", "now": now, "error": error})


def snooze(tx: Transaction, run: Run, due_at: datetime, error: str) -> None:
    """Put it off without counting an attempt. Raises `LeaseLost`."""
    _put_back(tx, run, due_at, error, attempts=run.attempts - 1)


def retry(tx: Transaction, run: Run, due_at: datetime, error: str) -> None:
    """Put it off after a failed attempt. Raises `LeaseLost`."""
    _put_back(tx, run, due_at, error, attempts=run.attempts)


def backoff_seconds(attempts: int) -> int:
    """2, 4, 8 ... at most a quarter of an hour."""
    return min(1 << min(attempts, 10), LONGEST_BACKOFF_SECONDS)


def _put_back(tx: Transaction, run: Run, due_at: datetime, error: str, attempts: int) -> None:
    """Let the run wait again; where another one waits already, fold it into that."""
    try:
        with tx.transaction():
            changed = tx.execute(
                "UPDATE runs SET status = 'pending', lease = NULL, lease_until = NULL, queued_at = NULL,"
                " due_at = %(due)s, error = %(error)s, attempts = %(attempts)s WHERE id = %(id)s AND lease = %(lease)s",
                {"id": run.id, "lease": run.lease, "due": due_at, "error": error, "attempts": attempts},
            )
            _demand_one(changed.rowcount)
    except UniqueViolation:  # runs_one_pending
        _fold(tx, run, due_at, error, attempts=attempts)
        _leave(tx, run, {"status": "superseded", "now": due_at, "error": error})


def _fold(tx: Transaction, run: Run, due_at: datetime, error: str, *, attempts: int) -> None:
    """Hand what this run knows to the one that waits: what led to it, its attempts, and not to start before."""
    row = tx.execute(
        "UPDATE runs SET attempts = greatest(attempts, %(attempts)s), due_at = greatest(due_at, %(due)s),"
        " error = %(error)s WHERE kind = %(kind)s AND subject = %(subject)s AND status = 'pending' RETURNING id",
        {"kind": run.kind, "subject": run.subject, "attempts": attempts, "due": due_at, "error": error},
    ).fetchone()
    if row:
        inherit_causes(tx, row["id"], run.id)


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


def lapsed(tx: Transaction, now: datetime) -> list[Run]:
    """The runs whose worker was not heard of in time, locked for this transaction."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE status = 'running' AND lease_until < %(now)s"  # noqa: S608
        " ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED",
        {"now": now, "limit": DUE_BATCH},
    ).fetchall()
    return [Run(**row) for row in rows]


def put_back_lapsed(tx: Transaction, run_id: UUID, now: datetime) -> None:
    """Have a run wait again whose worker was not heard of in time, for whoever has its message in hand."""
    tx.execute(
        "UPDATE runs SET status = 'pending', lease = NULL, lease_until = NULL, due_at = least(due_at, %(now)s)"
        " WHERE id = %(id)s AND status = 'running' AND lease_until < %(now)s",
        {"id": run_id, "now": now},
    )


def take_due(tx: Transaction, now: datetime) -> list[tuple[UUID, Kind]]:
    """The due runs that no message of the last minute points at, now marked as queued, longest due first."""
    rows = tx.execute(
        "UPDATE runs SET queued_at = %(now)s WHERE id IN (SELECT id FROM runs WHERE status = 'pending'"
        " AND due_at <= %(now)s AND (queued_at IS NULL OR queued_at < %(stale)s)"
        " ORDER BY due_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED) RETURNING id, kind, due_at",
        {"now": now, "stale": now - timedelta(seconds=REQUEUE_SECONDS), "limit": DUE_BATCH},
    ).fetchall()
    return [(row["id"], row["kind"]) for row in sorted(rows, key=lambda row: row["due_at"])]
