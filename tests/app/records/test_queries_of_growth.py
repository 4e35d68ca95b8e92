"""What is asked again and again is found by an index however many rows there are: the planner is free to choose it."""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from app import ledger
from app import workflows as seen
from app.cursors import NEWEST, OLDEST, Mark
from app.records import (
    alerts,
    bindings,
    intents,
    issues,
    lapses,
    paused_steps,
    pauses,
    pruning,
    rounds,
    run_intents,
    runs,
    shown_intents,
    steps,
    steps_beside,
    workflows,
)
from app.records.prunable import RULES, What
from app.records.workflows import Which
from tests import databases, growth

ROWS, PAUSED = 20_000, 2_000
BATCH = 15
"""So few of these rows are what the real batches are of half a million."""
NOW = datetime.now(UTC) + timedelta(days=1)
LONG_AGO = Mark(NOW - timedelta(days=1.5), UUID(int=7))
LARGE = (
    "workflows",
    "steps",
    "deliveries",
    "snapshots",
    "evaluations",
    "issues",
    "alerts",
    "merge_requests",
    "artifacts",
    "intents",
)
SCANNED = re.compile(r"Seq Scan on (\w+)")
SORTED = re.compile(r"Sort .*rows=(\d+)")
MOST_SORTED = 1_000


class _Explained:
    """Notes the plan of everything that is executed."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.plans = list[str]()
        self.how = "EXPLAIN"

    def execute(self, query: Any, values: Any = None) -> Any:
        text = query.decode() if isinstance(query, bytes) else query
        if text.lstrip("( \n").split()[0] in ("SELECT", "WITH", "UPDATE", "DELETE"):
            rows = self._connection.execute(f"{self.how} {text}".encode(), values).fetchall()
            self.plans += [row["QUERY PLAN"] for row in rows]
        return self._connection.execute(query, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.fixture(scope="module")
def grown(postgres: str) -> Iterator[str]:
    with databases.fresh(postgres) as url:
        growth.fill(url, ROWS, due=500)
        growth.fill_the_rest(url)
        growth.pause(url, PAUSED)
        yield url


@pytest.fixture
def tx(grown: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setattr(steps, "DUE_BATCH", BATCH)
    monkeypatch.setattr(pruning, "BATCH_ROWS", BATCH)
    with psycopg.connect(grown, row_factory=dict_row) as connection:
        yield _Explained(connection)
        connection.rollback()


def _claimed(tx: Any) -> None:
    due = tx.execute(
        "SELECT id FROM workflows WHERE status = 'pending' ORDER BY created_at DESC, id DESC LIMIT 1"
    ).fetchone()
    run = runs.claim(tx, due["id"], NOW, 60)
    assert run is not None
    runs.snooze(tx, run, NOW, "Not now.", now=NOW)


def _listed(which: Which, after: Mark) -> Callable[[Any], object]:
    return lambda tx: workflows.page(tx, which, after=after, limit=BATCH)


def _shown(tx: Any) -> None:
    stopped = tx.execute(
        "SELECT id FROM workflows WHERE status = 'blocked' ORDER BY created_at DESC, id DESC LIMIT 1"
    ).fetchone()
    assert stopped is not None
    seen.show(tx, stopped["id"], NOW)


def _chosen(what: What) -> Callable[[Any], object]:
    return lambda tx: pruning.choose(tx, what, NOW)


LISTED = {
    "all": Which(),
    "a type": Which(type="merge"),
    "a status": Which(status="blocked"),
    "a repository": Which(repository="Octo/Repo-7"),
    "a type and status": Which(type="merge", status="failed"),
    "a repository and status": Which(repository="octo/repo-7", status="waiting"),
    "a repository and type": Which(repository="octo/repo-7", type="merge"),
    "a subject": Which(subject="evaluate:8"),
    "a pull request": Which(subject="pull:4#4"),
    "a named pull request": Which(subject="octo/repo-4#4"),
    "an issue": Which(subject=f"issue:{UUID(int=4)}"),
    "itself": Which(subject=f"run:{UUID(int=4)}"),
    "a kind": Which(kind="evaluate"),
    "a kind that is rare": Which(kind="merge_group"),
}
ASKED: dict[str, Callable[[Any], object]] = {
    "claim": _claimed,
    "what is due": lambda tx: steps.take_due(tx, NOW),
    "what is put aside": lambda tx: paused_steps.put_aside(tx, NOW),
    "what is taken back": paused_steps.take_back,
    "what has lapsed": lambda tx: lapses.found(tx, NOW),
    "lapsed writes": lambda tx: steps_beside.put_back_lapsed(tx, NOW),
    "a write to be claimed": lambda tx: intents.claim(tx, UUID(int=1), NOW, 60),
    "what waits to be written": lambda tx: intents.put_aside(tx, "status:1:sha:mergegate: main", NOW),
    "what a setting may let go": lambda tx: run_intents.reopen_all(tx, 7, NOW),
    "a round": lambda tx: rounds.open_due(tx, "gates", every_seconds=1, now=NOW),
    "runs": lambda tx: bindings.page(tx, after=LONG_AGO, limit=BATCH),
    "issues": lambda tx: issues.page(tx, None, after=LONG_AGO, limit=BATCH),
    "issues of a state": lambda tx: issues.page(tx, "HOLD", after=LONG_AGO, limit=BATCH),
    "alerts": lambda tx: alerts.page(tx, after=LONG_AGO, limit=BATCH),
    "intents": lambda tx: shown_intents.page(tx, "waiting", after=OLDEST, limit=BATCH),
    "pauses": lambda tx: pauses.page(tx, after=NEWEST, limit=BATCH),
    "a workflow, whole": _shown,
    "the audit of a subject": lambda tx: ledger.about(tx, ["pull:1#7"]),
    **{f"workflows of {name}": _listed(which, NEWEST) for name, which in LISTED.items()},
    **{f"later workflows of {name}": _listed(which, LONG_AGO) for name, which in LISTED.items()},
    **{f"old {what}": _chosen(what) for what in RULES},
}


@pytest.mark.parametrize("name", ASKED)
def test_no_table_that_grows_is_read_or_sorted_as_a_whole(tx: Any, name: str) -> None:
    ASKED[name](tx)
    plan = "\n".join(tx.plans)
    assert plan
    assert [table for table in SCANNED.findall(plan) if table in LARGE] == [], plan
    assert [rows for rows in SORTED.findall(plan) if int(rows) > MOST_SORTED] == [], plan


def test_of_what_was_imported_only_that_of_the_number_is_read(tx: Any) -> None:
    """There may be many of the repository."""
    found = workflows.page(tx, Which(subject="Octo/Repo-4#5"), limit=BATCH)
    assert {(each.kind, each.full_name, each.number) for each in found.rows} == {("imported", "octo/repo-4", 5)}
    assert "workflows_imported" in "\n".join(tx.plans)


@pytest.mark.parametrize("what", RULES)
def test_what_goes_is_deleted_by_index_too(tx: Any, what: What) -> None:
    """Also where a foreign key has rows looked for: an index begins with each column that refers to what is deleted."""
    batch = pruning.choose(tx, what, NOW)
    assert batch is not None
    tx.plans.clear()
    pruning.let_go(tx, what, batch.chosen, NOW)
    assert [table for table in SCANNED.findall("\n".join(tx.plans)) if table in LARGE] == []


FILTERED = {
    "a type": Which(type="merge"),
    "a kind": Which(kind="evaluate"),
    "a kind that is rare": Which(kind="merge_group"),
    "a repository": Which(repository="octo/repo-7"),
    "a type and status that is rare": Which(type="merge", status="failed"),
}
READ = re.compile(r"(?:actual time.*? rows=|Rows Removed by Filter: )(\d+)")


@pytest.mark.parametrize("name", FILTERED)
def test_a_list_and_a_look_read_few_of_what_does_not_fit(tx: Any, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a type, a kind or a repository of thousands, none of which has the status that is looked for."""
    monkeypatch.setattr(workflows, "MOST_COUNTED", BATCH)
    tx.how = "EXPLAIN ANALYZE"
    for ask in (workflows.counts, lambda tx, which: workflows.page(tx, which, limit=BATCH)):
        tx.plans.clear()
        ask(tx, FILTERED[name])
        most = max(map(int, READ.findall("\n".join(tx.plans))))
        assert most <= len(workflows.STATUSES) * (BATCH + 1), "\n".join(tx.plans)


def test_a_sweep_reads_nothing_of_what_was_put_aside(tx: Any) -> None:
    assert paused_steps.put_aside(tx, NOW) == PAUSED
    tx.plans.clear()
    tx.how = "EXPLAIN ANALYZE"
    assert len(steps.take_due(tx, NOW)) == BATCH
    plan = "\n".join(tx.plans)
    assert max(map(int, READ.findall(plan))) == BATCH, plan


REFERRING = """
SELECT conrelid::regclass::text || ' ' || attname AS place FROM pg_constraint
JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
WHERE contype = 'f' AND confrelid = ANY(%(deleted)s::regclass[]) AND NOT EXISTS (
    SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1])
"""
DELETED = ["workflows", "evaluations", "intents", "decisions", "bindings", "merge_requests", "deliveries", "snapshots"]


def test_each_reference_to_what_is_deleted_has_an_index(tx: Any) -> None:
    found = tx.execute(REFERRING, {"deleted": DELETED}).fetchall()
    assert [row["place"] for row in found] == []
