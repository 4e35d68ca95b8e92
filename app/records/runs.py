"""Runs: workflows with the step of their line that a worker has in hand; a message only says "look at this row"."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from app import definitions, ledger
from app.database import Transaction
from app.definitions import Kind, Type
from app.handed import Asked, Handed
from app.records import causes, steps, write_steps
from app.records.steps import Due, Held, LeaseLost
from app.records.wanted import Wanted

__all__ = ["Kind", "LeaseLost", "Run", "Wanted"]

TELL_AFTER_ATTEMPTS = 8
NO_REPOSITORY = 0
"""The repository id of work that is about a whole installation."""
COLUMNS = "id, type, kind, version, subject, repository_id, full_name, installation_id, number, sha, branch, input"


@dataclass(frozen=True)
class Run:
    """A workflow whose line is in this worker's hands, at `step`; `step.attempts` counts this attempt."""

    id: UUID
    type: Type
    kind: Kind
    version: int
    subject: str
    repository_id: int
    full_name: str
    installation_id: int
    number: int | None
    sha: str | None
    branch: str | None
    input: dict[str, Any]
    step: Held

    @property
    def attempts(self) -> int:
        """How often its step was tried, this time included."""
        return self.step.attempts


def add(  # noqa: PLR0913 -- all that a workflow is made of, by name
    tx: Transaction,
    kind: Kind,
    *,
    run_id: UUID,
    subject: str,
    due_at: datetime,
    full_name: str = "",
    asked_by: str = ledger.BY_GATE,
    input: Asked | None = None,  # noqa: A002 -- what the column is called
    waits_for: str | None = None,
) -> None:
    """A new workflow that is a subject of its own, at the first step of the newest version of its kind.

    `input`: as its definition has it. `waits_for`: what it waits for until it is reopened; None where it is due.
    """
    definition = definitions.newest(kind)
    if type(input) is not (definition.input or type(None)):
        raise TypeError(f"A workflow {kind} is asked for with {definition.input}, not with {input!r}.")
    tx.execute(
        "INSERT INTO workflows (id, type, kind, version, subject, repository_id, full_name, installation_id,"
        " current_step, asked_by, input, status, created_at, updated_at)"
        " VALUES (%(id)s, %(type)s, %(kind)s, %(version)s, %(subject)s, %(none)s, %(name)s, 0, %(step)s, %(by)s,"
        " %(input)s, %(status)s, %(now)s, %(now)s)",
        {
            "id": run_id,
            "type": definition.type,
            "kind": kind,
            "version": definition.version,
            "subject": subject,
            "none": NO_REPOSITORY,
            "name": full_name,
            "step": definition.line[0].name,
            "by": asked_by,
            "input": Jsonb({} if input is None else input.document()),
            "status": "pending" if waits_for is None else "waiting",
            "now": due_at,
        },
    )
    steps.add(tx, run_id, definition.line[0].name, exclusive=subject, due_at=due_at, position=1, waits_for=waits_for)


def want(tx: Transaction, wanted: Wanted, due_at: datetime, slot_at: datetime | None = None) -> UUID:
    """The waiting run for this subject: a new one, or the one that waits already, then due no later than before.

    One that was put off keeps its time, which GitHub may have named. `slot_at`: see `app.records.slots`.
    """
    definition = definitions.newest(wanted.kind)
    row = tx.execute(
        "INSERT INTO workflows (id, type, kind, version, subject, repository_id, full_name, installation_id, number,"
        " sha, branch, input, current_step, slot_at) VALUES (%(id)s, %(type)s, %(kind)s, %(version)s, %(subject)s,"
        " %(repository_id)s, %(full_name)s, %(installation_id)s, %(number)s, %(sha)s, %(branch)s, %(input)s, %(step)s,"
        " %(slot)s)"
        " ON CONFLICT (kind, subject) WHERE status = 'pending' DO UPDATE SET full_name = EXCLUDED.full_name,"
        " installation_id = EXCLUDED.installation_id RETURNING id, xmax = 0 AS is_new",
        {
            **wanted.__dict__,
            "input": Jsonb(wanted.input.document()),
            "id": uuid4(),
            "type": definition.type,
            "version": definition.version,
            "subject": wanted.subject,
            "step": definition.line[0].name,
            "slot": slot_at,
        },
    ).fetchone()
    assert row is not None  # noqa: S101 -- an upsert always returns its row
    run_id: UUID = row["id"]
    if row["is_new"]:
        steps.add(tx, run_id, definition.line[0].name, exclusive=wanted.subject, due_at=due_at, position=1)
    else:
        tx.execute(
            "UPDATE steps SET due_at = CASE WHEN error IS NULL THEN least(due_at, %(due)s) ELSE due_at END,"
            " held_by = NULL WHERE workflow_id = %(id)s AND position IS NOT NULL AND status = 'pending'",
            {"id": run_id, "due": due_at},
        )
    return run_id


def ask(tx: Transaction, run_id: UUID, by: str) -> None:
    """Somebody asks for it: what would be done by itself is theirs, and what another one has asked for stays so."""
    tx.execute(
        "UPDATE workflows SET asked_by = %(by)s WHERE id = %(id)s AND asked_by = %(gate)s",
        {"id": run_id, "by": by, "gate": ledger.BY_GATE},
    )


def want_pull(tx: Transaction, cause: "Run", number: int, due_at: datetime) -> UUID:
    """The waiting evaluation of a pull request that another run has found, with what led to that run."""
    place = (cause.repository_id, cause.full_name, cause.installation_id)
    run_id = want(tx, Wanted("evaluate", *place, number=number), due_at)
    causes.inherit(tx, run_id, cause.id)
    return run_id


def waiting(tx: Transaction, wanted: Iterable[Wanted]) -> dict[str, UUID]:
    """The runs that wait already for the subjects of these wishes, by subject."""
    rows = tx.execute(
        "SELECT subject, id FROM workflows WHERE status = 'pending' AND subject = ANY(%(subjects)s)",
        {"subjects": [each.subject for each in wanted]},
    ).fetchall()
    return {row["subject"]: row["id"] for row in rows}


def claim(tx: Transaction, run_id: UUID, now: datetime, lease_seconds: int) -> Run | None:
    """Take a due run; None as `app.records.steps.claim_line` has it."""
    held = steps.claim_line(tx, run_id, now, lease_seconds)
    if held is None:
        return None
    row = tx.execute(f"SELECT {COLUMNS} FROM workflows WHERE id = %(id)s", {"id": run_id}).fetchone()  # noqa: S608
    return Run(**row, step=held) if row else None


def next_waiting(tx: Transaction, kind: str, subject: str) -> Due | None:
    """The run of a subject that waits to be worked on, also while another one is under way."""
    row = tx.execute(
        "SELECT id, kind, version, current_step FROM workflows WHERE kind = %(kind)s AND subject = %(subject)s"
        " AND status = 'pending'",
        {"kind": kind, "subject": subject},
    ).fetchone()
    if row is None:
        return None
    return Due(row["id"], definitions.step(row["kind"], row["version"], row["current_step"]).task)


def hold(tx: Transaction, run: Run) -> None:
    """Lock the run's rows, and only while they are ours: what is recorded now is not its end. Raises `LeaseLost`."""
    tx.execute("SELECT FROM workflows WHERE id = %(id)s FOR NO KEY UPDATE", {"id": run.id})
    steps.hold(tx, run.step)


def finish(tx: Transaction, run: Run, now: datetime, output: Handed) -> bool:
    """The step is done, and with it the run, unless its line goes on (True): then the next one is due at once.

    The run is blocked where a write of it needs a person. `output`: as the definition of the step has it.

    Raises `LeaseLost`.
    """
    following = definitions.after(run.kind, run.version, run.step.name)
    handed = definitions.handed_on(run.kind, run.version, run.step.name, output)
    hold(tx, run)
    if following is None:
        _leave(tx, run, "blocked" if write_steps.is_blocked(tx, run.id) else "succeeded", now)
        steps.end(tx, run.step, "done", now, output=handed)
        return False
    steps.end(tx, run.step, "done", now, output=handed)
    row = tx.execute(
        "UPDATE workflows SET status = 'pending', current_step = %(next)s, updated_at = %(now)s WHERE id = %(id)s"
        " RETURNING (SELECT position + 1 FROM steps WHERE id = %(step)s) AS place",
        {"id": run.id, "next": following.name, "now": now, "step": run.step.id},
    ).fetchone()
    place = row["place"] if row else 1
    steps.add(tx, run.id, following.name, exclusive=run.subject, due_at=now, position=place, input=output)
    return True


def block(tx: Transaction, run: Run, error: str, now: datetime) -> None:
    """Stop: a person must look, and `error` says at what. Raises `LeaseLost`."""
    _leave(tx, run, "blocked", now)
    steps.end(tx, run.step, "stopped", now, error=error)


def fail(tx: Transaction, run: Run, error: str, now: datetime) -> None:
    """It has come to no end of its own, and is not tried again. Raises `LeaseLost`."""
    _leave(tx, run, "failed", now)
    steps.end(tx, run.step, "stopped", now, error=error)


def snooze(tx: Transaction, run: Run, due_at: datetime, error: str, *, now: datetime) -> None:
    """Put it off without counting an attempt. Raises `LeaseLost`."""
    _put_back(tx, run, due_at, error, outcome="snooze", now=now)


def retry(tx: Transaction, run: Run, due_at: datetime, error: str, *, now: datetime) -> None:
    """Put it off after a failed attempt. Raises `LeaseLost`."""
    _put_back(tx, run, due_at, error, outcome="retry", now=now)


def _put_back(
    tx: Transaction, run: Run, due_at: datetime, error: str, *, outcome: Literal["snooze", "retry"], now: datetime
) -> None:
    """Let the run wait again; where another one waits already, fold it into that."""
    try:
        with tx.transaction():
            tx.execute(
                "UPDATE workflows SET status = 'pending', updated_at = %(now)s WHERE id = %(id)s",
                {"id": run.id, "now": now},
            )
            if outcome == "retry":
                steps.retry(tx, run.step, due_at, error, now)
            else:
                steps.snooze(tx, run.step, due_at, error)
    except UniqueViolation:  # workflows_one_pending
        attempts = run.attempts if outcome == "retry" else run.attempts - 1
        _fold(tx, run, due_at, error, attempts=attempts)  # first: whoever claims that one waits for the end of this
        _leave(tx, run, "cancelled", now)
        steps.end(tx, run.step, "cancelled", now, error=error)


def _fold(tx: Transaction, run: Run, due_at: datetime, error: str, *, attempts: int) -> None:
    """Hand what this run knows to the one that waits: what led to it, its attempts, and not to start before."""
    row = tx.execute(
        "WITH other AS (SELECT id FROM workflows WHERE kind = %(kind)s AND subject = %(subject)s"
        " AND status = 'pending' FOR NO KEY UPDATE)"
        " UPDATE steps SET attempts = greatest(attempts, %(attempts)s), due_at = greatest(due_at, %(due)s),"
        " error = %(error)s FROM other WHERE workflow_id = other.id AND position IS NOT NULL AND status = 'pending'"
        " RETURNING other.id",
        {"kind": run.kind, "subject": run.subject, "attempts": attempts, "due": due_at, "error": error},
    ).fetchone()
    if row:
        causes.inherit(tx, row["id"], run.id)
        ask(tx, row["id"], _asked_by(tx, run))


def _asked_by(tx: Transaction, run: Run) -> str:
    row = tx.execute("SELECT asked_by FROM workflows WHERE id = %(id)s", {"id": run.id}).fetchone()
    return row["asked_by"] if row else ledger.BY_GATE


def _leave(
    tx: Transaction, run: Run, status: Literal["succeeded", "blocked", "failed", "cancelled"], now: datetime
) -> None:
    tx.execute(
        "UPDATE workflows SET status = %(status)s, finished_at = %(now)s, updated_at = %(now)s WHERE id = %(id)s",
        {"id": run.id, "status": status, "now": now},
    )


def cancel(tx: Transaction, run_id: UUID, now: datetime) -> bool:
    """Have the run done no more, also by a worker that is at it; False where it was over."""
    row = tx.execute(
        "WITH line AS (SELECT id FROM workflows WHERE id = %(id)s"
        " AND status IN ('pending', 'waiting', 'running', 'blocked') FOR NO KEY UPDATE),"
        " gone AS (UPDATE steps SET status = 'cancelled', lease = NULL, lease_until = NULL, ended_at = %(now)s,"
        " outcome = NULL FROM line WHERE workflow_id = line.id AND position IS NOT NULL"
        " AND status IN ('pending', 'waiting', 'running', 'stopped'))"
        " UPDATE workflows SET status = 'cancelled', finished_at = %(now)s, updated_at = %(now)s FROM line"
        " WHERE workflows.id = line.id RETURNING workflows.id",
        {"id": run_id, "now": now},
    ).fetchone()
    return row is not None
