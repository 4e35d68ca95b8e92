"""The third step of an import: what is ready taken in, workflows before their steps, and the audit told of it."""

from datetime import datetime

from app import ledger
from app.legacy import narrowing
from app.legacy.hand import Hand
from app.legacy.shape import KINDS
from app.records import legacy_batches, legacy_rows, legacy_targets, operator_settings
from app.records.legacy_rows import Staged, Verdict
from app.records.legacy_targets import Table
from app.records.operator_settings import Where

_TARGETS: tuple[Table, ...] = ("workflows", "steps", "audit_events")


def perform(hand: Hand) -> None:
    """Take in every ready row. Raises `LeaseLost`."""
    for table in _TARGETS:
        if table in hand.shapes:
            _put(hand, table)
    if "settings" in hand.shapes:
        _put_settings(hand)
    with hand.transaction():
        legacy_targets.link_retries(hand.tx, hand.batch.id)
    _end(hand)


def _put(hand: Hand, table: Table) -> None:
    after = 0
    while True:
        with hand.transaction():
            put = legacy_targets.put(hand.tx, hand.batch.id, table, after)
        if not put:
            return
        after = put[-1]
        hand.report(f"Importing {table}", after, hand.shapes[table].rows)


def _put_settings(hand: Hand) -> None:
    after = 0
    while True:
        with hand.tx.transaction():
            rows = legacy_rows.page(hand.tx, hand.batch.id, "settings", after=after, status="ready")
        for row in rows:
            _put_setting(hand, row)
        if not rows:
            return
        after = rows[-1].ordinal


def _put_setting(hand: Hand, row: Staged) -> None:
    """Each in a transaction of its own, since whoever holds a setting may not wait for another."""
    mapped = row.mapped or {}
    where = Where(repository_id=mapped["repository_id"], full_name=mapped["full_name"])
    wanted = narrowing.Narrowing(where, mapped["name"], mapped["value"])
    with hand.transaction() as now:
        operator_settings.hold(hand.tx, where.repository_id)
        is_ours = narrowing.is_ours(hand.tx, wanted)
        verdict = Verdict(ordinal=row.ordinal, status="kept_ours" if is_ours else "imported", mapped=mapped)
        legacy_rows.judge(hand.tx, hand.batch.id, "settings", [verdict])
        if not is_ours:
            narrowing.put(hand.tx, wanted, hand.batch.asked_by, now)


def _end(hand: Hand) -> None:
    """Where rows came in, one entry of the audit, with which they can be proved to be the ones that came in then."""
    with hand.ending() as now:
        counts = legacy_rows.counts(hand.tx, hand.batch.id)
        checksum = legacy_rows.checksum(hand.tx, hand.batch.id, "imported", KINDS)
        legacy_batches.end(hand.tx, hand.batch.id, "applied", counts=counts, checksum=checksum, now=now)
        if checksum != hand.batch.checksum and any("imported" in statuses for statuses in counts.values()):
            _attest(hand, checksum, counts, now)


def _attest(hand: Hand, checksum: bytes, counts: dict[str, dict[str, int]], now: datetime) -> None:
    body = {
        "batch": str(hand.batch.id),
        "source": hand.batch.source,
        "file": hand.batch.digest.hex(),
        "checksum": checksum.hex(),
        "counts": counts,
    }
    subject, by = f"legacy:{hand.batch.id}", hand.asked_by
    ledger.append(hand.tx, kind="legacy_imported", subject=subject, actor=by, body=body, at=now)
