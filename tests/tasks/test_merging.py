"""Nothing is merged unless the gate says PASS, and what it lets pass is merged once."""

from dataclasses import replace
from typing import Any

import pytest

from app import ledger
from app.records import postures
from app.records.operator_settings import Where
from app.records.postures import Switch
from tests.tasks import merging
from tests.tasks.house import REPOSITORY, House


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


def test_what_is_approved_and_green_is_merged_at_the_judged_head(ready: House) -> None:
    about = merging.issue(ready)
    head = ready.github.state.pull(REPOSITORY, 1).head_sha
    assert merging.merge(ready, about) == ("merged", None, None)
    (put,) = merging.puts(ready)
    assert put.body == {"sha": head, "merge_method": "squash"}
    assert ready.github.state.pull(REPOSITORY, 1).merged_at is not None
    (row,) = ready.rows("SELECT status, merge_sha FROM issues")
    assert row == {"status": "DONE", "merge_sha": ready.github.state.repository(REPOSITORY).branches["main"]}
    with ready.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


def test_what_was_asked_three_times_is_merged_once_and_told_thrice(ready: House) -> None:
    about = merging.issue(ready)
    asked = [merging.ask(ready, about) for _ in range(3)]
    ready.work()
    outcomes = sorted(merging.said(ready, run_id)[0] for run_id in asked)
    assert outcomes == ["already_merged", "already_merged", "merged"]
    assert len(merging.puts(ready)) == 1
    assert merging.kinds_of_audit(ready).count("MERGED") == 1
    merged = ready.rows("SELECT DISTINCT answer->>'merge_sha' AS sha FROM step_runs")
    assert [row["sha"] for row in merged] == [ready.github.state.repository(REPOSITORY).branches["main"]]
    events = ready.rows("SELECT type FROM timeline_events WHERE type = 'loop_merged'")
    assert len(events) == 1


def test_a_merge_has_its_rows_before_it_leaves(ready: House) -> None:
    with ready.dying_at("merge.spent"):
        merging.merge(ready)
    (attempt,) = ready.rows("SELECT state, request, evidence, audit_seq FROM merge_attempts")
    head = ready.github.state.pull(REPOSITORY, 1).head_sha
    assert attempt["state"] == "SENT"
    assert attempt["request"]["body"] == {"sha": head, "merge_method": "squash"}
    assert attempt["evidence"]["review_ids"]
    assert attempt["evidence"]["check_ids"]
    assert merging.kinds_of_audit(ready)[-1] == "merge_decided"
    assert merging.puts(ready) == []


POINTS = ["merge.claimed", "merge.read", "merge.final_read", "merge.before_commit.intent", "merge.intent"]
LATER_POINTS = ["merge.before_commit.sent", "merge.spent", "merge.requested", "merge.verified"]
LAST_POINTS = ["merge.before_commit.result", "merge.recorded"]


@pytest.mark.matrix
@pytest.mark.parametrize("point", [*POINTS, *LATER_POINTS, *LAST_POINTS])
def test_a_worker_that_dies_merges_nothing_twice(ready: House, point: str) -> None:
    """The App's own token is made by the real clock and lives for five minutes, so all of it takes less."""
    ready.with_settings(lease_seconds=10, merge_lease_seconds=30, merge_settle_seconds=20)
    about = merging.issue(ready)
    with ready.dying_at(point):
        merging.merge(ready, about)
    for _ in range(6):
        ready.clock.forward(31)
        ready.sweep()
    effective = [put for put in merging.puts(ready) if put.effect == "yes"]
    assert len(effective) == 1
    assert [row["status"] for row in ready.rows("SELECT status FROM issues")] == ["DONE"]
    assert merging.kinds_of_audit(ready).count("MERGED") == 1


@pytest.mark.parametrize("status", [500, 502, "drop", "cut"])
def test_a_merge_without_an_answer_is_found_by_reading(ready: House, status: Any) -> None:
    ready.github.fault("PUT", "/merge$", status, when="after")
    assert merging.merge(ready) == ("merged", None, None)
    assert len(merging.puts(ready)) == 1
    (attempt,) = ready.rows("SELECT state, history FROM merge_attempts")
    assert attempt["state"] == "SUCCEEDED"
    assert [step["state"] for step in attempt["history"]] == ["INTENT", "SENT", "IN_DOUBT", "SUCCEEDED"]


def test_a_merge_that_github_did_not_make_is_made_later(ready: House) -> None:
    ready.github.fault("PUT", "/merge$", 502)
    run_id = merging.ask(ready)
    ready.work()
    for seconds in (1, 4, 15, 40):
        assert merging.said(ready, run_id) == (None, None, None)
        ready.clock.forward(seconds)
        ready.sweep()
    assert merging.said(ready, run_id) == ("retry_scheduled", "MERGE_FAILED", "MERGE_NOT_PERFORMED")
    ready.clock.forward(61)
    ready.sweep()
    assert ready.rows("SELECT outcome FROM step_runs ORDER BY started_at")[-1]["outcome"] == "merged"


def test_a_moved_base_is_judged_anew_and_then_merged(ready: House) -> None:
    ready.github.fault("PUT", "/merge$", 405, message="Base branch was modified. Review and try the merge again.")
    assert merging.merge(ready) == ("merged", None, None)
    assert len(merging.puts(ready)) == 2


def test_a_dry_run_leaves_its_audit_entry_and_events_and_nothing_else(ready: House) -> None:
    about = merging.issue(ready)
    tables = ("issues", "checks_snapshots", "issue_evidence", "merge_attempts", "merge_leases", "alerts", "evaluations")
    before = {table: ready.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables}
    audited = merging.kinds_of_audit(ready)
    assert merging.merge(ready, about, mode="dryRun") == ("would_merge", None, None)
    assert {table: ready.rows(f"SELECT * FROM {table} ORDER BY 1") for table in tables} == before
    assert merging.kinds_of_audit(ready)[len(audited) :] == ["WOULD_MERGE"]
    assert merging.puts(ready) == []


def test_a_freeze_that_begins_after_the_last_reading_stops_the_merge(ready: House) -> None:
    def freeze(name: str) -> None:
        if name == "merge.intent":
            switch = Switch(name="frozen", on=True)
            with ready.context.pool.connection() as tx:
                postures.set_posture(tx, Where(), switch, by="olga", reason="release", now=ready.clock())

    ready.context = replace(ready.context, checkpoint=freeze)
    assert merging.merge(ready) == ("retry_scheduled", "MERGE_FAILED", "FROZEN")
    assert merging.puts(ready) == []
