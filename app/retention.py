"""How long rows are kept, and the round that lets go of those that are older: in small steps, told to the audit."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from psycopg.errors import DeadlockDetected, LockNotAvailable

from app import ledger
from app.artifacts.store import Store, StoreUnavailable
from app.database import Transact, Transaction
from app.records import operator_settings, pruning
from app.records.prunable import RULES, What
from app.records.pruning import Standing
from policies.catalogue import DAYS, Everywhere

PRUNED = "pruned"
MOST_BATCHES = 10
MOST_SECONDS = 20
"""Of each kind in a round, which begins no batch after that; what is left is for the next one."""
SETTING_OF: dict[What, str] = {
    "workflows": "retention_workflows_days",
    "merges": "retention_requests_days",
    "looks": "retention_requests_days",
    "requests": "retention_requests_days",
    "deliveries": "retention_deliveries_days",
    "facts": "retention_snapshots_days",
    "snapshots": "retention_snapshots_days",
    "artifacts": "retention_workflows_days",
}


class RetentionUnknown(Exception):
    """The settings that say how long cannot be read, so that nothing is let go of; the message is a sentence."""


@dataclass(frozen=True)
class Kept:
    """A kind of rows, for how many days it is kept, and how it stands."""

    what: What
    days: int
    standing: Standing


def show(tx: Transaction, now: datetime) -> list[Kept]:
    """What is kept how long, and what a round would let go of now. Raises `RetentionUnknown`."""
    days = _days(tx)
    return [Kept(what, days[what], pruning.standing(tx, what, _until(days[what], now))) for what in RULES]


def run(
    transact: Transact,
    store: Store,
    now: datetime,
    *,
    by: str = ledger.BY_GATE,
    clock: Callable[[], float] = time.monotonic,
) -> dict[What, int]:
    """One round; how many rows of each kind are gone. Raises `RetentionUnknown`."""
    with transact() as tx:
        days = _days(tx)
    gone = dict[What, int]()
    for what in RULES:
        until = _until(days[what], now)
        ends = clock() + MOST_SECONDS
        gone[what] = 0
        for more in _prune(transact, store, what, until, now):
            gone[what] += more
            if clock() >= ends:
                break
        with transact() as tx:
            _tell(tx, what, until, by=by, at=now)
    return gone


def _days(tx: Transaction) -> dict[What, int]:
    said = operator_settings.general(tx)
    if said.trouble is not None:
        raise RetentionUnknown(said.trouble)
    return {what: _said(said.values, name) for what, name in SETTING_OF.items()}


def _said(values: Everywhere, name: str) -> int:
    days: int | None = getattr(values, name)
    return DAYS[name] if days is None else days


def _until(days: int, now: datetime) -> datetime:
    return now - timedelta(days=days)


def _prune(transact: Transact, store: Store, what: What, until: datetime, now: datetime) -> Iterator[int]:
    """Batch by batch, how many went."""
    with suppress(LockNotAvailable, DeadlockDetected):  # somebody is at them: another round is soon enough
        for _ in range(MOST_BATCHES):
            more, is_last = _batch(transact, store, what, until, now)
            yield more
            if is_last:
                break


def _batch(transact: Transact, store: Store, what: What, until: datetime, now: datetime) -> tuple[int, bool]:
    """How many went, and whether there is nothing more to look at for now."""
    with transact() as tx:
        batch = pruning.choose(tx, what, until)
        if batch is None:
            return 0, True
        chosen = _without_bytes(store, batch.chosen) if what == "artifacts" else batch.chosen
        return pruning.let_go(tx, what, chosen, now), batch.is_last


def _without_bytes(store: Store, digests: tuple[str, ...]) -> tuple[str, ...]:
    """The bytes go before the row: killed in between, a row without them is asked for again, or goes next time."""
    gone = list[str]()
    for digest in digests:
        try:
            store.forget(digest)
        except StoreUnavailable:
            break
        gone.append(digest)
    return tuple(gone)


def _tell(tx: Transaction, what: What, until: datetime, *, by: str, at: datetime) -> None:
    count = pruning.take_untold(tx, what)
    if count:
        body = {"rows": count, "until": until.isoformat()}
        ledger.append(tx, kind=PRUNED, subject=f"retention:{what}", actor=by, body=body, at=at)
