"""Anchor the newest entry of the audit, and look whether what was anchored before still fits.

It is not an entry itself that something was anchored: each anchor would make another newest entry. What does not fit is
an alert, and with that an entry; trouble with the place is one when it lasts.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app import ledger
from app.anchors import Anchor, Anchors, AnchorsUnavailable
from app.database import Transact, Transaction
from app.proofs import ANCHOR_GONE, NO_ANCHOR, Fault, Walk, compare, moment
from app.records import alerts, anchorings

FAILED = "AUDIT_ANCHOR_FAILED"
FAILING = timedelta(hours=1)
"""Trouble with the place that lasts so long is an alert."""
SUBJECT = "audit"


@dataclass(frozen=True)
class Anchored:
    """What stands at the place now, None in an empty chain; whether it is new; and what does not fit, if anything."""

    anchor: Anchor | None
    is_new: bool
    fault: Fault | None


def anchor(transact: Transact, anchors: Anchors, place: str, *, now: datetime) -> Anchored:
    """Write down the newest entry, unless it is there. Raises `AnchorsUnavailable`, which is recorded.

    No transaction is open while the place is asked, and no writer of the chain waits.
    """
    try:
        return _anchor(transact, anchors, place, now=now)
    except AnchorsUnavailable:
        with transact() as tx:
            _record_failure(tx, place, now)
        raise


def _anchor(transact: Transact, anchors: Anchors, place: str, *, now: datetime) -> Anchored:
    with transact() as tx:
        known = anchorings.of(tx, place).anchor
    found = list(anchors.read(since=known.seq if known else 1))
    with transact() as tx:  # after the anchors, so that each of them was of an entry that is there
        newest, fault = ledger.head(tx), look(tx, found, known)
        if fault is not None:
            _tell(tx, fault.code, place, now=now, key=_week(now))
    if newest is None:
        return Anchored(None, False, fault)
    made = Anchor(newest.seq, newest.hash, now)
    there = next((each for each in found if (each.seq, each.hash) == (made.seq, made.hash)), None)
    if there is None:
        anchors.write(made)
    with transact() as tx:
        anchorings.succeed(tx, place, there or made)
    return Anchored(there or made, there is None, fault)


def look(tx: Transaction, found: list[Anchor], known: Anchor | None) -> Fault | None:
    """What does not fit between these anchors, the chain as it is, and the anchor that was written last."""
    if known is not None and (fault := gone(found, known)) is not None:
        return fault
    newest = ledger.head(tx)
    head = (newest.seq, newest.hash) if newest else (0, ledger.GENESIS)
    noted = ledger.hashes(tx, {each.seq for each in found})
    said = compare(Walk(first=1, last=head[0], previous=ledger.GENESIS, head=head[1], noted=noted), found)
    return said if isinstance(said, Fault) and said.code != NO_ANCHOR else None


def gone(found: list[Anchor], known: Anchor) -> Fault | None:
    """Whether the anchor that was written last is still there."""
    if any((each.seq, each.hash) == (known.seq, known.hash) for each in found):
        return None
    what = f"The anchor of entry {known.seq}, which was written {moment(known.at)}"
    return Fault(ANCHOR_GONE, f"{what}, is not at its place any more: somebody has removed it, or it is another place.")


def _record_failure(tx: Transaction, place: str, now: datetime) -> None:
    since = anchorings.fail(tx, place, now)
    if now - since >= FAILING:
        _tell(tx, FAILED, place, now=now, key=since.isoformat())


def _tell(tx: Transaction, code: str, place: str, *, now: datetime, key: str) -> None:
    alerts.raise_alert(tx, code, subject=SUBJECT, fields={"place": place}, key=f"{code}:{place}:{key}", at=now)


def _week(now: datetime) -> str:
    """What does not fit is told of once in a week."""
    return "-".join(map(str, now.isocalendar()[:2]))
