"""`mergegate workflows watch`: how many of what stand where, what has stopped, and the newest, again and again."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from app import workflows
from app.cli import answers, workflow_tables
from app.cli.tables import dense, lines
from app.database import Transaction
from app.definitions import Type
from app.records import workflows as records
from app.records.workflows import Status, Which
from app.web.api import workflow_shapes
from app.workflows import Standing

LOOK_SECONDS = 2.0
STOPPED: tuple[Status, ...] = ("blocked", "failed")
HEADING_LINES = 6
"""The first line, the names of the columns of three tables, and the lines between those."""
FEWEST_ROWS = 4
MOST_SHOWN = 20


@dataclass(frozen=True)
class Glance:
    """What is seen at once. `stopped`: the newest that a person has to look at, where the filters let such through."""

    at: datetime
    counts: Mapping[tuple[Type, Status], int]
    stopped: Sequence[Standing]
    newest: Sequence[Standing]


def look(tx: Transaction, which: Which, now: datetime) -> Glance:
    """One look; all that it reads is read by key."""
    asked = [replace(which, status=status) for status in STOPPED if which.status in (None, status)]
    stopped = [each for one in asked for each in workflows.page(tx, one, now, limit=MOST_SHOWN).rows]
    newest = workflows.page(tx, which, now, limit=MOST_SHOWN).rows
    stopped.sort(key=lambda each: (each.workflow.updated_at, each.workflow.id), reverse=True)
    return Glance(now, records.counts(tx, which), stopped, newest)


def follow(console: Console, looks: Iterator[Glance], pause: Callable[[float], None] = time.sleep) -> None:
    """Show each look in the place of the one before, until there are no more or somebody presses Ctrl-C."""
    with Live(console=console, screen=True, auto_refresh=False) as live:
        try:
            for glance in looks:
                live.update(frame(glance, console.height), refresh=True)
                pause(LOOK_SECONDS)
        except KeyboardInterrupt:
            return


def frame(glance: Glance, height: int) -> RenderableType:
    """A look for a terminal of so many lines, of which each row takes one."""
    counts = workflow_tables.counted(glance.counts)
    rows = max(height - HEADING_LINES - len(counts.rows), FEWEST_ROWS)
    stopped = glance.stopped[: rows // 2]
    newest = glance.newest[: rows - len(stopped)]
    return Group(
        Text(f"mergegate workflows, {glance.at:%Y-%m-%d %H:%M:%S} UTC; Ctrl-C ends.", no_wrap=True),
        dense(counts, " "),
        Text(),
        dense(workflow_tables.brief(stopped, "Stopped")) if stopped else Text("Nothing has stopped."),
        Text(),
        dense(workflow_tables.brief(newest, "Newest")),
    )


def printed(glance: Glance) -> str:
    """A look where nobody looks at a terminal."""
    counts = lines(workflow_tables.counted(glance.counts))
    stopped = lines(workflow_tables.listed(glance.stopped)) if glance.stopped else ["Nothing has stopped."]
    newest = lines(workflow_tables.listed(glance.newest))
    return "\n".join([*counts, "", "Stopped:", *stopped, "", "Newest:", *newest])


def document(glance: Glance) -> dict[str, Any]:
    """A look as JSON."""
    counts: dict[str, dict[str, int]] = {}
    for (kind, status), count in glance.counts.items():
        counts.setdefault(kind, {})[status] = count
    lists = {"stopped": glance.stopped, "newest": glance.newest}
    said = {name: [answers.document(workflow_shapes.summary(each)) for each in found] for name, found in lists.items()}
    return {"at": glance.at.isoformat(), "counts": counts, **said}
