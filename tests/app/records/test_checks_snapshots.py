"""Checks snapshots: the same checks are the same row, and each capture leaves its receipt."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from psycopg.rows import dict_row

from app.database import Transaction
from app.records import checks_snapshots, issue_evidence, issues
from app.records.checks_snapshots import Wanted
from policies.merging.facts import Check

T0 = datetime(2027, 1, 1, tzinfo=UTC)
HEAD = "a" * 40
RUN = uuid4()
GREEN = Check(
    kind="check_run",
    id=1,
    name="ci",
    app_id=15368,
    status="completed",
    conclusion="success",
    sha=HEAD,
    details_url="https://ci.example/1",
)
RED = GREEN.model_copy(update={"id": 2, "name": "lint", "conclusion": "failure"})
RUNNING = GREEN.model_copy(update={"id": 3, "name": "slow", "status": "queued", "conclusion": None})


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        yield connection


def _wanted(*checks: Check, **changes: object) -> Wanted:
    usual = Wanted(
        run_id=RUN,
        issue_id=None,
        repo_owner="acme",
        repo_name="widget",
        ref=HEAD,
        checks=checks,
        step="S5",
        request_id="r1",
    )
    return Wanted(**{**usual.__dict__, **changes})


def test_it_keeps_the_checks_with_their_counts(tx: Transaction) -> None:
    found = checks_snapshots.get(tx, checks_snapshots.capture(tx, _wanted(GREEN, RED, RUNNING), T0))
    assert found is not None
    assert (found.repo_owner, found.repo_name, found.ref, found.captured_at) == ("acme", "widget", HEAD, T0)
    assert (found.total_count, found.failed_count, found.pending_count) == (3, 1, 1)
    assert (found.checks, found.run_id, found.request_id) == ((GREEN, RED, RUNNING), RUN, "r1")


def test_the_same_checks_are_the_same_row_whatever_their_ids_links_and_order(tx: Transaction) -> None:
    first = checks_snapshots.capture(tx, _wanted(GREEN, RED), T0)
    again = GREEN.model_copy(update={"id": 9, "details_url": "https://ci.example/9"})
    later = T0 + timedelta(hours=1)
    assert checks_snapshots.capture(tx, _wanted(RED, again, run_id=uuid4(), request_id="r2"), later) == first
    found = checks_snapshots.get(tx, first)
    assert found is not None
    assert (found.captured_at, found.run_id, found.request_id) == (T0, RUN, "r1")


@pytest.mark.parametrize(
    "other",
    [
        GREEN.model_copy(update={"conclusion": "failure"}),
        GREEN.model_copy(update={"app_id": 1}),
        GREEN.model_copy(update={"kind": "status"}),
        GREEN.model_copy(update={"name": "CI"}),
        GREEN.model_copy(update={"status": "queued", "conclusion": None}),
    ],
    ids=["another conclusion", "another app", "a status", "another name", "not finished"],
)
def test_other_checks_are_another_row(tx: Transaction, other: Check) -> None:
    first = checks_snapshots.capture(tx, _wanted(GREEN), T0)
    assert checks_snapshots.capture(tx, _wanted(other), T0) != first


@pytest.mark.parametrize("change", [{"repo_owner": "other"}, {"repo_name": "other"}, {"ref": "b" * 40}])
def test_the_same_checks_elsewhere_are_another_row(tx: Transaction, change: dict[str, str]) -> None:
    first = checks_snapshots.capture(tx, _wanted(GREEN), T0)
    assert checks_snapshots.capture(tx, _wanted(GREEN, **change), T0) != first


def test_no_checks_at_all_are_a_snapshot_too(tx: Transaction) -> None:
    found = checks_snapshots.get(tx, checks_snapshots.capture(tx, _wanted(), T0))
    assert found is not None
    assert (found.checks, found.total_count) == ((), 0)


def test_each_capture_leaves_a_receipt_with_its_step(tx: Transaction) -> None:
    issue = issues.create(tx, created_by="alice", now=T0)
    first = checks_snapshots.capture(tx, _wanted(GREEN, issue_id=issue.id, step="S4"), T0)
    checks_snapshots.capture(tx, _wanted(GREEN, issue_id=issue.id), T0)
    receipts = issue_evidence.of_issue(tx, issue.id)
    assert [(each.kind, each.sha, each.run_id) for each in receipts] == [("CHECKS_SNAPSHOT_RECEIPT", HEAD, RUN)] * 2
    assert [each.body for each in receipts] == [
        {"snapshotId": str(first), "gateStep": "S5"},
        {"snapshotId": str(first), "gateStep": "S4"},
    ]


def test_it_finds_no_snapshot_that_is_not_there(tx: Transaction) -> None:
    assert checks_snapshots.get(tx, uuid4()) is None
