"""What each run of the API is bound to: repository, branches, head and epoch; the run itself is a row of `runs`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID, uuid4

from psycopg.errors import UniqueViolation
from psycopg.types.json import Jsonb

from app import cursors
from app.cursors import Mark, Part
from app.database import Transaction
from app.handed import AskedHandoff, Planned
from app.records import approval_requests, intents, resting, run_intents, runs, write_steps
from app.records.intents import Claimed
from app.records.runs import Run
from policies.decision import Blocker
from policies.standing import Place

_COLUMNS = (
    "run_id, remote, base_ref, head_ref, head_sha, epoch, proposed_by, bindings.number, is_open, blockers, woken,"
    " opened_at, runs.status, runs.repository_id, runs.installation_id, runs.error, runs.finished_at"
)


Rest = Literal["waiting", "succeeded", "blocked"]
"""How a run rests: for somebody to do something, with all that it wished for, or with something in its own way."""


@dataclass(frozen=True)
class Binding:
    """A run of the API. `head_sha` is None until a head is known; `number`: its pull request.

    `repository_id` and `installation_id` are 0 until they were looked up. `woken`: see `rest`.
    """

    run_id: UUID
    remote: str
    base_ref: str
    head_ref: str
    head_sha: str | None
    epoch: int
    proposed_by: str
    number: int | None
    is_open: bool
    blockers: list[dict[str, str]]
    woken: int
    opened_at: datetime
    status: str
    repository_id: int
    installation_id: int
    error: str | None
    finished_at: datetime | None

    @property
    def place(self) -> Place:
        """Where its writes have to go."""
        return Place(remote=self.remote, base=self.base_ref, head=self.head_ref, head_sha=self.head_sha)

    @property
    def subject(self) -> str:
        """What audit entries about it name."""
        return f"run:{self.run_id}"


def add(
    tx: Transaction, *, remote: str, base: str, head: str, head_sha: str | None, proposed_by: str, now: datetime
) -> UUID | None:
    """A new open run; None where another one works on that branch."""
    run_id = uuid4()
    facts = {"id": run_id, "remote": remote, "base": base, "head": head}
    try:
        with tx.transaction():
            runs.add(
                tx,
                "work",
                run_id=run_id,
                subject=f"work:{run_id}",
                due_at=now,
                full_name=remote,
                asked_by=proposed_by,
                input=AskedHandoff(remote=remote, base=base, head=head, head_sha=head_sha),
            )
            tx.execute(
                "INSERT INTO bindings (run_id, remote, base_ref, head_ref, head_sha, proposed_by, opened_at)"
                " VALUES (%(id)s, %(remote)s, %(base)s, %(head)s, %(sha)s, %(by)s, %(now)s)",
                {**facts, "sha": head_sha, "by": proposed_by, "now": now},
            )
    except UniqueViolation:  # bindings_one_open
        return None
    return run_id


def get(tx: Transaction, run_id: UUID) -> Binding | None:
    """A run of the API; None where there is no such one."""
    return _one(tx, "run_id = %(id)s", {"id": run_id})


def hold(tx: Transaction, run_id: UUID) -> Binding | None:
    """The same, and nobody changes it until the transaction ends."""
    tx.execute("SELECT FROM bindings WHERE run_id = %(id)s FOR UPDATE", {"id": run_id})
    return get(tx, run_id)


def hold_write(tx: Transaction, claimed: Claimed) -> Binding | None:
    """Lock a write in our hands, and before it the workflow that asks for it, and before that its run of the API.

    Raises `LeaseLost`.
    """
    binding = hold(tx, UUID(claimed.intent.run_id)) if claimed.intent.epoch is not None else None
    write_steps.lock_workflows(tx, [claimed.step.workflow_id])
    intents.hold(tx, claimed)
    return binding


def open_on(tx: Transaction, remote: str, head: str) -> Binding | None:
    """The open run that works on a branch."""
    return _one(
        tx, "lower(remote) = lower(%(remote)s) AND head_ref = %(head)s AND is_open", {"remote": remote, "head": head}
    )


def page(tx: Transaction, *, after: Mark, limit: int) -> Part[Binding]:
    """Runs of the API, newest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM bindings JOIN runs ON runs.id = run_id"  # noqa: S608
        " WHERE (opened_at, run_id) < (%(at)s, %(id)s) ORDER BY opened_at DESC, run_id DESC LIMIT %(most)s",
        {**after.key(), "most": limit + 1},
    ).fetchall()
    return cursors.part([Binding(**row) for row in rows], limit, lambda one: Mark(one.opened_at, one.run_id))


def next_epoch(tx: Transaction, run_id: UUID, head_sha: str | None, now: datetime) -> None:
    """A new head or a new attempt: what was wished for before is put aside, and evidence of before is stale."""
    row = tx.execute(
        "UPDATE bindings SET epoch = epoch + 1, head_sha = %(sha)s, blockers = '[]' WHERE run_id = %(id)s"
        " RETURNING epoch",
        {"id": run_id, "sha": head_sha},
    ).fetchone()
    if row is not None:
        run_intents.put_aside_before(tx, run_id, row["epoch"], now)
        approval_requests.withdraw(tx, run_id, now)


def set_head(tx: Transaction, run_id: UUID, head_sha: str) -> None:
    """The head of the present epoch has become known."""
    tx.execute(
        "UPDATE bindings SET head_sha = %(sha)s WHERE run_id = %(id)s AND head_sha IS NULL",
        {"id": run_id, "sha": head_sha},
    )


def set_number(tx: Transaction, run_id: UUID, number: int) -> None:
    """The run's pull request is there."""
    tx.execute(
        "WITH known AS (UPDATE bindings SET number = %(number)s WHERE run_id = %(id)s)"
        " UPDATE workflows SET number = %(number)s WHERE id = %(id)s",
        {"id": run_id, "number": number},
    )


def set_place(tx: Transaction, run_id: UUID, repository_id: int, installation_id: int) -> None:
    """The repository was looked up."""
    tx.execute(
        "UPDATE workflows SET repository_id = %(repository)s, installation_id = %(installation)s WHERE id = %(id)s",
        {"id": run_id, "repository": repository_id, "installation": installation_id},
    )


def set_blockers(tx: Transaction, run_id: UUID, blockers: Sequence[Blocker]) -> None:
    """What stands against the run itself, before any write of it is decided; none clears them."""
    found = Jsonb([blocker.model_dump() for blocker in blockers])
    tx.execute("UPDATE bindings SET blockers = %(found)s WHERE run_id = %(id)s", {"id": run_id, "found": found})


def close(tx: Transaction, run_id: UUID) -> None:
    """It asks for no more writes."""
    tx.execute("UPDATE bindings SET is_open = false WHERE run_id = %(id)s", {"id": run_id})


def close_of_pull(tx: Transaction, repository_id: int, number: int, now: datetime) -> None:
    """A pull request is closed: its run asks for no more writes, and leaves the branch to another."""
    rows = tx.execute(
        "SELECT run_id, epoch FROM bindings JOIN runs ON runs.id = run_id WHERE is_open"
        " AND runs.repository_id = %(repository)s AND bindings.number = %(number)s ORDER BY run_id"
        " FOR UPDATE OF bindings",
        {"repository": repository_id, "number": number},
    ).fetchall()
    for row in rows:
        run_intents.put_aside_before(tx, row["run_id"], row["epoch"] + 1, now)
        cancel(tx, row["run_id"], now)


def cancel(tx: Transaction, run_id: UUID, now: datetime) -> None:
    """It asks for no more writes, whatever was wished for; a worker that is at it loses it."""
    close(tx, run_id)
    runs.cancel(tx, run_id, now)
    approval_requests.withdraw(tx, run_id, now)


def wake(tx: Transaction, run_id: UUID, now: datetime) -> None:
    """There is a reason to look at the run again, also where a worker is at it now."""
    tx.execute("UPDATE bindings SET woken = woken + 1 WHERE run_id = %(id)s", {"id": run_id})
    resting.reopen(tx, run_id, now, kind="work", resting=("waiting", "blocked", "pending", "succeeded"))


def tell(tx: Transaction, claimed: Claimed, now: datetime) -> None:
    """What became of a write wakes the run that asks for it, if it concerns that; `hold_write` comes before."""
    if claimed.intent.epoch is not None and run_intents.concerns_run(tx, claimed.id):
        wake(tx, UUID(claimed.intent.run_id), now)


def rest(tx: Transaction, run: Run, *, woken: int, ended: Rest, planned: Planned, now: datetime) -> bool:
    """Nothing to do until the run is woken; False, and due at once, where it was since `woken` was read.

    Raises `LeaseLost`.
    """
    runs.hold(tx, run)
    row = tx.execute("SELECT woken FROM bindings WHERE run_id = %(id)s", {"id": run.id}).fetchone()
    is_resting = row is not None and row["woken"] == woken
    resting.rest(tx, run, ended if is_resting else "pending", now, planned)
    return is_resting


def _one(tx: Transaction, which: str, facts: dict[str, Any]) -> Binding | None:
    row = tx.execute(
        f"SELECT {_COLUMNS} FROM bindings JOIN runs ON runs.id = run_id WHERE {which}",  # noqa: S608
        facts,
    ).fetchone()
    return Binding(**row) if row else None
