"""What claims and lists of workflows cost at 1,000 and at 1,000,000 of them, in one run, one after the other.

PostgreSQL runs with fsync on, so a claim is measured with its commit. Both databases lie on one server and are asked in
turn, so that a busy machine is as busy for the one as for the other.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
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
from app.records import runs, steps, workflows
from app.records.workflows import Which
from bench.timing import Clock
from tests import databases, growth

FEW, MANY = 1_000, 1_000_000
DUE = {FEW: 520, MANY: 10_000}
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
    with _databases() as (few, many):
        for what, operation in OPERATIONS.items():
            for database in (few, many) * (ROUNDS + 1):
                _measure(database, what, operation)
        _show(few, many)


def _claim(database: Database) -> None:
    run = runs.claim(database.tx, next(database.due), datetime.now(UTC), LEASE_SECONDS)
    database.tx.commit()
    if run is None:
        raise RuntimeError("a due run could not be claimed")


def _take_due(database: Database) -> None:
    if len(steps.take_due(database.tx, datetime.now(UTC))) != steps.DUE_BATCH:
        raise RuntimeError("there is not enough that is due")
    database.tx.rollback()


def _listed(which: Which) -> Operation:
    def listed(database: Database) -> None:
        workflows.page(database.tx, which, limit=50)
        database.tx.rollback()

    return listed


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
def _databases() -> Iterator[tuple[Database, Database]]:
    with tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(TRAVERSABLE_MODE)
        with postgres.running(Path(name) / "postgres") as url, _filled(url, FEW) as few, _filled(url, MANY) as many:
            yield few, many


@contextmanager
def _filled(url: str, rows: int) -> Iterator[Database]:
    with databases.fresh(url, "template0") as own:
        schema.up(own)
        growth.fill(own, rows, due=DUE[rows])
        with psycopg.connect(own, row_factory=dict_row) as tx:
            found = tx.execute("SELECT id FROM workflows WHERE status = 'pending' ORDER BY created_at").fetchall()
            tx.rollback()
            yield Database(tx, iter([row["id"] for row in found]))


def _show(few: Database, many: Database) -> None:
    table = Table("what", f"/s at {FEW:,}", f"/s at {MANY:,}", "ms", "ms", "p95 ms", "p95 ms", "times as long")
    for what in OPERATIONS:
        one, other = few.seconds[what][1:], many.seconds[what][1:]
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
