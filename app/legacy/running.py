"""An import or a rollback from where it stands to its end: a workflow whose steps the command does, under a lease.

The file is on the machine of whoever asked, so no worker does them; what is claimed, held and recorded is what workers
claim, hold and record. After a crash the next command goes on with the row after the last one recorded.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID, uuid4

from app.database import Transaction
from app.definitions import Kind
from app.handed import AskedImport
from app.legacy import applying, checking, hand, reading, shape, source, undoing
from app.legacy.hand import Clock, Hand, Report
from app.legacy.source import Source
from app.legacy.trouble import LegacyError
from app.records import lapses, legacy_batches, legacy_rows, legacy_targets, runs
from app.records.legacy_batches import Batch, Progress
from app.records.runs import LeaseLost, Run

IMPORT: Kind = "legacy"
ROLLBACK: Kind = "legacy_rollback"
Extent = Literal["dry_run", "apply"]
IN_HAND = "Another command is at this batch; if it has ended, this one can go on within a minute."
_STATUSES: dict[str, legacy_batches.Status] = {"read": "reading", "check": "checking", "apply": "applying"}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Who asks for what. `extent`: how far an import goes."""

    by: str
    clock: Clock
    report: Report
    extent: Extent = "apply"


def import_file(tx: Transaction, path: Path, name: str, asked: Asked) -> Batch:
    """Import a file of the old system called `name`, or go on with it; the batch as it stands then.

    `tx` is a connection that commits by itself. Raises `LegacyError`.
    """
    digest = source.digest(path)
    with tx.transaction():
        batch = legacy_batches.of_file(tx, name, digest)
    if batch is not None and _is_read(batch):
        return retry(tx, batch, asked)
    with source.opened(path) as opened:
        if opened.torn is not None:
            raise LegacyError(f"The dump is torn: {opened.torn}. Export it again; nothing was imported.")
        return _perform_all(tx, batch or _add(tx, path, name, digest, opened, asked), asked, opened)


def retry(tx: Transaction, batch: Batch, asked: Asked) -> Batch:
    """Go on with a batch whose file was read, with what is in quarantine, too. Raises `LegacyError`."""
    if batch.status in ("rolling_back", "rolled_back"):
        raise LegacyError("It is rolled back, or being rolled back: import the file anew.")
    if not _is_read(batch):
        raise LegacyError("Its file was not read to its end: run `mergegate legacy import` with the file again.")
    if batch.status in ("checked", "applied") and not _begin_again(tx, batch, asked):
        return batch
    return _perform_all(tx, _demand(tx, batch.id), asked, None)


def roll_back(tx: Transaction, batch: Batch, asked: Asked) -> Batch:
    """Take out what a batch has put in. Raises `LegacyError`."""
    if batch.status == "rolled_back":
        raise LegacyError("It was rolled back before.")
    if batch.status != "rolling_back":
        _begin_rollback(tx, batch, asked)
    return _perform_all(tx, _demand(tx, batch.id), asked, None)


def _is_read(batch: Batch) -> bool:
    return all(each.is_read for each in hand.shapes(batch).values())


def _add(tx: Transaction, path: Path, name: str, digest: bytes, opened: Source, asked: Asked) -> Batch:
    shapes, left_out = shape.find(opened.tables)
    batch_id = uuid4()
    with tx.transaction():
        legacy_batches.hold_all(tx)
        if (other := legacy_batches.of_file(tx, name, digest)) is not None:
            return other
        legacy_batches.add(
            tx,
            {
                "id": batch_id,
                "source": name,
                "digest": digest,
                "file_name": path.name,
                "tables": {kind: found.document() for kind, found in shapes.items()},
                "left_out": list(left_out),
                "asked_by": asked.by,
                "created_at": asked.clock(),
            },
        )
    return _demand(tx, batch_id)


def _demand(tx: Transaction, batch_id: UUID) -> Batch:
    with tx.transaction():
        batch = legacy_batches.get(tx, batch_id)
    if batch is None:
        raise LegacyError("There is no such batch any more.")
    return batch


def _begin_again(tx: Transaction, batch: Batch, asked: Asked) -> bool:
    """Have what is in quarantine looked at again, from the first step on; whether there is anything left to do."""
    with tx.transaction():
        if not legacy_rows.is_left(tx, batch.id, ("staged", "quarantined")):
            return batch.status == "checked" and asked.extent == "apply"
        _let_go(tx, legacy_batches.progress(tx, batch.id), asked.clock())
        legacy_rows.stage_again(tx, batch.id)
        _open(tx, batch.id, IMPORT, asked)
    return True


def _begin_rollback(tx: Transaction, batch: Batch, asked: Asked) -> None:
    now = asked.clock()
    with tx.transaction():
        _let_go(tx, legacy_batches.progress(tx, batch.id), now)
        legacy_batches.hold_all(tx)
        if any(_is_live(each, now) for each in legacy_batches.under_way(tx)):
            raise LegacyError("Another import or rollback is under way: let that end first.")
        if (other := legacy_targets.stands_on(tx, batch.id)) is not None:
            raise LegacyError(f"The batch {other} stands on rows of this one: roll that back first.")
        legacy_batches.move(tx, batch.id, "rolling_back")
        _open(tx, batch.id, ROLLBACK, asked)


def _open(tx: Transaction, batch_id: UUID, kind: Kind, asked: Asked) -> None:
    """A workflow for what is left to do."""
    run_id, said = uuid4(), AskedImport(batch=batch_id, by=asked.by)
    subject = f"legacy:{batch_id}"
    runs.add(tx, kind, run_id=run_id, subject=subject, due_at=asked.clock(), asked_by=asked.by, input=said)
    legacy_batches.work_on(tx, batch_id, run_id)


def _let_go(tx: Transaction, progress: Progress | None, now: datetime) -> None:
    """End the workflow that a new one follows. Raises `LegacyError` where somebody is at it."""
    if progress is not None and _is_live(progress, now):
        raise LegacyError(IN_HAND)
    if progress is not None:
        runs.cancel(tx, progress.workflow_id, now)


def _is_live(progress: Progress, now: datetime) -> bool:
    """Whether some process holds the lease, as far as can be told."""
    held = progress.status == "running" and progress.lease_until is not None and progress.lease_until >= now
    return held and not hand.is_gone(progress.worker)


def _perform_all(tx: Transaction, batch: Batch, asked: Asked, opened: Source | None) -> Batch:
    """Step after step of its line, as far as was asked for."""
    while (held := _claim(tx, batch, asked)) is not None:
        try:
            _perform(held, opened)
        except LegacyError as trouble:
            with tx.transaction():
                runs.fail(tx, held.run, str(trouble), asked.clock())
            raise
        except LeaseLost:
            raise LegacyError(
                "Somebody has cancelled it, or has taken it over: see `mergegate legacy status`."
            ) from None
        batch = _demand(tx, batch.id)
    return _demand(tx, batch.id)


def _perform(held: Hand, opened: Source | None) -> None:
    name = held.run.step.name
    if name == "read":
        reading.perform(held, opened)
    elif name == "check":
        checking.perform(held)
    elif name == "apply":
        applying.perform(held)
    else:
        undoing.perform(held)


def _claim(tx: Transaction, batch: Batch, asked: Asked) -> Hand | None:
    """The next step in hand; None where nothing is left to do, or no more was asked for. Raises `LegacyError`."""
    with tx.transaction():
        progress = legacy_batches.progress(tx, batch.id)
        if _is_over(batch, progress, asked):
            return None
        run = _claimed(tx, batch, progress, asked)
        legacy_batches.worked_on_by(tx, batch.id, hand.here())
        if (status := _STATUSES.get(run.step.name)) is not None:
            legacy_batches.move(tx, batch.id, status)
    return Hand(tx=tx, batch=_demand(tx, batch.id), run=run, clock=asked.clock, report=asked.report)


def _is_over(batch: Batch, progress: Progress | None, asked: Asked) -> bool:
    if progress is None or progress.status == "cancelled":
        return batch.status in ("applied", "rolled_back")
    at_end = asked.extent == "dry_run" and progress.current_step == "apply" and progress.status != "running"
    return progress.status == "succeeded" or at_end


def _claimed(tx: Transaction, batch: Batch, progress: Progress | None, asked: Asked) -> Run:
    """Its workflow, or a new one where that was cancelled or has failed; taken over from a process that is gone."""
    now = asked.clock()
    is_undone = batch.status == "rolling_back"
    legacy_batches.hold_all(tx)
    if not is_undone and legacy_batches.is_any_rolling_back(tx):
        raise LegacyError("Another batch is being rolled back: let that end, and run this again.")
    if progress is None or progress.status in ("cancelled", "failed", "blocked"):
        _open(tx, batch.id, ROLLBACK if is_undone else IMPORT, asked)
    elif progress.status == "running":
        if _is_live(progress, now):
            raise LegacyError(IN_HAND)
        legacy_batches.lapse(tx, progress.workflow_id, now - timedelta(seconds=1))
        lapses.put_back(tx, progress.workflow_id, now)
    current = legacy_batches.progress(tx, batch.id)
    run = runs.claim(tx, current.workflow_id, asked.clock(), hand.LEASE_SECONDS) if current else None
    if run is None:
        raise LegacyError(
            "The type legacy_import is paused, or another command was first: see `mergegate workflows pauses`."
        )
    return run
