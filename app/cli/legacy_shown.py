"""How `mergegate legacy` shows a batch and its rows."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from rich.console import Console
from rich.table import Table

from app.cli import tables
from app.legacy import hand
from app.records.legacy_batches import Batch
from policies.text import plain, short

STATUSES = ("staged", "ready", "imported", "unchanged", "kept_ours", "quarantined")
MOST_SENTENCE_CHARACTERS = 300
SHOWN_ID, WHOLE_ID = 8, 36
Counts = Mapping[str, Mapping[str, int]]


def document(batch: Batch, counts: Counts, reasons: Mapping[str, int]) -> dict[str, Any]:
    """A batch as JSON has it."""
    return {
        "id": str(batch.id),
        "source": batch.source,
        "file": batch.file_name,
        "fileDigest": batch.digest.hex(),
        "status": batch.status,
        "workflowId": None if batch.workflow_id is None else str(batch.workflow_id),
        "counts": counts,
        "quarantine": dict(reasons),
        "checksum": None if batch.checksum is None else batch.checksum.hex(),
        "leftOut": batch.left_out,
        "unknownColumns": {kind: list(shape.unknown) for kind, shape in hand.shapes(batch).items() if shape.unknown},
        "askedBy": batch.asked_by,
        "createdAt": batch.created_at.isoformat(),
        "endedAt": batch.ended_at.isoformat() if batch.ended_at else None,
    }


def listed(batches: Sequence[Batch], most_id_characters: int = WHOLE_ID) -> tables.Table:
    """The batches, a line each."""
    columns = ("Batch", "Status", "Imported", "Quarantined", "Begun", "File and source")
    return tables.Table(columns, [_line(batch, most_id_characters) for batch in batches])


def _line(batch: Batch, most_id_characters: int) -> tuple[str, ...]:
    sums = (str(_sum(batch.counts, status)) for status in ("imported", "quarantined"))
    begun = batch.created_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return (str(batch.id)[:most_id_characters], batch.status, *sums, begun, f"{batch.file_name} of {batch.source}")


def summary(console: Console, batch: Batch, counts: Counts, reasons: Mapping[str, int]) -> None:
    """What a batch has come to: rows by table and status, reasons, and what was left out."""
    console.print(f"Batch {batch.id} of {plain(batch.file_name)}: {batch.status}", highlight=False, markup=False)
    shown = [status for status in STATUSES if _sum(counts, status)]
    table = Table("Table", *shown)
    for kind in hand.shapes(batch):
        table.add_row(kind, *(str(counts.get(kind, {}).get(status, 0)) for status in shown))
    console.print(table)
    for reason, rows in reasons.items():
        console.print(f"{reason:<24} {rows}", highlight=False, markup=False)
    for kind, shape in hand.shapes(batch).items():
        if shape.unknown:
            said = f"Columns of {kind} that mean nothing here, kept with their rows: {', '.join(shape.unknown)}"
            console.print(plain(said), highlight=False, markup=False)
    if batch.left_out:
        console.print(plain(f"Tables left out: {', '.join(batch.left_out)}"), highlight=False, markup=False)
    if batch.checksum is not None:
        console.print(f"Checksum {batch.checksum.hex()}", highlight=False, markup=False)
    if reasons:
        console.print(f"See: mergegate legacy quarantine {batch.id}", highlight=False, markup=False)


def _sum(counts: Counts, status: str) -> int:
    return sum(by_status.get(status, 0) for by_status in counts.values())


def sentence(row: Mapping[str, Any]) -> str:
    """A row in quarantine on one line, safe to show."""
    key = short(row["source_key"] or "-", 60)
    said = short(row["sentence"] or "", MOST_SENTENCE_CHARACTERS)
    return f"{row['source_table']}:{row['ordinal']:<8} {key:<24} {row['reason'] or 'STAGED':<22} {said}"


def event(row: Mapping[str, Any]) -> str:
    """An audit event of the old system on one line, safe to show."""
    body = json.dumps(row["body"], sort_keys=True, ensure_ascii=False)
    at = row["at"].astimezone(UTC).isoformat(timespec="milliseconds")
    return f"{at}  {plain(row['kind']):<22}  {plain(row['actor'])}  {plain(row['subject'])}  {plain(body)}"


def as_line(row: Mapping[str, Any]) -> str:
    """As JSON on one line."""
    return json.dumps({name: _value(value) for name, value in row.items()}, ensure_ascii=False)


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value
