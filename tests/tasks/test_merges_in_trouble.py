"""What is in the way of a merge, and what comes after one: each with the words of the contract."""

from dataclasses import replace
from typing import Any

import pytest

from app.governor import Governor
from app.records import merge_leases
from app.simulator.records import Pull
from tests.tasks import merging
from tests.tasks.house import REPOSITORY, House


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


def _pull(house: House) -> Pull:
    return house.github.state.pull(REPOSITORY, 1)


def test_an_issue_without_a_link_names_what_is_missing(ready: House) -> None:
    assert merging.merge(ready, merging.issue(ready, pr_url=None)) == ("blocked", "NO_PR_LINKED", None)


def test_a_repository_that_is_not_ours_is_refused_before_github_is_asked(ready: House) -> None:
    asked = len(ready.github.requests)
    about = merging.issue(ready, pr_url="https://github.com/other/x/pull/1")
    assert merging.merge(ready, about) == ("blocked", "PR_NOT_FOUND", "CROSS_TENANT_LINK")
    assert len(ready.github.requests) == asked


def test_a_repository_that_was_made_anew_is_refused(ready: House) -> None:
    with ready.context.pool.connection() as tx:
        tx.execute("UPDATE pinned_repositories SET repository_id = 4711")
    about = merging.issue(ready)
    assert merging.merge(ready, about) == ("blocked", "PR_NOT_FOUND", "REPO_ID_MISMATCH")


def test_another_merge_into_the_base_is_waited_for(ready: House) -> None:
    about = merging.issue(ready)
    with ready.context.pool.connection() as tx:
        other = ready.rows("SELECT id FROM runs LIMIT 1")[0]["id"]
        merge_leases.acquire(tx, other, ready.repository_id, "main", now=ready.clock(), seconds=60)
    run_id = merging.ask(ready, about)
    ready.work()
    assert merging.said(ready, run_id) == (None, None, None)
    ready.clock.forward(61)
    ready.sweep()
    assert merging.said(ready, run_id) == ("merged", None, None)


def test_without_redis_nothing_is_merged(ready: House) -> None:
    settings = ready.context.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    ready.context = replace(ready.context, governor=Governor.of(settings))
    said = merging.merge(ready)
    assert said == ("retry_scheduled", "MERGE_FAILED", "IDEMPOTENCY_STORE_UNAVAILABLE")
    assert merging.puts(ready) == []


def test_safe_mode_is_what_a_local_merger_means(ready: House) -> None:
    ready.with_settings(github_merger="local")
    assert merging.merge(ready) == ("blocked", "MERGE_FAILED", "SAFE_MODE")


def test_a_repository_that_is_not_switched_on_gets_dry_runs(ready: House) -> None:
    ready.with_settings(merge_repositories=(), github_merger="local")
    about = merging.issue(ready)
    assert merging.merge(ready, about) == ("would_merge", None, None)
    assert ready.rows("SELECT status FROM issues") == [{"status": "REVIEW_READY"}]


def test_a_branch_without_the_gates_own_check_is_merged_into_only_where_that_is_overridden(ready: House) -> None:
    with ready.context.pool.connection() as tx:
        tx.execute("DELETE FROM gate_findings")
    assert merging.merge(ready) == ("blocked", "MERGE_FAILED", "NOT_PERMITTED")


@pytest.mark.parametrize(
    ("status", "message", "said"),
    [
        (403, "Resource not accessible by integration", ("blocked", "MERGE_FAILED", "NOT_PERMITTED")),
        (403, "Repository was archived so is read-only.", ("blocked", "MERGE_FAILED", "REPO_ARCHIVED")),
        (405, "Repository rule violations found", ("blocked", "MERGE_FAILED", "GITHUB_REJECTED")),
        (405, "Squash merges are not allowed on this repository.", ("blocked", "MERGE_FAILED", "METHOD_NOT_ALLOWED")),
        (
            409,
            "Head branch was modified. Review and try the merge again.",
            ("blocked", "MERGE_FAILED", "HEAD_SHA_MISMATCH"),
        ),
        (422, "Validation Failed", ("blocked", "MERGE_FAILED", "GITHUB_REJECTED")),
    ],
)
def test_a_definite_no_is_told_as_what_it_is(ready: House, status: int, message: str, said: Any) -> None:
    ready.github.fault("PUT", "/merge$", status, message=message)
    assert merging.merge(ready) == said
    assert len(merging.puts(ready)) == 1
    assert ready.rows("SELECT state FROM merge_attempts") == [{"state": "FAILED"}]


def test_a_limit_is_waited_for_and_then_all_is_judged_anew(ready: House) -> None:
    ready.github.limit_secondary("PUT", "/merge$", retry_after=60)
    assert merging.merge(ready) == ("retry_scheduled", "MERGE_FAILED", "RATE_LIMITED")
    (request,) = ready.rows("SELECT due_at FROM merge_requests")
    assert (request["due_at"] - ready.clock()).total_seconds() >= 60
    ready.clock.forward(62)
    ready.sweep()
    assert ready.rows("SELECT outcome FROM step_runs ORDER BY started_at")[-1]["outcome"] == "merged"


def test_a_refused_token_is_asked_for_anew(ready: House) -> None:
    ready.github.fault("PUT", "/merge$", 401, message="Bad credentials")
    assert merging.merge(ready) == ("merged", None, None)
    assert [put.effect for put in merging.puts(ready)] == ["no", "yes"]


def test_a_merge_by_hand_ends_the_issue_and_is_told_as_what_it_is(ready: House) -> None:
    about = merging.issue(ready)
    ready.github.merge(REPOSITORY, 1, by="mallory")
    assert merging.merge(ready, about) == ("already_merged", "PR_ALREADY_MERGED", None)
    assert ready.rows("SELECT status FROM issues") == [{"status": "DONE"}]
    assert ready.rows("SELECT 1 FROM timeline_events WHERE type = 'loop_merged'") == []
    assert "EXTERNAL_MERGE" in merging.kinds_of_audit(ready)
    assert merging.puts(ready) == []


def test_a_repository_is_pinned_by_its_first_merge_too(ready: House) -> None:
    """Where no status may be written, nothing else has pinned it before."""
    with ready.context.pool.connection() as tx:
        tx.execute("DELETE FROM pinned_repositories")
    assert merging.merge(ready) == ("merged", None, None)
    pinned = ready.rows("SELECT full_name, repository_id FROM pinned_repositories")
    assert pinned == [{"full_name": REPOSITORY, "repository_id": ready.repository_id}]


def test_a_dry_run_pins_nothing(ready: House) -> None:
    with ready.context.pool.connection() as tx:
        tx.execute("DELETE FROM pinned_repositories")
    assert merging.merge(ready, mode="dryRun") == ("would_merge", None, None)
    assert ready.rows("SELECT 1 FROM pinned_repositories") == []
