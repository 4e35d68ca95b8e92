"""The one step of a rollback: what a batch has put in taken out, the newest kind first, and its rows forgotten."""

from app import ledger
from app.legacy import narrowing
from app.legacy.hand import Hand
from app.records import legacy_batches, legacy_rows, legacy_targets
from app.records.legacy_targets import Table

_TARGETS: tuple[Table, ...] = ("audit_events", "steps", "workflows")


def perform(hand: Hand) -> None:
    """Take out what the batch has put in, and nothing else. Raises `LeaseLost`."""
    _take_settings_out(hand)
    for table in _TARGETS:
        total = hand.batch.counts.get(table, {}).get("imported", 0)
        gone = 0
        while taken := _take_out(hand, table):
            gone += taken
            hand.report(f"Taking out {table}", gone, total)
    while _forget(hand):
        pass
    _end(hand)


def _take_settings_out(hand: Hand) -> None:
    with hand.tx.transaction():
        rows = legacy_rows.page(hand.tx, hand.batch.id, "settings", after=0, status="imported")
    for row in rows:
        with hand.transaction() as now:
            narrowing.take_out(hand.tx, row.mapped or {}, hand.asked_by, now)
            legacy_rows.leave(hand.tx, hand.batch.id, row)
    if rows:
        _take_settings_out(hand)


def _take_out(hand: Hand, table: Table) -> int:
    with hand.transaction():
        return legacy_targets.take_out(hand.tx, hand.batch.id, table)


def _forget(hand: Hand) -> int:
    with hand.transaction():
        return legacy_rows.forget(hand.tx, hand.batch.id)


def _end(hand: Hand) -> None:
    batch = hand.batch
    with hand.ending() as now:
        legacy_batches.end(hand.tx, batch.id, "rolled_back", counts=batch.counts, checksum=batch.checksum, now=now)
        body = {
            "batch": str(batch.id),
            "source": batch.source,
            "file": batch.digest.hex(),
            "checksum": None if batch.checksum is None else batch.checksum.hex(),
        }
        subject, by = f"legacy:{batch.id}", hand.asked_by
        ledger.append(hand.tx, kind="legacy_rolled_back", subject=subject, actor=by, body=body, at=now)
