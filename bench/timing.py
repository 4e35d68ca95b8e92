"""Medians over rounds, and the table they are printed in."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

ROUNDS = 5
Clock = Callable[[], float]


@dataclass(frozen=True)
class Measured:
    """A rate: operations a second, the median of `ROUNDS` rounds, with the slowest and the fastest."""

    what: str
    median: float
    slowest: float
    fastest: float


def rate(what: str, operation: Callable[[], object], *, times: int, clock: Clock = time.perf_counter) -> Measured:
    """How often a second `operation` runs, `times` times a round, after one round to warm up."""
    rounds = [_round(operation, times, clock) for _ in range(ROUNDS + 1)][1:]
    return Measured(what, statistics.median(rounds), min(rounds), max(rounds))


def _round(operation: Callable[[], object], times: int, clock: Clock) -> float:
    began = clock()
    for _ in range(times):
        operation()
    return times / (clock() - began)


def show(title: str, rows: list[Measured]) -> None:
    """Print rates, each with its ratio to the first row of the same run."""
    table = Table("what", "median /s", "slowest", "fastest", "ratio", title=title)
    for row in rows:
        ratio = f"{row.median / rows[0].median:.2f}"
        table.add_row(row.what, f"{row.median:,.0f}", f"{row.slowest:,.0f}", f"{row.fastest:,.0f}", ratio)
    Console().print(table)
