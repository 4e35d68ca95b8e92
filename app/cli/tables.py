"""Tables: drawn on a terminal, else a line for each row, in whole; what stands in them is safe to show."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import click
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Drawing
from rich.text import Text

from policies.text import plain

GAP = "  "
COLOURS = {
    "succeeded": "green",
    "done": "green",
    "running": "blue",
    "pending": "yellow",
    "waiting": "yellow",
    "blocked": "red",
    "failed": "red",
    "stopped": "red",
}
"""Of the words that statuses are told by; each is told by its word as well."""


@dataclass(frozen=True)
class Table:
    """`rows`: a text for each of the columns; a line break in the last one is kept on a terminal alone."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]


def show(table: Table, otherwise: Table | None = None) -> None:
    """Print it; `otherwise`: what is printed where nobody looks at a terminal, by default the same."""
    if sys.stdout.isatty():
        terminal().print(drawn(table))
    else:
        click.echo("\n".join(lines(otherwise or table)))


def terminal() -> Console:
    """Text is text there: no markup, no emoji, nothing made of what looks like a number."""
    return Console(markup=False, emoji=False, highlight=False)


def drawn(table: Table) -> Drawing:
    """As a terminal of any width shows it: the last column takes what is left, and breaks."""
    drawing = _headed(table, GAP)
    drawing.columns[-1].overflow = "fold"
    for row in table.rows:
        drawing.add_row(*map(_cell, row))
    return drawing


def dense(table: Table, gap: str = GAP) -> Drawing:
    """The same with one line for each row, cut where the terminal ends."""
    drawing = _headed(table, gap)
    drawing.columns[-1].no_wrap = True
    for row in table.rows:
        drawing.add_row(*(_cell(plain(cell)) for cell in row))
    return drawing


def _headed(table: Table, gap: str) -> Drawing:
    drawing = Drawing(box=None, padding=(0, len(gap), 0, 0), pad_edge=False)
    for name, width in list(zip(table.columns, _widths(table), strict=True))[:-1]:
        drawing.add_column(name, no_wrap=True, min_width=width)
    drawing.add_column(table.columns[-1], overflow="ellipsis")
    return drawing


def _cell(text: str) -> Text:
    return Text("\n".join(map(plain, text.split("\n"))), COLOURS.get(text, ""))


def lines(table: Table) -> list[str]:
    """One for each row after the names of the columns, which begin at the same place in all of them."""
    widths = _widths(table)
    return [_line(row, widths) for row in (table.columns, *table.rows)]


def _widths(table: Table) -> list[int]:
    rows = (table.columns, *table.rows)
    return [max(cell_len(plain(row[place])) for row in rows) for place in range(len(table.columns))]


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = (plain(cell) for cell in row)
    padded = (cell + " " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True))
    return GAP.join(padded).rstrip()
