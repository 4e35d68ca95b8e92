"""Steps: the rows that workers claim, with due times, leases, attempts and outcomes. The one engine under all work.

Whoever locks a workflow and its step locks the workflow first. A step in the line of a workflow is claimed by the id of
the workflow (its message says "look where it stands"), one beside the line by its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from app import definitions
from app.database import Transaction
from app.handed import Handed
from app.records import troubles
from app.records.pauses import HOLDING
from app.records.troubles import LAPSED, Trouble

LONGEST_BACKOFF_SECONDS = 900
JITTER = 4
"""A pause is shorter by up to one part in so many, so that what failed together is not tried again together."""
REQUEUE_SECONDS = 60
DUE_BATCH = 200

Status = Literal["pending", "running", "waiting", "done", "stopped", "cancelled"]
Outcome = Literal["done", "retry", "snooze", "stop"]
_HELD = "steps.id, steps.workflow_id, steps.name, steps.attempts, steps.lease, steps.exclusive, steps.input"
IS_KNOWN = "kind || '/' || version = ANY(%(known)s)"
IS_PAUSED = f"EXISTS (SELECT FROM {HOLDING})"
_CLAIM_LINE = f"""
WITH line AS (
    SELECT id FROM workflows WHERE id = %(id)s AND status = 'pending' AND {IS_KNOWN} AND NOT {IS_PAUSED}
    FOR NO KEY UPDATE
), taken AS (
    UPDATE steps SET status = 'running', attempts = attempts + 1, lease = %(lease)s, lease_until = %(until)s,
        started_at = coalesce(started_at, %(now)s)
    FROM line WHERE workflow_id = line.id AND position IS NOT NULL AND status = 'pending' AND due_at <= %(now)s
    RETURNING {_HELD}
)
UPDATE workflows SET status = 'running', updated_at = %(now)s FROM taken WHERE workflows.id = workflow_id
RETURNING taken.*
"""  # noqa: S608 -- constants
_CLAIM = f"""
WITH lapsed AS (
    SELECT id, attempts FROM steps WHERE id = %(id)s AND status = 'running' AND lease_until < %(now)s
), taken AS (
    UPDATE steps SET status = 'running', attempts = attempts + 1, lease = %(lease)s, lease_until = %(until)s,
        started_at = coalesce(started_at, %(now)s)
    FROM workflows WHERE steps.id = %(id)s AND workflows.id = workflow_id AND position IS NULL AND due_at <= %(now)s
        AND (steps.status = 'pending' OR steps.status = 'running' AND lease_until < %(now)s)
        AND {IS_KNOWN} AND NOT {IS_PAUSED}
    RETURNING {_HELD}
), noted AS (
    INSERT INTO step_troubles (step_id, at, attempt, outcome, error)
    SELECT id, %(now)s, attempts, 'retry', {LAPSED} FROM lapsed WHERE EXISTS (SELECT FROM taken)
)
SELECT * FROM taken
"""  # noqa: S608
_TAKE_DUE = f"""
WITH due AS (
    SELECT steps.ctid AS place, kind, version FROM steps CROSS JOIN LATERAL (
        SELECT kind, version FROM workflows WHERE id = workflow_id AND {IS_KNOWN} AND NOT {IS_PAUSED} OFFSET 0
    ) AS line
    WHERE steps.status = 'pending' AND held_by IS NULL AND due_at <= %(now)s
        AND (queued_at IS NULL OR queued_at < %(stale)s)
    ORDER BY due_at LIMIT %(limit)s FOR UPDATE OF steps SKIP LOCKED
)
UPDATE steps SET queued_at = %(now)s FROM due WHERE steps.ctid = place
RETURNING kind, version, name, position, due_at, workflow_id, steps.id
"""  # noqa: S608
"""With OFFSET 0 workflows are looked up for one due step after the other: not all of them are read for two hundred.
`ctid`: a locked row is where it was found, and is not looked for again.
"""


@dataclass(frozen=True)
class Held:
    """A step in this worker's hands; `attempts` counts this one."""

    id: UUID
    workflow_id: UUID
    name: str
    attempts: int
    lease: UUID
    exclusive: str
    input: dict[str, Any]


@dataclass(frozen=True)
class Due:
    """A step that is due. `message`: the id that its task is sent."""

    message: UUID
    task: str


class LeaseLost(Exception):
    """Another worker has taken the work over; what this one found out is not to be recorded."""


def add(  # noqa: PLR0913 -- all that a step is made of, by name
    tx: Transaction,
    workflow_id: UUID,
    name: str,
    *,
    exclusive: str,
    due_at: datetime,
    position: int | None = None,
    step_id: UUID | None = None,
    waits_for: str | None = None,
    input: Handed | None = None,  # noqa: A002 -- what the column is called
) -> UUID:
    """A new step; without a `position` beside the line. `waits_for`: what, for a person; None where it is due."""
    own_id = step_id or uuid4()
    tx.execute(
        "INSERT INTO steps (id, workflow_id, name, position, exclusive, status, due_at, error, input)"
        " VALUES (%(id)s, %(workflow)s, %(name)s, %(position)s, %(exclusive)s, %(status)s, %(due)s, %(error)s,"
        " %(input)s)",
        {
            "id": own_id,
            "workflow": workflow_id,
            "name": name,
            "position": position,
            "exclusive": exclusive,
            "status": "pending" if waits_for is None else "waiting",
            "due": due_at,
            "error": waits_for,
            "input": Jsonb({} if input is None else input.document()),
        },
    )
    return own_id


def claim_line(tx: Transaction, workflow_id: UUID, now: datetime, lease_seconds: int) -> Held | None:
    """Take the due step of a workflow's line.

    None when it isn't due, was taken, is paused, is of a version that is not known here, or another step with the
    same `exclusive` is under way.
    """
    return _claim(tx, _CLAIM_LINE, {"id": workflow_id, **_claiming(now, lease_seconds)})


def claim(tx: Transaction, step_id: UUID, now: datetime, lease_seconds: int) -> Held | None:
    """Take a due step beside the line, also one whose worker was not heard of in time; None as `claim_line`."""
    return _claim(tx, _CLAIM, {"id": step_id, **_claiming(now, lease_seconds)})


def _claiming(now: datetime, lease_seconds: int) -> dict[str, Any]:
    until = now + timedelta(seconds=lease_seconds)
    return {"now": now, "lease": uuid4(), "until": until, "known": definitions.known()}


def _claim(tx: Transaction, query: str, facts: dict[str, Any]) -> Held | None:
    try:
        with tx.transaction():
            row = tx.execute(query.encode(), facts).fetchone()
    except UniqueViolation:  # steps_one_running
        return None
    return Held(**row) if row else None


def hold(tx: Transaction, held: Held) -> None:
    """Lock the step's row, and only while it is ours: what is recorded now is not its end. Raises `LeaseLost`."""
    row = tx.execute(
        "SELECT FROM steps WHERE id = %(id)s AND lease = %(lease)s FOR UPDATE", {"id": held.id, "lease": held.lease}
    ).fetchone()
    _demand_one(0 if row is None else 1)


def extend(tx: Transaction, held: Held, until: datetime) -> None:
    """Keep it for longer. Raises `LeaseLost`."""
    _change(tx, held, "lease_until = %(until)s", {"until": until})


def retry(tx: Transaction, held: Held, due_at: datetime, error: str, now: datetime) -> None:
    """Let it wait for a time after a failed attempt. Raises `LeaseLost`."""
    _put_back(tx, held, due_at, error, {"attempts": held.attempts, "outcome": "retry"})
    trouble = Trouble(step_id=held.id, at=now, attempt=held.attempts, outcome="retry", error=error, due_at=due_at)
    troubles.note(tx, trouble)


def snooze(tx: Transaction, held: Held, due_at: datetime, error: str) -> None:
    """Let it wait for a time without counting an attempt. Raises `LeaseLost`."""
    _put_back(tx, held, due_at, error, {"attempts": held.attempts - 1, "outcome": "snooze"})


def _put_back(tx: Transaction, held: Held, due_at: datetime, error: str, ended: dict[str, Any]) -> None:
    _change(
        tx,
        held,
        "status = 'pending', lease = NULL, lease_until = NULL, queued_at = NULL, due_at = %(due)s, error = %(error)s,"
        " attempts = %(attempts)s, outcome = %(outcome)s",
        {"due": due_at, "error": error, **ended},
    )


def wait(tx: Transaction, held: Held, error: str | None, now: datetime) -> None:
    """Let it wait for somebody or something, for which no time is known. Raises `LeaseLost`."""
    _change(
        tx,
        held,
        "status = 'waiting', lease = NULL, lease_until = NULL, queued_at = NULL, due_at = %(now)s, error = %(error)s,"
        " outcome = 'snooze'",
        {"now": now, "error": error},
    )


def rest(tx: Transaction, held: Held, status: Status, now: datetime, output: dict[str, Any]) -> None:
    """Leave it in this status without a word against it; it begins anew when it is reopened. Raises `LeaseLost`."""
    _change(
        tx,
        held,
        "status = %(status)s, lease = NULL, lease_until = NULL, queued_at = NULL, due_at = %(now)s, attempts = 0,"
        " error = NULL, outcome = CASE %(status)s WHEN 'done' THEN 'done' WHEN 'stopped' THEN 'stop' ELSE 'snooze' END,"
        " ended_at = CASE WHEN %(status)s IN ('done', 'stopped') THEN %(now)s END, output = %(output)s",
        {"status": status, "now": now, "output": Jsonb(output)},
    )


def end(
    tx: Transaction,
    held: Held,
    status: Literal["done", "stopped", "cancelled"],
    now: datetime,
    *,
    error: str | None = None,
    output: dict[str, Any] | None = None,
) -> None:
    """It is over. Raises `LeaseLost`."""
    _change(
        tx,
        held,
        "status = %(status)s, lease = NULL, lease_until = NULL, ended_at = %(now)s, error = %(error)s,"
        " output = coalesce(%(output)s, output), outcome = %(outcome)s",
        {
            "status": status,
            "now": now,
            "error": error,
            "output": None if output is None else Jsonb(output),
            "outcome": {"done": "done", "stopped": "stop", "cancelled": None}[status],
        },
    )


def _change(tx: Transaction, held: Held, changes: str, values: dict[str, Any]) -> None:
    changed = tx.execute(
        f"UPDATE steps SET {changes} WHERE id = %(id)s AND lease = %(lease)s".encode(),  # noqa: S608
        {**values, "id": held.id, "lease": held.lease},
    )
    _demand_one(changed.rowcount)


def _demand_one(changed_rows: int) -> None:
    if changed_rows != 1:
        raise LeaseLost


def take_due(tx: Transaction, now: datetime) -> list[Due]:
    """The due steps that no message of the last minute points at, now marked as queued, longest due first.

    Those of lines come before what is beside them, which they may take back. What is paused, or of a version that is
    not known here, is left out, so that it holds up nothing else.
    """
    rows = tx.execute(
        _TAKE_DUE.encode(),
        {
            "now": now,
            "stale": now - timedelta(seconds=REQUEUE_SECONDS),
            "limit": DUE_BATCH,
            "known": definitions.for_workers(),
        },
    ).fetchall()
    found = sorted(rows, key=lambda row: (row["position"] is None, row["due_at"]))
    return [due for row in found if (due := _due(row)) is not None]


def _due(row: dict[str, Any]) -> Due | None:
    try:
        task = definitions.step(row["kind"], row["version"], row["name"]).task
    except definitions.UnknownDefinition:
        return None
    return Due(row["id"] if row["position"] is None else row["workflow_id"], task)


def backoff_seconds(attempts: int, of: UUID) -> float:
    """2, 4, 8 ... at most a quarter of an hour, less a part that differs from step to step and attempt to attempt."""
    longest = min(1 << min(attempts, 10), LONGEST_BACKOFF_SECONDS)
    part = (of.int + 0x9E3779B97F4A7C15 * attempts) % 1_000 / 1_000
    return longest * (1 - part / JITTER)
