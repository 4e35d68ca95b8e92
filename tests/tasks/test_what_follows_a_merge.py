"""The head branch deleted where that is safe, a head brought up to date, and GitHub's queue in place of a merge."""

from typing import Any

import pytest

from app.events import Merged
from app.simulator.journal import Write
from app.simulator.queueing import QUEUE
from tests.tasks import merging, steering
from tests.tasks.house import REPOSITORY, House
from tests.tasks.merge_wishes import write_gate


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


def _rules(house: House, **rules: Any) -> None:
    """The gate file of the base branch, and the verdict after it."""
    lines = "\n".join(f"  {name}: {str(value).lower()}" for name, value in rules.items())
    write_gate(house, f"merge:\n{lines}\n")
    merging.evaluated(house)


def _written(house: House, method: str) -> list[Write]:
    return [write for write in house.github.journal.writes if write.method == method and "/git/refs/" in write.path]


def _branches(house: House) -> set[str]:
    return set(house.github.state.repository(REPOSITORY).branches)


def test_the_head_branch_is_deleted_after_the_merge(ready: House) -> None:
    ready.kinds = (*ready.kinds, "branch_delete")
    _rules(ready, delete_branch=True)
    assert merging.merge(ready) == ("merged", None, None)
    assert _branches(ready) == {"main"}
    kinds = ready.rows("SELECT kind, state FROM merge_attempts ORDER BY seq")
    assert [(row["kind"], row["state"]) for row in kinds] == [("merge", "SUCCEEDED"), ("branch_delete", "SUCCEEDED")]


def test_a_branch_that_is_not_asked_to_go_stays(ready: House) -> None:
    assert merging.merge(ready) == ("merged", None, None)
    assert _branches(ready) == {"main", "feature"}


def test_a_refused_deletion_is_a_warning_and_no_outcome(ready: House) -> None:
    ready.kinds = (*ready.kinds, "branch_delete")
    _rules(ready, delete_branch=True)
    ready.github.fault("DELETE", "/git/refs/", 403, message="Resource not accessible by integration")
    assert merging.merge(ready) == ("merged", None, None)
    assert ready.rows("SELECT code, severity FROM alerts") == [{"code": "DELETE_BRANCH_FAILED", "severity": "warning"}]
    assert len(_written(ready, "DELETE")) == 1


def test_a_deletion_at_which_every_worker_dies_is_a_warning_and_tried_no_more(ready: House) -> None:
    _rules(ready, delete_branch=True)
    merging.ask(ready)
    ready.run(*ready.sent.pop(0))
    ready.rows("UPDATE steps SET attempts = 7 WHERE name = 'delete_branch' RETURNING id")
    with ready.dying_at("merge.branch_spent"):
        ready.work()
    for _ in range(2):
        steering.later(ready, 200)
    assert ready.rows("SELECT status, attempts FROM steps WHERE name = 'delete_branch'") == [
        {"status": "stopped", "attempts": 9}
    ]
    assert ready.rows("SELECT code, severity FROM alerts") == [{"code": "DELETE_BRANCH_FAILED", "severity": "warning"}]
    assert _written(ready, "DELETE") == []


def test_a_branch_that_moved_after_the_merge_stays_and_that_is_told(ready: House) -> None:
    _rules(ready, delete_branch=True)
    run_id = merging.ask(ready)
    ready.run(*ready.sent.pop(0))
    assert merging.said(ready, run_id)[0] == "merged"
    ready.github.push(REPOSITORY, "feature", {"b.py": "2"}, by="bob")
    ready.work()
    assert "feature" in _branches(ready)
    assert "BRANCH_MOVED_AFTER_MERGE" in merging.kinds_of_audit(ready)
    assert _written(ready, "DELETE") == []


def test_a_branch_that_another_pull_request_goes_into_stays(ready: House) -> None:
    _rules(ready, delete_branch=True)
    head = ready.github.state.pull(REPOSITORY, 1).head_sha
    ready.github.create_branch(REPOSITORY, "on-top", at=head)
    ready.github.push(REPOSITORY, "on-top", {"c.py": "3"}, by="bob")
    ready.github.open_pull(REPOSITORY, "on-top", by="bob", title="On top", base="feature")
    assert merging.merge(ready) == ("merged", None, None)
    assert "feature" in _branches(ready)


def test_a_deletion_without_an_answer_is_looked_at_and_not_made_twice(ready: House) -> None:
    ready.kinds = (*ready.kinds, "branch_delete")
    _rules(ready, delete_branch=True)
    ready.github.fault("DELETE", "/git/refs/", 502, when="after")
    assert merging.merge(ready) == ("merged", None, None)
    ready.clock.forward(30)
    ready.sweep()
    assert len(_written(ready, "DELETE")) == 1
    assert ready.rows("SELECT status FROM steps WHERE name = 'delete_branch'") == [{"status": "done"}]


def test_an_old_head_is_brought_up_to_date_once_and_then_judged_anew(ready: House) -> None:
    ready.kinds = (*ready.kinds, "update_branch")
    _rules(ready, update_branch=True)
    ready.github.protect(REPOSITORY, strict=True, checks=["ci"])
    ready.github.push(REPOSITORY, "main", {"d.py": "4"}, by="alice")
    merging.evaluated(ready)
    ready.clock.forward(2)
    head = ready.github.state.pull(REPOSITORY, 1).head_sha
    assert merging.merge(ready) == ("retry_scheduled", "MERGE_FAILED", "BEHIND_BASE")
    assert ready.github.state.pull(REPOSITORY, 1).head_sha != head
    assert merging.puts(ready) == []
    ready.clock.forward(61)
    ready.sweep()
    last = ready.rows("SELECT outcome, answer->>'code' AS code FROM step_runs ORDER BY started_at")[-1]
    assert (last["outcome"], last["code"]) == ("blocked", "SNAPSHOT_NOT_FOUND")


def test_a_base_with_a_merge_queue_gets_an_entry_and_no_merge(ready: House) -> None:
    ready.kinds = (*ready.kinds, "enqueue")
    about = merging.issue(ready)
    ready.github.add_ruleset(REPOSITORY, queue="squash")
    assert merging.merge(ready, about) == ("retry_scheduled", "MERGE_FAILED", "MERGE_QUEUE_REQUIRED")
    assert merging.puts(ready) == []
    (entry,) = ready.github.state.repository(REPOSITORY).queues["main"]
    assert entry.number == 1
    head = ready.github.state.pull(REPOSITORY, 1).head_sha
    ready.github.merge_next(REPOSITORY)
    ready.clock.forward(2)
    merged = Merged(by=QUEUE, sha=entry.head_sha, automatic=False)
    ready.deliver(ready.event("pull_request", "closed", pulls=(1,), head_sha=head, branch="main", merged=merged))
    ready.work()
    assert ready.rows("SELECT status, merge_sha FROM issues") == [{"status": "DONE", "merge_sha": entry.head_sha}]
    kinds = merging.kinds_of_audit(ready)
    assert (kinds.count("MERGED"), kinds.count("EXTERNAL_MERGE")) == (1, 0)
    assert ready.rows("SELECT count(*) AS n FROM timeline_events WHERE type = 'loop_merged'") == [{"n": 1}]


def test_an_entry_that_github_lets_go_of_is_told_and_may_be_asked_for_again(ready: House) -> None:
    ready.kinds = (*ready.kinds, "enqueue")
    ready.github.add_ruleset(REPOSITORY, queue="squash")
    assert merging.merge(ready) == ("retry_scheduled", "MERGE_FAILED", "MERGE_QUEUE_REQUIRED")
    ready.github.dequeue(REPOSITORY, 1)
    run_id = merging.ask(ready)
    ready.work()
    for seconds in (5, 20, 60):
        assert merging.said(ready, run_id) == (None, None, None)
        ready.clock.forward(seconds)
        ready.sweep()
    assert merging.said(ready, run_id) == ("blocked", "MERGE_FAILED", "GITHUB_REJECTED")
    assert merging.merge(ready) == ("retry_scheduled", "MERGE_FAILED", "MERGE_QUEUE_REQUIRED")
