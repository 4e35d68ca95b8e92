"""`mergegate legacy`: the way over from the system that mergegate replaces; docs/legacy-import.md has all of it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from app.cli import legacy_shown, reading, tables, writing
from app.database import Transaction
from app.legacy import exporting, hand, mending, running
from app.legacy.hand import Report
from app.legacy.running import Asked, Extent
from app.legacy.trouble import LegacyError
from app.records import legacy_batches, legacy_rows, legacy_targets
from app.records.legacy_batches import Batch
from policies.text import plain

SOME_QUARANTINED = 3
SHORTEST_BEGIN = 4
MOST_EVENTS = 1_000
DRY_RUN: Extent = "dry_run"
APPLY: Extent = "apply"


@click.group()
def legacy() -> None:
    """Bring workflows, steps, audit events and settings over from the old system, and take them out again."""


class BatchId(click.ParamType[str]):
    """The id of a batch, or how it begins."""

    name = "BATCH"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        said = str(value).lower()
        if len(said) < SHORTEST_BEGIN or len(said) > 36 or not set(said) <= set("0123456789abcdef-"):
            self.fail(f"A batch is named by its id, or by its first {SHORTEST_BEGIN} characters or more.", param, ctx)
        return said


_batch = click.argument("begin", metavar="BATCH", type=BatchId())
_as_json = click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
_dry = click.option("--dry-run", "extent", flag_value=DRY_RUN, help="Read and check; take nothing in.")
_real = click.option("--apply", "extent", flag_value=APPLY, help="Take in what can be taken in.")


@legacy.command("import")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_dry
@_real
@click.option("--source", default="legacy", show_default=True, type=writing.Principal(), help="Which old system it is.")
@_as_json
@writing.as_option
def import_file(*, file: Path, extent: Extent | None, source: str, as_json: bool, by: str) -> None:
    """Import FILE, a SQLite database or SQL dump, or go on with it. Exit code 3 where rows are in quarantine."""
    wanted = _demand_extent(extent)
    with _connection() as tx, _reported() as report:
        batch = running.import_file(tx, file, source, Asked(by=by, clock=_now, report=report, extent=wanted))
    _tell(batch, as_json=as_json)


@legacy.command()
@_batch
@_dry
@_real
@_as_json
@writing.as_option
def retry(*, begin: str, extent: Extent | None, as_json: bool, by: str) -> None:
    """Go on with a batch whose file was read. With what is in quarantine, too; exit code 3 where some stays there."""
    wanted = _demand_extent(extent)
    with _connection() as tx, _reported() as report:
        batch = running.retry(tx, _found(tx, begin), Asked(by=by, clock=_now, report=report, extent=wanted))
    _tell(batch, as_json=as_json)


@legacy.command()
@_batch
@_as_json
@writing.as_option
def rollback(*, begin: str, as_json: bool, by: str) -> None:
    """Take out what a batch has put in, and nothing else."""
    with _connection() as tx, _reported() as report:
        batch = running.roll_back(tx, _found(tx, begin), Asked(by=by, clock=_now, report=report))
    if as_json:
        click.echo(json.dumps(legacy_shown.document(batch, {}, {}), indent=2))
    else:
        click.echo(f"The batch {batch.id} is rolled back; its file can be imported anew.")


@legacy.command()
@click.argument("begin", metavar="[BATCH]", type=BatchId(), required=False)
@_as_json
def status(*, begin: str | None, as_json: bool) -> None:
    """Show the batches, or one of them with its counts."""
    with _connection() as tx:
        if begin is not None:
            _show(tx, _found(tx, begin), as_json=as_json)
            return
        with tx.transaction():
            batches = legacy_batches.newest(tx)
    if as_json:
        click.echo(json.dumps([legacy_shown.document(each, each.counts, {}) for each in batches], indent=2))
    else:
        tables.show(legacy_shown.listed(batches, legacy_shown.SHOWN_ID), legacy_shown.listed(batches))


@legacy.command()
@_batch
@click.option("--format", "written", type=click.Choice(["jsonl", "sql"]), default="jsonl", show_default=True)
def export(*, begin: str, written: str) -> None:
    """Print what a batch has imported, in the shape of its source."""
    with _connection() as tx:
        batch, write = _found(tx, begin), {"jsonl": exporting.lines, "sql": exporting.statements}[written]
        for line in write(tx, batch):
            click.echo(line)


@legacy.command()
@_batch
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@_as_json
def quarantine(*, begin: str, limit: int, as_json: bool) -> None:
    """Print what was not taken in, and why. As JSON, a row on a line each, with all their columns."""
    with _connection() as tx:
        left = limit
        for row in _quarantined(tx, _found(tx, begin)):
            if left == 0:
                break
            left -= 1
            click.echo(legacy_shown.as_line(row) if as_json else legacy_shown.sentence(row))


@legacy.command()
@_batch
@click.argument("row", metavar="ROW")
@click.option("--set", "given", multiple=True, metavar="COLUMN=VALUE", help="What a column should say.")
@click.option("--unset", "emptied", multiple=True, metavar="COLUMN", help="A column that should say nothing.")
@writing.as_option
def mend(*, begin: str, row: str, given: tuple[str, ...], emptied: tuple[str, ...], by: str) -> None:
    """Set columns of a ROW in quarantine. `legacy retry` then looks at it again. ROW is such as `workflows:17`."""
    columns: dict[str, str | None] = dict.fromkeys(emptied)
    for each in given:
        column, equals, value = each.partition("=")
        if not equals:
            raise click.UsageError("Say what to set as COLUMN=VALUE.")
        columns[column] = value
    if not columns:
        raise click.UsageError("Say what to mend: --set COLUMN=VALUE or --unset COLUMN.")
    with _connection() as tx:
        batch = _found(tx, begin)
        with tx.transaction():
            mending.mend(tx, batch, row, columns, by=by, now=_now())
    click.echo(f"Mended {plain(row)}; run: mergegate legacy retry {batch.id} --apply")


@legacy.command()
@click.option("--subject", help="Only about this subject, as the old system called it.")
@click.option("--kind", help="Only of this kind.")
@click.option("--limit", type=click.IntRange(1, MOST_EVENTS), default=50, show_default=True)
@_as_json
def events(*, subject: str | None, kind: str | None, limit: int, as_json: bool) -> None:
    """Print audit events of the old system. Newest first; they are no part of the audit chain."""
    with _connection() as tx, tx.transaction():
        rows = legacy_targets.events(tx, subject=subject, kind=kind, limit=limit)
    for row in rows:
        click.echo(legacy_shown.as_line(row) if as_json else legacy_shown.event(row))


@contextmanager
def _connection() -> Iterator[Transaction]:
    """A connection that commits by itself; trouble of an import is told in its sentence."""
    with reading.connection() as tx:
        tx.autocommit = True
        try:
            yield tx
        except LegacyError as trouble:
            raise click.ClickException(plain(str(trouble))) from None


@contextmanager
def _reported() -> Iterator[Report]:
    """A bar on a terminal, nothing elsewhere."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=total)
            progress.update(tasks[what], completed=done, total=total)

        yield report


def _now() -> datetime:
    return datetime.now(UTC)


def _demand_extent(extent: Extent | None) -> Extent:
    if extent is None:
        raise click.UsageError("Say how far to go: --dry-run or --apply.")
    return extent


def _found(tx: Transaction, begin: str) -> Batch:
    with tx.transaction():
        batches = legacy_batches.beginning_with(tx, begin)
    if len(batches) != 1:
        raise LegacyError(
            "There is no such batch." if not batches else "More than one batch begins so: say more of it."
        )
    return batches[0]


def _quarantined(tx: Transaction, batch: Batch) -> Iterator[dict[str, Any]]:
    for kind in hand.shapes(batch):
        after = 0
        while rows := legacy_rows.quarantined(tx, batch.id, kind, after):
            yield from rows
            after = rows[-1]["ordinal"]


def _tell(batch: Batch, *, as_json: bool) -> None:
    """The summary; the exit code says whether rows are in quarantine."""
    with _connection() as tx:
        is_whole = _show(tx, batch, as_json=as_json)
    if not is_whole:
        raise click.exceptions.Exit(SOME_QUARANTINED)


def _show(tx: Transaction, batch: Batch, *, as_json: bool) -> bool:
    with tx.transaction():
        counts = batch.counts if batch.status == "rolled_back" else legacy_rows.counts(tx, batch.id)
        reasons = legacy_rows.reasons(tx, batch.id)
    if as_json:
        click.echo(json.dumps(legacy_shown.document(batch, counts, reasons), indent=2))
    else:
        legacy_shown.summary(Console(), batch, counts, reasons)
    return not reasons
