"""Rows of a legacy import: as they were read, what was found out about each, and what became of it."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from app.database import Transaction

Status = Literal["staged", "ready", "imported", "unchanged", "kept_ours", "quarantined"]
BATCH_ROWS = 1_000
_READ_COLUMNS = (
    "batch_id, source_table, ordinal, source_key, target_id, parent_id, place, raw, digest, read_digest, status"
)
_COLUMNS = "source_table, ordinal, source_key, target_id, parent_id, place, raw, digest, read_digest, status, mapped"


@dataclass(frozen=True, kw_only=True)
class Staged:
    """One row of a file. `source_key`, `target_id`: None where the row has no key that can be read."""

    source_table: str
    ordinal: int
    source_key: str | None
    target_id: UUID | None
    parent_id: UUID | None
    place: int | None
    raw: dict[str, Any]
    digest: bytes
    read_digest: bytes
    status: Status = "staged"
    mapped: dict[str, Any] | None = None

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.source_table}:{self.ordinal}"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What was found out about a row; `reason` and `sentence` of a quarantined one, `mapped` of a ready one."""

    ordinal: int
    status: Status
    reason: str | None = None
    sentence: str | None = None
    mapped: dict[str, Any] | None = None


def add(tx: Transaction, batch_id: UUID, rows: Iterable[Staged]) -> None:
    """New rows, as they were read."""
    with (
        tx.cursor() as cursor,
        cursor.copy(f"COPY legacy_rows ({_READ_COLUMNS}) FROM STDIN".encode()) as copy,
    ):
        for row in rows:
            place = (row.source_table, row.ordinal, row.source_key, row.target_id, row.parent_id, row.place)
            copy.write_row((batch_id, *place, Jsonb(row.raw), row.digest, row.read_digest, row.status))


def analyze(tx: Transaction) -> None:
    """Have PostgreSQL know what was added, before its plans are those of an empty table."""
    tx.execute("ANALYZE legacy_rows")


def page(tx: Transaction, batch_id: UUID, table: str, *, after: int, status: Status) -> list[Staged]:
    """The next rows of a table with this status, by their place there, `BATCH_ROWS` at most."""
    rows = tx.execute(
        f"SELECT {_COLUMNS} FROM legacy_rows WHERE batch_id = %(batch)s AND source_table = %(table)s"  # noqa: S608
        " AND ordinal > %(after)s AND status = %(status)s ORDER BY ordinal LIMIT %(limit)s",
        {"batch": batch_id, "table": table, "after": after, "status": status, "limit": BATCH_ROWS},
    ).fetchall()
    return [_staged(row) for row in rows]


def get(tx: Transaction, batch_id: UUID, table: str, ordinal: int) -> Staged | None:
    """One row, held until the transaction ends."""
    row = tx.execute(
        f"SELECT {_COLUMNS} FROM legacy_rows WHERE batch_id = %(batch)s AND source_table = %(table)s"  # noqa: S608
        " AND ordinal = %(ordinal)s FOR UPDATE",
        {"batch": batch_id, "table": table, "ordinal": ordinal},
    ).fetchone()
    return _staged(row) if row else None


def _staged(row: dict[str, Any]) -> Staged:
    return Staged(**{**row, "digest": bytes(row["digest"]), "read_digest": bytes(row["read_digest"])})


def judge(tx: Transaction, batch_id: UUID, table: str, verdicts: Sequence[Verdict]) -> None:
    """Keep what was found out."""
    tx.execute(
        "UPDATE legacy_rows SET status = found.status, reason = found.reason, sentence = found.sentence,"
        " mapped = nullif(found.mapped, 'null') FROM jsonb_to_recordset(%(verdicts)s) AS found"
        " (ordinal bigint, status text, reason text, sentence text, mapped jsonb)"
        " WHERE batch_id = %(batch)s AND source_table = %(table)s AND legacy_rows.ordinal = found.ordinal",
        {"verdicts": Jsonb([each.__dict__ for each in verdicts]), "batch": batch_id, "table": table},
    )


def mend(tx: Transaction, batch_id: UUID, row: Staged) -> None:
    """Keep a row as somebody has mended it, to be checked anew."""
    tx.execute(
        "UPDATE legacy_rows SET status = 'staged', reason = NULL, sentence = NULL, source_key = %(source_key)s,"
        " target_id = %(target_id)s, parent_id = %(parent_id)s, place = %(place)s, raw = %(raw)s, digest = %(digest)s"
        " WHERE batch_id = %(batch)s AND source_table = %(source_table)s AND ordinal = %(ordinal)s",
        {**row.__dict__, "raw": Jsonb(row.raw), "batch": batch_id},
    )


def stage_again(tx: Transaction, batch_id: UUID) -> int:
    """Have what is in quarantine checked anew; how many rows."""
    return tx.execute(
        "UPDATE legacy_rows SET status = 'staged' WHERE batch_id = %(batch)s AND status = 'quarantined'",
        {"batch": batch_id},
    ).rowcount


def is_left(tx: Transaction, batch_id: UUID, statuses: Sequence[Status]) -> bool:
    """Whether any row has one of these statuses."""
    row = tx.execute(
        "SELECT 1 FROM legacy_rows WHERE batch_id = %(batch)s AND status = ANY(%(statuses)s) LIMIT 1",
        {"batch": batch_id, "statuses": list(statuses)},
    ).fetchone()
    return row is not None


def counts(tx: Transaction, batch_id: UUID) -> dict[str, dict[str, int]]:
    """Table -> status -> rows."""
    found: dict[str, dict[str, int]] = {}
    for row in tx.execute(
        "SELECT source_table, status, count(*) AS rows FROM legacy_rows WHERE batch_id = %(batch)s"
        " GROUP BY source_table, status ORDER BY source_table, status",
        {"batch": batch_id},
    ):
        found.setdefault(row["source_table"], {})[row["status"]] = row["rows"]
    return found


def reasons(tx: Transaction, batch_id: UUID) -> dict[str, int]:
    """Code -> rows in quarantine."""
    rows = tx.execute(
        "SELECT reason, count(*) AS rows FROM legacy_rows WHERE batch_id = %(batch)s AND status = 'quarantined'"
        " GROUP BY reason ORDER BY reason",
        {"batch": batch_id},
    )
    return {row["reason"]: row["rows"] for row in rows}


def quarantined(
    tx: Transaction, batch_id: UUID, table: str, after: int, limit: int = BATCH_ROWS
) -> list[dict[str, Any]]:
    """The next rows of a table in quarantine: `source_table`, `ordinal`, `source_key`, `reason`, `sentence`, `raw`."""
    return tx.execute(
        "SELECT source_table, ordinal, source_key, reason, sentence, raw FROM legacy_rows WHERE batch_id = %(batch)s"
        " AND source_table = %(table)s AND ordinal > %(after)s AND status = 'quarantined'"
        " ORDER BY ordinal LIMIT %(limit)s",
        {"batch": batch_id, "table": table, "after": after, "limit": limit},
    ).fetchall()


def checksum(
    tx: Transaction, batch_id: UUID, status: Literal["imported", "quarantined"], tables: Sequence[str]
) -> bytes:
    """SHA-256 over the digests of the rows with this status, in the order of the file."""
    found = hashlib.sha256()
    for table in tables:
        for digest in _digests(tx, batch_id, table, status):
            found.update(digest)
    return found.digest()


def _digests(tx: Transaction, batch_id: UUID, table: str, status: str) -> Iterator[bytes]:
    after = 0
    while True:
        rows = tx.execute(
            "SELECT ordinal, digest FROM legacy_rows WHERE batch_id = %(batch)s AND source_table = %(table)s"
            " AND ordinal > %(after)s AND status = %(status)s ORDER BY ordinal LIMIT %(limit)s",
            {"batch": batch_id, "table": table, "after": after, "status": status, "limit": 10 * BATCH_ROWS},
        ).fetchall()
        if not rows:
            return
        yield from (bytes(row["digest"]) for row in rows)
        after = rows[-1]["ordinal"]


def leave(tx: Transaction, batch_id: UUID, row: Staged) -> None:
    """Delete one row of a batch that is taken out."""
    tx.execute(
        "DELETE FROM legacy_rows WHERE batch_id = %(batch)s AND source_table = %(table)s AND ordinal = %(ordinal)s",
        {"batch": batch_id, "table": row.source_table, "ordinal": row.ordinal},
    )


def forget(tx: Transaction, batch_id: UUID) -> int:
    """Delete rows of a batch that was taken out, `BATCH_ROWS` at most; how many."""
    return tx.execute(
        "DELETE FROM legacy_rows WHERE (batch_id, source_table, ordinal) IN (SELECT batch_id, source_table, ordinal"
        " FROM legacy_rows WHERE batch_id = %(batch)s AND status <> 'imported' LIMIT %(limit)s)",
        {"batch": batch_id, "limit": BATCH_ROWS},
    ).rowcount


def known(tx: Transaction, batch_id: UUID, rows: Sequence[Staged]) -> Mapping[UUID, dict[str, Any]]:
    """What else is known of the rows with the same keys, by target: `copies` in this batch; of the imported one in any
    batch `digest` and `read_digest`, None where there is none.
    """
    found = tx.execute(
        "SELECT target_id, count(*) FILTER (WHERE batch_id = %(batch)s) AS copies,"
        " (array_agg(digest) FILTER (WHERE status = 'imported'))[1] AS digest,"
        " (array_agg(read_digest) FILTER (WHERE status = 'imported'))[1] AS read_digest"
        " FROM legacy_rows WHERE target_id = ANY(%(targets)s) GROUP BY target_id",
        {"batch": batch_id, "targets": [row.target_id for row in rows if row.target_id]},
    )
    return {row["target_id"]: row for row in found}


def parents(tx: Transaction, batch_id: UUID, rows: Sequence[Staged]) -> Mapping[UUID, bool]:
    """Whether each workflow that these rows name can be had, by its target; left out where nothing is known of it."""
    found = tx.execute(
        "SELECT target_id, bool_or(status IN ('ready', 'imported', 'unchanged')) AS is_had FROM legacy_rows"
        " WHERE target_id = ANY(%(parents)s) AND (batch_id = %(batch)s OR status = 'imported') GROUP BY target_id",
        {"batch": batch_id, "parents": list({row.parent_id for row in rows if row.parent_id})},
    )
    return {row["target_id"]: row["is_had"] for row in found}


def crowded(tx: Transaction, batch_id: UUID, rows: Sequence[Staged]) -> set[tuple[UUID, int]]:
    """The places (workflow, position) that more than one step claims."""
    found = tx.execute(
        "SELECT parent_id, place FROM legacy_rows WHERE source_table = 'steps' AND parent_id = ANY(%(parents)s)"
        " AND place IS NOT NULL AND (batch_id = %(batch)s OR status = 'imported')"
        " GROUP BY parent_id, place HAVING count(DISTINCT coalesce(target_id::text, ordinal::text)) > 1",
        {"batch": batch_id, "parents": list({row.parent_id for row in rows if row.parent_id})},
    )
    return {(row["parent_id"], row["place"]) for row in found}


def quarantine_retries(tx: Transaction, batch_id: UUID, sentences: Mapping[str, str]) -> None:
    """Those that retry what is unknown, or what came after them: each circle has one of these. `sentences`: by code."""
    tx.execute(
        "UPDATE legacy_rows SET status = 'quarantined', reason = 'RETRY_OF_UNKNOWN', mapped = NULL,"
        " sentence = %(RETRY_OF_UNKNOWN)s WHERE batch_id = %(batch)s AND source_table = 'workflows'"
        " AND status = 'ready' AND parent_id IS NOT NULL AND NOT EXISTS (SELECT FROM legacy_rows AS other"
        " WHERE other.target_id = legacy_rows.parent_id AND (other.batch_id = %(batch)s OR other.status = 'imported'))",
        {**sentences, "batch": batch_id},
    )
    tx.execute(
        "UPDATE legacy_rows SET status = 'quarantined', reason = 'RETRY_OF_LATER', mapped = NULL,"
        " sentence = %(RETRY_OF_LATER)s FROM (SELECT retry.ordinal FROM legacy_rows AS retry"
        " LEFT JOIN legacy_rows AS other ON other.batch_id = %(batch)s AND other.target_id = retry.parent_id"
        " LEFT JOIN workflows ON workflows.id = retry.parent_id"
        " WHERE retry.batch_id = %(batch)s AND retry.source_table = 'workflows' AND retry.status = 'ready'"
        " AND (coalesce((other.mapped->>'created_at')::timestamptz, workflows.created_at), coalesce(other.ordinal, 0))"
        " > ((retry.mapped->>'created_at')::timestamptz, retry.ordinal)) AS late"
        " WHERE batch_id = %(batch)s AND source_table = 'workflows' AND legacy_rows.ordinal = late.ordinal",
        {**sentences, "batch": batch_id},
    )
