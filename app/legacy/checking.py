"""The second step of an import: each row of a batch found to be ready, here already, or to be kept in quarantine.

A pure look at each row, beside what the database knows of its key, its workflow and its place; nothing of ours changes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.database import Transaction
from app.legacy import mapping, narrowing
from app.legacy.cells import Row, Unfit
from app.legacy.hand import Hand
from app.legacy.shape import RowKind, Shape
from app.records import legacy_batches, legacy_rows
from app.records.legacy_rows import Staged, Verdict

RETRIES = {
    "RETRY_OF_UNKNOWN": "It retries a workflow that is not in the file: bring that along, or take the mark away.",
    "RETRY_OF_LATER": "It retries a workflow that began after it: one of the two names or times is wrong.",
}


@dataclass(frozen=True)
class Known:
    """What else is known about the rows that are looked at together; see `app.records.legacy_rows`."""

    same: Mapping[UUID, dict[str, Any]]
    parents: Mapping[UUID, bool]
    crowded: set[tuple[UUID, int]]


def perform(hand: Hand) -> None:
    """Judge every staged row. Raises `LeaseLost`."""
    for kind, shape in hand.shapes.items():
        after = 0
        while rows := _next(hand, kind, after):
            after = rows[-1].ordinal
            _judge_all(hand, kind, shape, rows)
            hand.report(f"Checking {kind}", after, shape.rows)
        if kind == "workflows":
            with hand.transaction():
                legacy_rows.quarantine_retries(hand.tx, hand.batch.id, RETRIES)
    with hand.ending() as now:
        counts = legacy_rows.counts(hand.tx, hand.batch.id)
        legacy_batches.end(hand.tx, hand.batch.id, "checked", counts=counts, checksum=hand.batch.checksum, now=now)


def _next(hand: Hand, kind: RowKind, after: int) -> list[Staged]:
    with hand.tx.transaction():
        return legacy_rows.page(hand.tx, hand.batch.id, kind, after=after, status="staged")


def _judge_all(hand: Hand, kind: RowKind, shape: Shape, rows: Sequence[Staged]) -> None:
    with hand.transaction():
        known = _known(hand.tx, hand.batch.id, kind, rows)
        legacy_rows.judge(hand.tx, hand.batch.id, kind, [_judge(hand.tx, kind, shape, row, known) for row in rows])


def _known(tx: Transaction, batch_id: UUID, kind: RowKind, rows: Sequence[Staged]) -> Known:
    is_steps = kind == "steps"
    return Known(
        legacy_rows.known(tx, batch_id, rows),
        legacy_rows.parents(tx, batch_id, rows) if is_steps else {},
        legacy_rows.crowded(tx, batch_id, rows) if is_steps else set(),
    )


def _judge(tx: Transaction, kind: RowKind, shape: Shape, row: Staged, known: Known) -> Verdict:
    try:
        same = known.same.get(row.target_id) if row.target_id else None
        if same is not None and same["digest"] is not None and _is_here(row, same):
            return Verdict(ordinal=row.ordinal, status="unchanged")
        ready = mapping.mapped(kind, shape, row.raw, row.source_key, row.place)
        _demand_alone(row, same)
        if kind == "steps":
            _demand_place(row, known)
        return _setting(tx, shape, row) if kind == "settings" else _ready(row, ready)
    except Unfit as unfit:
        return Verdict(ordinal=row.ordinal, status="quarantined", reason=unfit.code, sentence=unfit.sentence)


def _is_here(row: Staged, same: dict[str, Any]) -> bool:
    """Imported as it is, or as somebody has mended it; two rows of one file are never one."""
    return row.digest in (bytes(same["digest"]), bytes(same["read_digest"])) and same["copies"] <= 1


def _demand_alone(row: Staged, same: dict[str, Any] | None) -> None:
    if same is None:
        return
    if same["copies"] > 1:
        raise Unfit("DUPLICATE_KEY", "Another row of the file has the same key: give one of them another.")
    if same["digest"] is not None:
        raise Unfit("CHANGED_SINCE_IMPORT", "Another file brought this row with other content, which stays.")


def _demand_place(row: Staged, known: Known) -> None:
    is_had = known.parents.get(row.parent_id) if row.parent_id else None
    if is_had is None:
        raise Unfit("WORKFLOW_MISSING", "Its workflow is neither in the file nor here.")
    if not is_had:
        raise Unfit("WORKFLOW_QUARANTINED", "Its workflow is in quarantine: mend that, and run it again.")
    if row.parent_id and row.place is not None and (row.parent_id, row.place) in known.crowded:
        raise Unfit("DUPLICATE_POSITION", "Another step of its workflow has the same position.")


def _setting(tx: Transaction, shape: Shape, row: Staged) -> Verdict:
    wanted = narrowing.read(tx, Row(row.raw, shape.fields))
    if narrowing.is_ours(tx, wanted):
        return Verdict(ordinal=row.ordinal, status="kept_ours")
    said = {"repository_id": wanted.where.repository_id, "full_name": wanted.where.full_name}
    return _ready(row, {**said, "name": wanted.name, "value": wanted.value})


def _ready(row: Staged, mapped: dict[str, Any]) -> Verdict:
    return Verdict(ordinal=row.ordinal, status="ready", mapped=mapped)
