"""What is asked of each event, and at each sweep, is found by an index however many rows there are."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from app import doctor, explain_merges
from app.database import Transaction
from app.records import (
    alerts,
    attempts,
    external_merges,
    gate_findings,
    github_requests,
    hooked,
    issues,
    merge_requests,
    sealed_evaluations,
    step_runs,
    steps_beside,
    watches,
)
from app.records.merge_requests import Wish

NOW = datetime(2027, 1, 1, tzinfo=UTC)
WISH = Wish(
    mode="execute",
    request_id="1",
    source="label",
    asked_by="github",
    until=NOW + timedelta(hours=1),
    repository_id=1,
    number=7,
)


class _Explained:
    """Notes the plan of everything that is executed."""

    def __init__(self, connection: Transaction) -> None:
        self._connection = connection
        self.plans = list[str]()

    def execute(self, query: Any, values: Any = None) -> Any:
        rows = self._connection.execute(f"EXPLAIN {query}".encode(), values).fetchall()
        self.plans += [row["QUERY PLAN"] for row in rows]
        return self._connection.execute(query, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)


@pytest.fixture
def tx(database_url: str) -> Iterator[Any]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        connection.execute("SET enable_seqscan = off")
        yield _Explained(connection)


ASKED: dict[str, Callable[[Any], object]] = {
    "a wish": lambda tx: github_requests.accept(tx, WISH, "a" * 40, NOW),
    "an open wish": lambda tx: github_requests.open_one(tx, 1, 7),
    "a wish that is taken back": lambda tx: github_requests.take_back(tx, 1, 7, NOW),
    "the runs of a wish": lambda tx: github_requests.runs_since(tx, uuid4(), NOW),
    "those that wait": lambda tx: merge_requests.wake(tx, 1, 7),
    "those that look": lambda tx: merge_requests.is_observed(tx, 1, 7, None),
    "those due": lambda tx: merge_requests.take_due(tx, NOW),
    "what follows a merge, and its worker died": lambda tx: steps_beside.put_back_lapsed(tx, NOW),
    "alerts": lambda tx: alerts.about(tx, "pull:1#7"),
    "attempts": lambda tx: (attempts.open_of(tx, 1, 7), attempts.succeeded_of(tx, 1, 7)),
    "reviews": lambda tx: hooked.reviews_of(tx, 1, 7),
    "a merge past the gate": lambda tx: external_merges.of_pull(tx, 1, 7),
    "its verdict": lambda tx: external_merges.had_pass(tx, 1, 7, head_sha="a", base_ref="main"),
    "its group": lambda tx: external_merges.is_of_group(tx, 1, "a"),
    "its delivery": lambda tx: external_merges.was_automatic(tx, "a"),
    "a base branch": lambda tx: gate_findings.is_base(tx, 1, "main"),
    "issues": lambda tx: issues.by_pr_url(tx, "https://github.com/acme/widget/pull/7"),
    "a merge of an issue": lambda tx: issues.is_merging(tx, uuid4()),
    "the runs of an issue": lambda tx: step_runs.under_way(tx, uuid4()),
    "the verdict": lambda tx: sealed_evaluations.stored_for_merge(tx, 1, 7),
    "the newest verdicts": lambda tx: watches.judged_at(tx, 1),
    "what is watched": lambda tx: watches.take_due(tx, {"acme/widget"}, NOW),
    "what was merged unseen": lambda tx: watches.merged_unseen(tx, 1, {7: NOW}),
    "the last webhook": lambda tx: doctor.last_received_at(tx),
    "the page of a pull request": lambda tx: explain_merges.of_pull(tx, 1, 7),
}


@pytest.mark.parametrize("what", ASKED)
def test_it_is_found_by_an_index(tx: Any, what: str) -> None:
    ASKED[what](tx)
    assert tx.plans
    assert [line for line in tx.plans if "Seq Scan" in line and "pinned" not in line] == []
