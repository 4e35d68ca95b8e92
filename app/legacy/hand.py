"""A batch in the hand of one process: its lease, kept up with each transaction, and which process that is."""

import os
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from app import handed
from app.database import Transaction
from app.handed import AskedImport, Handed, Sorted, TakenOut
from app.legacy.shape import KINDS, RowKind, Shape
from app.records import legacy_batches, legacy_rows, runs, steps
from app.records.legacy_batches import Batch
from app.records.runs import Run

LEASE_SECONDS = 60
Clock = Callable[[], datetime]
Report = Callable[[str, int, int], None]
"""What is done, how many rows of it so far, and of how many."""


@dataclass(frozen=True, kw_only=True)
class Hand:
    """`tx`: a connection that commits by itself, on which each transaction is opened as it is needed."""

    tx: Transaction
    batch: Batch
    run: Run
    clock: Clock
    report: Report

    @property
    def shapes(self) -> dict[RowKind, Shape]:
        """The tables of the batch."""
        return shapes(self.batch)

    @property
    def asked_by(self) -> str:
        """Who has given the command."""
        return handed.read(AskedImport, self.run.input).by

    @contextmanager
    def transaction(self) -> Iterator[datetime]:
        """One part of the work, recorded only while the lease is ours, and with it another while of the lease.

        Raises `LeaseLost`.
        """
        with self.tx.transaction():
            now = self.clock()
            runs.hold(self.tx, self.run)
            legacy_batches.hold_all(self.tx)
            yield now
            steps.extend(self.tx, self.run.step, now + timedelta(seconds=LEASE_SECONDS))

    @contextmanager
    def ending(self) -> Iterator[datetime]:
        """The last part of the step, with which it is done. Raises `LeaseLost`."""
        with self.tx.transaction():
            now = self.clock()
            runs.hold(self.tx, self.run)
            legacy_batches.hold_all(self.tx)
            yield now
            runs.finish(self.tx, self.run, now, self._handed_on())

    def _handed_on(self) -> Handed:
        """What the step has come to."""
        if self.run.kind == "legacy_rollback":
            return TakenOut(rows=sum(statuses.get("imported", 0) for statuses in self.batch.counts.values()))
        rows = Counter[str]()
        for statuses in legacy_rows.counts(self.tx, self.batch.id).values():
            rows.update(statuses)
        return Sorted(**rows)


def shapes(batch: Batch) -> dict[RowKind, Shape]:
    """The tables of a batch by the kind of their rows, in the order in which these are taken in."""
    return {kind: Shape.parse(batch.tables[kind]) for kind in KINDS if kind in batch.tables}


def here() -> dict[str, Any]:
    """This process, so that another one on this machine can tell whether it is still there."""
    return {"host": _machine(), "pid": os.getpid(), "began": psutil.Process().create_time()}


def is_gone(worker: dict[str, Any] | None) -> bool:
    """Whether a process of this machine is known to have ended; of another machine nothing is known."""
    if worker is None or worker["host"] != _machine():
        return False
    try:
        return bool(psutil.Process(worker["pid"]).create_time() != worker["began"])
    except psutil.NoSuchProcess:
        return True


def _machine() -> str:
    """The name, the boot and the process namespace: containers of one machine don't see each other's processes."""
    boot = Path("/proc/sys/kernel/random/boot_id")
    seen = Path("/proc/self/ns/pid")
    parts = (socket.gethostname(), boot.read_text().strip() if boot.exists() else "")
    return " ".join((*parts, str(seen.readlink()) if seen.is_symlink() else ""))
