"""A batch as it was imported, in the shape of its source: lines of JSON, or a dump that can be imported again."""

import json
from collections.abc import Iterator
from typing import Any

from app.database import Transaction
from app.legacy import hand, values
from app.legacy.shape import RowKind, Shape
from app.records import legacy_rows
from app.records.legacy_batches import Batch


def lines(tx: Transaction, batch: Batch) -> Iterator[str]:
    """A line that names batch, tables and checksum, then a line for each imported row: its table, and its columns."""
    shapes = hand.shapes(batch)
    checksum = None if batch.checksum is None else batch.checksum.hex()
    tables = {shape.table: list(shape.columns) for shape in shapes.values()}
    yield _json({"batch": str(batch.id), "source": batch.source, "tables": tables, "checksum": checksum})
    for shape, raw in _rows(tx, batch):
        yield _json({"table": shape.table, "row": {column: raw.get(column) for column in shape.columns}})


def statements(tx: Transaction, batch: Batch) -> Iterator[str]:
    """As `sqlite3 .dump` writes it; columns have no type there, so that each cell stays what it is."""
    yield "PRAGMA foreign_keys=OFF;"
    yield "BEGIN TRANSACTION;"
    for shape in hand.shapes(batch).values():
        yield f"CREATE TABLE {_name(shape.table)} ({', '.join(map(_name, shape.columns))});"
    for shape, raw in _rows(tx, batch):
        cells = ",".join(values.literal(raw.get(column)) for column in shape.columns)
        yield f"INSERT INTO {_name(shape.table)} VALUES({cells});"
    yield "COMMIT;"


def _rows(tx: Transaction, batch: Batch) -> Iterator[tuple[Shape, dict[str, Any]]]:
    for kind, shape in hand.shapes(batch).items():
        yield from _of_table(tx, batch, kind, shape)


def _of_table(tx: Transaction, batch: Batch, kind: RowKind, shape: Shape) -> Iterator[tuple[Shape, dict[str, Any]]]:
    after = 0
    while rows := legacy_rows.page(tx, batch.id, kind, after=after, status="imported"):
        yield from ((shape, row.raw) for row in rows)
        after = rows[-1].ordinal


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False)
