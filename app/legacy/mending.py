"""A row in quarantine mended by a person: some of its columns set, to be checked anew when the batch is run again."""

from collections.abc import Mapping
from datetime import datetime

from app import ledger
from app.database import Transaction
from app.legacy import hand, reading
from app.legacy.dump import SAID, STATEMENT
from app.legacy.shape import KINDS, RowKind
from app.legacy.trouble import LegacyError
from app.legacy.values import LARGEST_CELL_BYTES
from app.records import legacy_rows
from app.records.legacy_batches import Batch

NAME = "workflows:17, as `mergegate legacy quarantine` shows it"


def mend(
    tx: Transaction, batch: Batch, name: str, columns: Mapping[str, str | None], *, by: str, now: datetime
) -> None:
    """Set columns of a row, `workflows:17`; None is NULL. Raises `LegacyError`."""
    kind, ordinal = _parsed(name)
    row = legacy_rows.get(tx, batch.id, kind, ordinal)
    if row is None or row.status not in ("quarantined", "staged"):
        raise LegacyError(f"There is no row {name} in quarantine.")
    found = hand.shapes(batch)[kind]
    for column, value in columns.items():
        if column not in found.columns:
            raise LegacyError(f"The table {found.table} has the columns {', '.join(found.columns)}.")
        if value is not None and ("\0" in value or len(value) > LARGEST_CELL_BYTES):
            raise LegacyError("A value has no NUL in it, and is no longer than the old system allowed.")
    kept = {column: cell for column, cell in row.raw.items() if column not in (STATEMENT, SAID)}
    raw = {**dict.fromkeys(found.columns), **kept, **columns}
    mended = reading.staged(batch.source, kind, found, raw, ordinal=ordinal, read_digest=row.read_digest)
    legacy_rows.mend(tx, batch.id, mended)
    body = {"batch": str(batch.id), "row": row.name, "columns": sorted(columns), "digest": mended.digest.hex()}
    ledger.append(tx, kind="legacy_row_mended", subject=f"legacy:{batch.id}", actor=by, body=body, at=now)


def _parsed(name: str) -> tuple[RowKind, int]:
    table, _, number = name.partition(":")
    kind = next((each for each in KINDS if each == table), None)
    if kind is None or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise LegacyError(f"A row should be named as {NAME}.")
    return kind, int(number)
