"""What claims and lists of workflows cost at 1,000 and at 1,000,000 of them, in one run, one after the other.

PostgreSQL runs with fsync on, so a claim is measured with its commit. Both databases lie on one server and are asked in
turn, so that a busy machine is as busy for the one as for the other.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.rows import dict_row
from rich.console import Console
from rich.table import Table

from app import schema
from app.database import Transaction
from app.embedded import postgres
from app.records import paused_steps, runs, steps, workflows
from app.records.workflows import Which
from bench.timing import Clock
from tests import databases, growth

FEW, MANY = 1_000, 1_000_000
DUE = {FEW: 520, MANY: 10_000}
PAUSED = 100_000
ROUNDS = 50
AT_ONCE = 10
LEASE_SECONDS = 60
TRAVERSABLE_MODE = 0o711
Operation = Callable[["Database"], None]


@dataclass
class Database:
    """One that holds so many workflows. `due`: those that nobody has claimed yet."""

    tx: Transaction
    due: Iterator[UUID]
    seconds: dict[str, list[float]] = field(default_factory=dict)


def main() -> None:
    """Measure and print."""
    with _databases() as (few, paused, many):
        for database in (few, paused) * (ROUNDS + 1):
            _measure(database, SWEEP, _sweep)
        _show((SWEEP,), (few, paused), ("none paused", f"{PAUSED:,}"))
        for what, operation in OPERATIONS.items():
            for database in (few, many) * (ROUNDS + 1):
                _measure(database, what, operation)
        _show(tuple(OPERATIONS), (few, many), (f"{FEW:,}", f"{MANY:,}"))


def _claim(database: Database) -> None:
    run = runs.claim(database.tx, next(database.due), datetime.now(UTC), LEASE_SECONDS)
    database.tx.commit()
    if run is None:
        raise RuntimeError("a due run could not be claimed")


def _take_due(database: Database) -> None:
    if len(steps.take_due(database.tx, datetime.now(UTC))) != steps.DUE_BATCH:
        raise RuntimeError("there is not enough that is due")
    database.tx.rollback()


def _sweep(database: Database) -> None:
    """All that a sweep does about due steps, where what is paused was put aside by those before it."""
    paused_steps.take_back(database.tx)
    paused_steps.put_aside(database.tx, datetime.now(UTC))
    _take_due(database)


def _listed(which: Which) -> Operation:
    def listed(database: Database) -> None:
        workflows.page(database.tx, which, limit=50)
        database.tx.rollback()

    return listed


SWEEP = "sweep due steps, 200 of them free"
OPERATIONS: dict[str, Operation] = {
    "take 200 due steps": _take_due,
    "claim a step, with its commit": _claim,
    "list 50, newest first": _listed(Which()),
    "list 50 of a type": _listed(Which(type="merge")),
    "list 50 of a status": _listed(Which(status="blocked")),
    "list 50 of a repository": _listed(Which(repository="Octo/Repo-7")),
    "list 50 of a type and status": _listed(Which(type="merge", status="blocked")),
    "list those of a subject": _listed(Which(subject="evaluate:8")),
}


def _measure(database: Database, what: str, operation: Operation, clock: Clock = time.perf_counter) -> None:
    """The first round of an operation warms it up."""
    began = clock()
    for _ in range(AT_ONCE):
        operation(database)
    database.seconds.setdefault(what, []).append((clock() - began) / AT_ONCE)


@contextmanager
def _databases() -> Iterator[tuple[Database, Database, Database]]:
    with tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(TRAVERSABLE_MODE)
        with (
            postgres.running(Path(name) / "postgres") as url,
            _filled(url, FEW) as few,
            _filled(url, FEW, paused=PAUSED) as paused,
            _filled(url, MANY) as many,
        ):
            yield few, paused, many


@contextmanager
def _filled(url: str, rows: int, paused: int = 0) -> Iterator[Database]:
    with databases.fresh(url, "template0") as own:
        schema.up(own)
        growth.fill(own, rows, due=DUE[rows])
        if paused:
            growth.pause(own, paused)
        with psycopg.connect(own, row_factory=dict_row) as tx:
            _put_aside(tx, paused)
            found = tx.execute(
                "SELECT id FROM workflows WHERE status = 'pending' AND full_name <> 'octo/paused' ORDER BY created_at"
            ).fetchall()
            tx.rollback()
            yield Database(tx, iter([row["id"] for row in found]))


def _put_aside(tx: Transaction, paused: int) -> None:
    """As so many sweeps do it, one after the other; a vacuum comes by afterwards."""
    began, sweeps = time.perf_counter(), 0
    while paused_steps.put_aside(tx, datetime.now(UTC)):
        tx.commit()
        sweeps += 1
    tx.rollback()
    if paused:
        sys.stdout.write(f"{paused:,} paused steps put aside: {sweeps} sweeps, {time.perf_counter() - began:.1f} s\n")
        tx.autocommit = True
        tx.execute("VACUUM (ANALYZE) steps")
        tx.autocommit = False


def _show(operations: Sequence[str], databases: tuple[Database, Database], names: tuple[str, str]) -> None:
    first, second = names
    table = Table("what", f"/s at {first}", f"/s at {second}", "ms", "ms", "p95 ms", "p95 ms", "times as long")
    for what in operations:
        one, other = (each.seconds[what][1:] for each in databases)
        medians = statistics.median(one), statistics.median(other)
        table.add_row(
            what,
            *(f"{1 / median:,.0f}" for median in medians),
            *(f"{median * 1000:.2f}" for median in medians),
            *(f"{statistics.quantiles(each, n=20)[-1] * 1000:.2f}" for each in (one, other)),
            f"{medians[1] / medians[0]:.2f}",
        )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
