"""The first step of an import: the rows of the file, as they are, into the rows of its batch."""

from collections.abc import Iterable, Iterator
from typing import Any

from app.legacy import mapping, values
from app.legacy.hand import Hand
from app.legacy.shape import RowKind, Shape
from app.legacy.source import Source, Table
from app.records import legacy_batches, legacy_rows
from app.records.legacy_rows import BATCH_ROWS, Staged

BATCH_BYTES = 8_000_000


def perform(hand: Hand, source: Source | None) -> None:
    """Read what is not read yet, `BATCH_ROWS` in each transaction; None where all was read before.

    Raises `LegacyError` and `LeaseLost`.
    """
    for kind, shape in hand.shapes.items():
        if source is not None and not shape.is_read:
            _read(hand, source, kind, shape)
    with hand.ending():
        legacy_rows.analyze(hand.tx)


def _read(hand: Hand, source: Source, kind: RowKind, shape: Shape) -> None:
    table = Table(shape.table, shape.columns)
    done, total = shape.rows, source.count(table)
    for rows in _batches(source.rows(table, done)):
        staged = [_staged(hand.batch.source, kind, shape, raw, done + place) for place, raw in enumerate(rows, 1)]
        done += len(rows)
        with hand.transaction():
            legacy_rows.add(hand.tx, hand.batch.id, staged)
            legacy_batches.read_on(hand.tx, hand.batch.id, kind, done)
        hand.report(f"Reading {kind}", done, total)
    with hand.transaction():
        legacy_batches.read_whole(hand.tx, hand.batch.id, kind)


def _batches(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    taken = 0
    for raw in rows:
        batch.append(raw)
        taken += sum(len(cell) for cell in raw.values() if isinstance(cell, str))
        if len(batch) == BATCH_ROWS or taken > BATCH_BYTES:
            yield batch
            batch, taken = [], 0
    if batch:
        yield batch


def _staged(source: str, kind: RowKind, shape: Shape, raw: dict[str, Any], ordinal: int) -> Staged:
    digest = values.digest(kind, raw)
    return staged(source, kind, shape, raw, ordinal=ordinal, read_digest=digest)


def staged(
    source: str, kind: RowKind, shape: Shape, raw: dict[str, Any], *, ordinal: int, read_digest: bytes
) -> Staged:
    """A row as it is kept, with where it belongs."""
    placed = mapping.place(source, kind, shape, raw, ordinal)
    return Staged(
        source_table=kind,
        ordinal=ordinal,
        source_key=placed.key,
        target_id=placed.target_id,
        parent_id=placed.parent_id,
        place=placed.place,
        raw=raw,
        digest=values.digest(kind, raw),
        read_digest=read_digest,
    )
