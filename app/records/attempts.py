"""Attempts: the requests of the merger, each a row before it leaves, and with its end once that is known.

INTENT (an unspent permit) -> SENT (a spent one) -> SUCCEEDED | FAILED, or IN_DOUBT until reading GitHub settles it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from app.database import Transaction
from app.records.runs import LeaseLost

Kind = Literal["merge", "update_branch", "enqueue", "branch_delete"]
State = Literal["INTENT", "SENT", "SUCCEEDED", "FAILED", "IN_DOUBT"]
PERMIT_SECONDS = 60
MOST_DOUBTS = 200
_COLUMNS = (
    "id, kind, repository_id, full_name, installation_id, number, base_ref, head_sha, run_id, request_id, state,"
    " method, request, evidence, response, merge_sha, detail, sent_at, in_doubt_at, recorded_at, audit_seq"
)
_OPEN = "kind IN ('merge', 'enqueue', 'update_branch') AND state IN ('INTENT', 'SENT', 'IN_DOUBT')"


@dataclass(frozen=True, kw_only=True)
class Intended:
    """What an attempt is recorded with. `request`: method, path and body as sent; `evidence`: ids and digests of what
    was judged.
    """

    kind: Kind
    repository_id: int
    full_name: str
    installation_id: int
    number: int
    base_ref: str
    head_sha: str
    run_id: UUID | None
    request_id: str
    method: str | None
    request: dict[str, Any]
    evidence: dict[str, Any]
    audit_seq: int | None


@dataclass(frozen=True, kw_only=True)
class Attempt(Intended):
    """One request, as it stands. `response`: status and message, None while none is known.

    `in_doubt_at`: since when its end is not known.
    """

    id: UUID
    state: State
    response: dict[str, Any] | None
    merge_sha: str | None
    detail: str | None
    sent_at: datetime | None
    in_doubt_at: datetime | None
    recorded_at: datetime

    @property
    def subject(self) -> str:
        """What the audit calls its pull request."""
        return f"pull:{self.repository_id}#{self.number}"


def intend(tx: Transaction, intended: Intended, now: datetime, by: str) -> UUID | None:
    """Record an attempt that may leave within `PERMIT_SECONDS`; None where one for this head is open or succeeded.

    Belongs into the transaction that records the decision and its audit entry.
    """
    attempt_id = uuid4()
    values = {
        **intended.__dict__,
        "id": attempt_id,
        "request": Jsonb(intended.request),
        "evidence": Jsonb(intended.evidence),
        "history": Jsonb([_step("INTENT", by, now)]),
        "now": now,
        "expires": now + timedelta(seconds=PERMIT_SECONDS),
    }
    try:
        with tx.transaction():
            tx.execute(
                "INSERT INTO merge_attempts (id, kind, repository_id, full_name, installation_id, number, base_ref,"
                " head_sha, run_id, request_id, state, method, request, evidence, history, expires_at, recorded_at,"
                " audit_seq) VALUES (%(id)s, %(kind)s, %(repository_id)s, %(full_name)s, %(installation_id)s,"
                " %(number)s, %(base_ref)s, %(head_sha)s, %(run_id)s, %(request_id)s, 'INTENT', %(method)s,"
                " %(request)s, %(evidence)s, %(history)s, %(expires)s, %(now)s, %(audit_seq)s)",
                values,
            )
    except UniqueViolation:  # merge_attempts_one
        return None
    return attempt_id


def get(tx: Transaction, attempt_id: UUID) -> Attempt | None:
    """One attempt."""
    row = tx.execute(
        f"SELECT {_COLUMNS} FROM merge_attempts WHERE id = %(id)s",  # noqa: S608 -- constant column names
        {"id": attempt_id},
    ).fetchone()
    return Attempt(**row) if row else None


def open_of(tx: Transaction, repository_id: int, number: int) -> list[Attempt]:
    """The merges, queue entries and updates of a pull request whose end is not known, oldest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM merge_attempts WHERE repository_id = %(repository)s AND number = %(number)s"  # noqa: S608
        f" AND {_OPEN} ORDER BY seq",
        {"repository": repository_id, "number": number},
    ).fetchall()
    return [Attempt(**row) for row in rows]


def open_of_run(tx: Transaction, run_id: UUID) -> list[Attempt]:
    """Those that a run has left open itself, oldest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM merge_attempts WHERE run_id = %(run)s AND {_OPEN} ORDER BY seq",  # noqa: S608
        {"run": run_id},
    ).fetchall()
    return [Attempt(**row) for row in rows]


def succeeded_of(tx: Transaction, repository_id: int, number: int) -> list[Attempt]:
    """The merges and queue entries of a pull request that GitHub took, oldest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM merge_attempts WHERE repository_id = %(repository)s AND number = %(number)s"  # noqa: S608
        " AND kind IN ('merge', 'enqueue') AND state = 'SUCCEEDED' ORDER BY seq",
        {"repository": repository_id, "number": number},
    ).fetchall()
    return [Attempt(**row) for row in rows]


def is_of_another_run(tx: Transaction, attempt: Attempt, run_id: UUID, now: datetime) -> bool:
    """Whether another run has made it that is under way or comes back: that run finds out what came of it.

    One whose worker was not heard of in time may never come back, so whoever comes by finds out.
    """
    row = tx.execute(
        "SELECT 1 AS found FROM step_runs JOIN runs ON runs.id = run_id WHERE run_id = %(of)s AND run_id <> %(own)s"
        " AND ending IS NULL AND (status <> 'running' OR lease_until >= %(now)s)",
        {"of": attempt.run_id, "own": run_id, "now": now},
    ).fetchone()
    return row is not None


def has_its_run(tx: Transaction, attempt: Attempt) -> bool:
    """Whether the run that has made it is still under way, or comes back."""
    row = tx.execute(
        "SELECT 1 AS found FROM step_runs WHERE run_id = %(of)s AND ending IS NULL", {"of": attempt.run_id}
    ).fetchone()
    return row is not None


def has_updated(tx: Transaction, repository_id: int, number: int, head_sha: str) -> bool:
    """Whether GitHub has taken it on to bring this head up to date, which it does when it comes to it."""
    row = tx.execute(
        "SELECT 1 AS found FROM merge_attempts WHERE kind = 'update_branch' AND state = 'SUCCEEDED'"
        " AND repository_id = %(repository)s AND number = %(number)s AND head_sha = %(head)s",
        {"repository": repository_id, "number": number, "head": head_sha},
    ).fetchone()
    return row is not None


def doubt(tx: Transaction, attempt: Attempt, now: datetime, by: str, response: dict[str, Any] | None = None) -> None:
    """The request was or may have been sent, and its end is not known. Raises `LeaseLost` where it is settled."""
    values = {"response": Jsonb(response) if response else None, "now": now}
    assigned = "response = coalesce(%(response)s, response), in_doubt_at = %(now)s"
    _move(tx, attempt.id, ("SENT",), "IN_DOUBT", by, now, assigned, values)


def heard(tx: Transaction, attempt: Attempt, response: dict[str, Any] | None) -> None:
    """Keep what GitHub answered to a request whose end is still to be verified."""
    tx.execute(
        "UPDATE merge_attempts SET response = coalesce(%(response)s, response) WHERE id = %(id)s",
        {"id": attempt.id, "response": Jsonb(response) if response else None},
    )


def succeed(
    tx: Transaction, attempt: Attempt, now: datetime, by: str, *, merge_sha: str | None, response: dict[str, Any] | None
) -> None:
    """GitHub took it. Raises `LeaseLost` where it was settled meanwhile."""
    values = {"sha": merge_sha, "response": Jsonb(response) if response else None, "now": now}
    assigned = "merge_sha = %(sha)s, response = coalesce(%(response)s, response), settled_at = %(now)s"
    _move(tx, attempt.id, ("SENT", "IN_DOUBT"), "SUCCEEDED", by, now, assigned, values)


def fail(
    tx: Transaction, attempt: Attempt, now: datetime, by: str, *, detail: str, response: dict[str, Any] | None = None
) -> None:
    """Nothing came of it, or a person must look; `detail` says why. Raises `LeaseLost` where it was settled."""
    values = {"detail": detail, "response": Jsonb(response) if response else None, "now": now}
    assigned = "detail = %(detail)s, response = coalesce(%(response)s, response), settled_at = %(now)s"
    _move(tx, attempt.id, ("INTENT", "SENT", "IN_DOUBT"), "FAILED", by, now, assigned, values)


def doubts(tx: Transaction) -> list[Attempt]:
    """The newest merges that nobody knows the end of, oldest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM merge_attempts WHERE kind = 'merge' AND state = 'IN_DOUBT'"  # noqa: S608
        " ORDER BY seq DESC LIMIT %(most)s",
        {"most": MOST_DOUBTS},
    ).fetchall()
    return [Attempt(**row) for row in reversed(rows)]


def give_up(tx: Transaction, attempt: Attempt, now: datetime, by: str) -> bool:
    """A person has seen that nothing came of it; False where it is in no doubt, or its run still finds out."""
    changed = tx.execute(
        "UPDATE merge_attempts SET state = 'FAILED', detail = 'GIVEN_UP', settled_at = %(now)s,"
        " history = history || %(step)s WHERE id = %(id)s AND state = 'IN_DOUBT' AND NOT EXISTS"
        " (SELECT 1 FROM step_runs WHERE step_runs.run_id = merge_attempts.run_id AND ending IS NULL)",
        {"id": attempt.id, "now": now, "step": Jsonb([_step("FAILED", by, now)])},
    )
    return changed.rowcount == 1


def give_up_unsent(tx: Transaction, run_id: UUID, now: datetime, by: str) -> None:
    """A run is cancelled: what it has decided on and not sent never is."""
    tx.execute(
        "UPDATE merge_attempts SET state = 'FAILED', detail = 'CANCELLED', settled_at = %(now)s,"
        " history = history || %(step)s WHERE run_id = %(run)s AND state = 'INTENT'",
        {"run": run_id, "now": now, "step": Jsonb([_step("FAILED", by, now)])},
    )


def leave_queue(tx: Transaction, attempt: Attempt, now: datetime, by: str) -> None:
    """GitHub has taken an entry out of its queue again. Raises `LeaseLost` where that is recorded."""
    values = {"detail": "DEQUEUED", "now": now}
    assigned = "detail = %(detail)s, settled_at = %(now)s"
    _move(tx, attempt.id, ("SUCCEEDED",), "FAILED", by, now, assigned, values)


def open_deletions(tx: Transaction, repository_id: int, number: int) -> list[Attempt]:
    """The deletions of a pull request's branch whose end is not known."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM merge_attempts WHERE repository_id = %(repository)s AND number = %(number)s"  # noqa: S608
        " AND kind = 'branch_delete' AND state IN ('INTENT', 'SENT', 'IN_DOUBT') ORDER BY seq",
        {"repository": repository_id, "number": number},
    ).fetchall()
    return [Attempt(**row) for row in rows]


def set_merge_sha(tx: Transaction, attempt: Attempt, merge_sha: str) -> bool:
    """What GitHub's queue has merged an entry as; False where that is known already."""
    changed = tx.execute(
        "UPDATE merge_attempts SET merge_sha = %(sha)s WHERE id = %(id)s AND merge_sha IS NULL",
        {"id": attempt.id, "sha": merge_sha},
    )
    return changed.rowcount == 1


def add_reading(tx: Transaction, attempt: Attempt, reading: dict[str, Any]) -> None:
    """Keep what was read to settle it."""
    tx.execute(
        "UPDATE merge_attempts SET reads = reads || %(reading)s WHERE id = %(id)s",
        {"id": attempt.id, "reading": Jsonb([reading])},
    )


def _move(
    tx: Transaction,
    attempt_id: UUID,
    states: tuple[State, ...],
    state: State,
    by: str,
    now: datetime,
    assigned: str,
    values: dict[str, Any],
) -> None:
    changed = tx.execute(
        f"UPDATE merge_attempts SET state = %(state)s, history = history || %(step)s, {assigned}"  # noqa: S608
        " WHERE id = %(id)s AND state = ANY(%(states)s)",
        {**values, "id": attempt_id, "state": state, "states": list(states), "step": Jsonb([_step(state, by, now)])},
    )
    if changed.rowcount != 1:
        raise LeaseLost


def _step(state: State, by: str, now: datetime) -> dict[str, str]:
    return {"state": state, "by": by, "at": now.isoformat()}
