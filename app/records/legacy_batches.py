"""Batches: each file of a legacy import, where its import stands, and what it has come to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from app.database import Transaction

Status = Literal["reading", "checking", "checked", "applying", "applied", "rolling_back", "rolled_back"]
MOST_SHOWN = 200
_COLUMNS = (
    "id, source, digest, file_name, status, tables, left_out, workflow_id, worker, counts, checksum, asked_by,"
    " created_at, ended_at"
)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """One file. `tables`: kind of row -> its shape; `counts`: kind -> status -> rows, once something ended."""

    id: UUID
    source: str
    digest: bytes
    file_name: str
    status: Status
    tables: dict[str, dict[str, Any]]
    left_out: list[str]
    workflow_id: UUID | None
    worker: dict[str, Any] | None
    counts: dict[str, dict[str, int]]
    checksum: bytes | None
    asked_by: str
    created_at: datetime
    ended_at: datetime | None


def hold_all(tx: Transaction) -> None:
    """Wait until nobody else takes rows in or out; nobody does before this transaction ends."""
    tx.execute("SELECT pg_advisory_xact_lock(hashtext('mergegate.legacy'))")


def add(tx: Transaction, batch: Mapping[str, Any]) -> None:
    """A new batch, of which nothing was read yet: the columns `id`, `source` ... `created_at`, by their names."""
    tx.execute(
        "INSERT INTO legacy_batches (id, source, digest, file_name, tables, left_out, asked_by, created_at) VALUES"
        " (%(id)s, %(source)s, %(digest)s, %(file_name)s, %(tables)s, %(left_out)s, %(asked_by)s, %(created_at)s)",
        {**batch, "tables": Jsonb(batch["tables"]), "left_out": Jsonb(batch["left_out"])},
    )


def is_any_rolling_back(tx: Transaction) -> bool:
    """Whether a batch is being taken out, on whose rows nothing may be built meanwhile."""
    return tx.execute("SELECT 1 FROM legacy_batches WHERE status = 'rolling_back' LIMIT 1").fetchone() is not None


def of_file(tx: Transaction, source: str, digest: bytes) -> Batch | None:
    """The batch of this file that was not rolled back."""
    facts = {"source": source, "digest": digest}
    return _one(tx, "source = %(source)s AND digest = %(digest)s AND status <> 'rolled_back'", facts)


def get(tx: Transaction, batch_id: UUID) -> Batch | None:
    """By its id."""
    return _one(tx, "id = %(id)s", {"id": batch_id})


def beginning_with(tx: Transaction, begin: str) -> list[Batch]:
    """The batches whose id begins so, two at most."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM legacy_batches WHERE id::text LIKE %(begin)s || '%%' LIMIT 2",  # noqa: S608
        {"begin": begin},
    ).fetchall()
    return [_batch(row) for row in rows]


def newest(tx: Transaction) -> list[Batch]:
    """The newest `MOST_SHOWN`, newest first."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM legacy_batches ORDER BY created_at DESC, id LIMIT %(limit)s",  # noqa: S608
        {"limit": MOST_SHOWN},
    ).fetchall()
    return [_batch(row) for row in rows]


def _one(tx: Transaction, where: str, values: dict[str, Any]) -> Batch | None:
    row = tx.execute(f"SELECT {_COLUMNS} FROM legacy_batches WHERE {where}".encode(), values).fetchone()  # noqa: S608
    return _batch(row) if row else None


def _batch(row: dict[str, Any]) -> Batch:
    checksum = None if row["checksum"] is None else bytes(row["checksum"])
    return Batch(**{**row, "digest": bytes(row["digest"]), "checksum": checksum})


def work_on(tx: Transaction, batch_id: UUID, workflow_id: UUID) -> None:
    """Which workflow does what is left to do of it."""
    tx.execute(
        "UPDATE legacy_batches SET workflow_id = %(workflow)s WHERE id = %(id)s",
        {"id": batch_id, "workflow": workflow_id},
    )


def worked_on_by(tx: Transaction, batch_id: UUID, worker: Mapping[str, Any]) -> None:
    """Which process is at it."""
    tx.execute(
        "UPDATE legacy_batches SET worker = %(worker)s WHERE id = %(id)s", {"id": batch_id, "worker": Jsonb(worker)}
    )


def move(tx: Transaction, batch_id: UUID, status: Status) -> None:
    """Where it stands now."""
    tx.execute("UPDATE legacy_batches SET status = %(status)s WHERE id = %(id)s", {"id": batch_id, "status": status})


def read_on(tx: Transaction, batch_id: UUID, kind: str, rows: int) -> None:
    """How many rows of a table were read so far."""
    _say_of_table(tx, batch_id, kind, {"rows": rows})


def read_whole(tx: Transaction, batch_id: UUID, kind: str) -> None:
    """A table was read to its end."""
    _say_of_table(tx, batch_id, kind, {"is_read": True})


def _say_of_table(tx: Transaction, batch_id: UUID, kind: str, said: dict[str, Any]) -> None:
    tx.execute(
        "UPDATE legacy_batches SET tables = jsonb_set(tables, ARRAY[%(kind)s], tables->%(kind)s || %(said)s)"
        " WHERE id = %(id)s",
        {"id": batch_id, "kind": kind, "said": Jsonb(said)},
    )


def end(
    tx: Transaction,
    batch_id: UUID,
    status: Literal["checked", "applied", "rolled_back"],
    *,
    counts: Mapping[str, Mapping[str, int]],
    checksum: bytes | None,
    now: datetime,
) -> None:
    """What it has come to, for now."""
    tx.execute(
        "UPDATE legacy_batches SET status = %(status)s, counts = %(counts)s, checksum = %(checksum)s, worker = NULL,"
        " ended_at = %(now)s WHERE id = %(id)s",
        {"id": batch_id, "status": status, "counts": Jsonb(counts), "checksum": checksum, "now": now},
    )


@dataclass(frozen=True, kw_only=True)
class Progress:
    """The workflow of a batch: `status`, `current_step`; of the step that is worked on the lease and the process."""

    workflow_id: UUID
    status: str
    current_step: str
    lease_until: datetime | None
    worker: dict[str, Any] | None


def progress(tx: Transaction, batch_id: UUID) -> Progress | None:
    """How the workflow of a batch stands, its row held until the transaction ends; None where there is none."""
    row = tx.execute(
        f"{_PROGRESS} WHERE legacy_batches.id = %(id)s FOR UPDATE OF workflows", {"id": batch_id}
    ).fetchone()
    return Progress(**row) if row else None


def under_way(tx: Transaction) -> list[Progress]:
    """The batches that some process is at, or was when it ended."""
    return [Progress(**row) for row in tx.execute(f"{_PROGRESS} WHERE workflows.status = 'running'")]


_PROGRESS = (
    "SELECT workflow_id, workflows.status, current_step, worker, (SELECT lease_until FROM steps"
    " WHERE steps.workflow_id = workflows.id AND steps.status = 'running' AND position IS NOT NULL) AS lease_until"
    " FROM legacy_batches JOIN workflows ON workflows.id = workflow_id"
)


def lapse(tx: Transaction, workflow_id: UUID, before: datetime) -> None:
    """End the lease of a process that is gone."""
    tx.execute(
        "UPDATE steps SET lease_until = %(before)s WHERE workflow_id = %(id)s AND status = 'running'",
        {"id": workflow_id, "before": before},
    )
