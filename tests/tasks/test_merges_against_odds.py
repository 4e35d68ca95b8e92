"""Merges while everything else happens: workers that die or pause, branches turned elsewhere, switches thrown."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from app.events import Merged
from app.records import gate_findings, merge_leases, postures
from app.records.operator_settings import Where
from app.records.postures import Switch
from app.simulator.queueing import QUEUE
from tasks import merge
from tests.tasks import merging
from tests.tasks.desk import ISSUES, desk
from tests.tasks.house import REPOSITORY, House
from tests.tasks.odds import at, attempts_of, behind, later, lose_redis
from tests.tasks.test_merges_of_issues import reviewed


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


def test_a_dry_run_that_is_switched_on_in_the_last_moment_is_one(ready: House) -> None:
    def switch() -> None:
        on = Switch(name="dry_run", on=True)
        with ready.context.pool.connection() as tx:
            postures.set_posture(tx, Where(), on, by="olga", reason="stop", now=ready.clock())

    at(ready, "merge.intent", switch)
    run_id = merging.ask(ready)
    ready.work()
    later(ready, 6)
    assert merging.said(ready, run_id) == ("would_merge", None, None)
    assert merging.puts(ready) == []
    assert [state for _, state, _ in attempts_of(ready)] == ["FAILED"]


def test_the_lease_of_one_base_is_none_for_another(ready: House) -> None:
    """The pull request is turned to another branch, and judged there, after its first base was leased."""
    main = ready.github.state.repository(REPOSITORY).branches["main"]
    ready.github.create_branch(REPOSITORY, "release", at=main)
    with ready.context.pool.connection() as tx:
        gate_findings.override(tx, ready.repository_id, "release", by="olga", reason="a test", now=ready.clock())

    def turn() -> None:
        ready.clock.forward(1)
        ready.github.retarget(REPOSITORY, 1, "release")
        head = ready.github.state.pull(REPOSITORY, 1).head_sha
        ready.deliver(ready.event("pull_request", "edited", pulls=(1,), head_sha=head, branch="release"))
        ready.work()

    at(ready, "merge.leased", turn)
    run_id = merging.ask(ready)
    ready.work()
    assert merging.said(ready, run_id) == ("merged", None, None)
    assert ready.rows("SELECT base_ref FROM merge_attempts") == [{"base_ref": "release"}]
    assert ready.rows("SELECT 1 FROM merge_leases") == []


def test_a_base_that_another_run_got_meanwhile_is_waited_for(ready: House) -> None:
    other = ready.rows("SELECT id FROM runs LIMIT 1")[0]["id"]

    def lapse() -> None:
        with ready.context.pool.connection() as tx:
            tx.execute("UPDATE merge_leases SET held_until = %(now)s", {"now": ready.clock()})
            merge_leases.acquire(tx, other, ready.repository_id, "main", now=ready.clock(), seconds=20)

    at(ready, "merge.final_read", lapse)
    run_id = merging.ask(ready)
    ready.work()
    assert (merging.said(ready, run_id), merging.puts(ready)) == ((None, None, None), [])
    assert ready.rows(f"SELECT status FROM runs WHERE id = '{run_id}'") == [{"status": "pending"}]
    later(ready, 6, 6, 6, 6)
    assert merging.said(ready, run_id) == ("merged", None, None)


def test_a_lease_that_has_lapsed_is_none_though_nobody_else_has_it(ready: House) -> None:
    ready.with_settings(merge_lease_seconds=30)
    at(ready, "merge.final_read", lambda: ready.clock.forward(31))
    run_id = merging.ask(ready)
    ready.work()
    assert (merging.said(ready, run_id), merging.puts(ready)) == ((None, None, None), [])
    later(ready, 6)
    assert merging.said(ready, run_id) == ("merged", None, None)


def test_the_base_is_held_until_it_is_known_what_has_become_of_it(ready: House) -> None:
    ready.with_settings(merge_lease_seconds=30, merge_settle_seconds=300)
    ready.github.fault("PUT", "/merge$", 502)
    run_id = merging.ask(ready)
    ready.work()
    later(ready, 1, 4, 15, 40)
    ready.clock.forward(200)
    other = ready.rows("SELECT id FROM runs LIMIT 1")[0]["id"]
    with ready.context.pool.connection() as tx:
        taken = merge_leases.acquire(tx, other, ready.repository_id, "main", now=ready.clock(), seconds=20)
    assert not isinstance(taken, merge_leases.MergeLease)
    later(ready, 41)
    assert merging.said(ready, run_id) == ("retry_scheduled", "MERGE_FAILED", "MERGE_NOT_PERFORMED")
    assert ready.rows("SELECT 1 FROM merge_leases") == []


def test_a_worker_that_runs_out_of_time_in_the_middle_of_a_merge_keeps_the_base(ready: House) -> None:
    def late() -> None:
        raise SoftTimeLimitExceeded

    at(ready, "merge.requested", late)
    run_id = merging.ask(ready)
    ready.work()
    assert ready.rows(f"SELECT 1 AS n FROM merge_leases WHERE run_id = '{run_id}'") == [{"n": 1}]
    later(ready, 6)
    assert merging.said(ready, run_id)[0] == "already_merged"


def test_what_nobody_could_read_for_long_is_told_as_unknown(ready: House) -> None:
    """Not even the repository can be read after the request, whose end is not known for that long."""
    ready.github.fault("PUT", "/merge$", 502)
    run_id = merging.ask(ready)
    at(ready, "merge.requested", lambda: ready.github.fault("GET", ".", 502, times=99))
    ready.work()
    later(ready, 1, 4, 15, 40)
    assert merging.said(ready, run_id) == ("needs_operator", "MERGE_FAILED", "OUTCOME_UNKNOWN")
    assert [state for _, state, _ in attempts_of(ready)] == ["IN_DOUBT"]


def test_what_a_person_has_to_look_at_can_be_held(ready: House) -> None:
    there = desk(ready)
    issue = reviewed(there)
    ready.github.fault("PUT", "/merge$", 502)
    at(ready, "merge.requested", lambda: ready.github.fault("GET", ".", 502, times=99))
    there.agent.post(f"{ISSUES}/{issue}/merge")
    later(ready, 0, 1, 4, 15, 40)
    assert ready.rows("SELECT outcome FROM step_runs") == [{"outcome": "needs_operator"}]
    assert there.agent.post(f"{ISSUES}/{issue}/hold", json={"reason": "stop"}).status_code == 200


def test_a_run_that_ends_leaves_no_attempt_behind_that_never_left(ready: House) -> None:
    there = desk(ready)
    issue = reviewed(there)
    with ready.dying_at("merge.intent"):
        there.agent.post(f"{ISSUES}/{issue}/merge")
        ready.sweep()
    there.agent.post(f"{ISSUES}/{issue}/hold", json={"reason": "stop"})
    ready.sent.clear()
    later(ready, 65, 65)
    assert attempts_of(ready) == [("merge", "FAILED", "UNSENT")]


@pytest.mark.parametrize("point", ["merge.intent", "merge.spent", "merge.requested"])
def test_a_worker_that_dies_over_an_update_of_the_head_is_followed_by_another(ready: House, point: str) -> None:
    behind(ready)
    run_id = merging.ask(ready)
    with ready.dying_at(point):
        ready.work()
    later(ready, 62, 62, 62)
    assert merging.said(ready, run_id)[0] in ("retry_scheduled", "blocked")
    assert {state for _, state, _ in attempts_of(ready)} <= {"FAILED", "SUCCEEDED"}
    writes = [write for write in ready.github.journal.writes if write.path.endswith("/update-branch")]
    assert [write.effect for write in writes] == ["yes"]


def test_an_update_that_never_left_for_want_of_redis_is_none(ready: House) -> None:
    behind(ready)
    at(ready, "merge.spent", lambda: lose_redis(ready))
    assert merging.merge(ready) == ("retry_scheduled", "MERGE_FAILED", "IDEMPOTENCY_STORE_UNAVAILABLE")
    assert [state for _, state, _ in attempts_of(ready)] == ["FAILED"]


def test_a_merge_that_never_left_for_want_of_redis_is_none(ready: House) -> None:
    at(ready, "merge.spent", lambda: lose_redis(ready))
    assert merging.merge(ready) == ("retry_scheduled", "MERGE_FAILED", "IDEMPOTENCY_STORE_UNAVAILABLE")
    assert [state for _, state, _ in attempts_of(ready)] == ["FAILED"]
    assert merging.puts(ready) == []


@pytest.mark.parametrize("point", ["merge.spent", "merge.requested"])
def test_a_worker_that_dies_over_an_entry_of_the_queue_is_followed_by_another(ready: House, point: str) -> None:
    ready.kinds = (*ready.kinds, "enqueue")
    ready.with_settings(lease_seconds=10, merge_lease_seconds=30, merge_settle_seconds=20)
    about = merging.issue(ready)
    ready.github.add_ruleset(REPOSITORY, queue="squash")
    run_id = merging.ask(ready, about)
    with ready.dying_at(point):
        ready.work()
    later(ready, 11, 5, 11, 11)
    assert merging.said(ready, run_id) == ("retry_scheduled", "MERGE_FAILED", "MERGE_QUEUE_REQUIRED")
    assert attempts_of(ready)[-1] == ("enqueue", "SUCCEEDED", None)
    (entry,) = ready.github.state.repository(REPOSITORY).queues["main"]
    ready.github.merge_next(REPOSITORY)
    by_queue = Merged(by=QUEUE, sha=entry.head_sha, automatic=False)
    head = ready.github.state.pull(REPOSITORY, 1).head_sha
    ready.deliver(ready.event("pull_request", "closed", pulls=(1,), head_sha=head, branch="main", merged=by_queue))
    ready.work()
    assert ready.rows("SELECT status FROM issues") == [{"status": "DONE"}]
    kinds = merging.kinds_of_audit(ready)
    assert (kinds.count("MERGED"), kinds.count("EXTERNAL_MERGE")) == (1, 0)


def test_an_entry_without_an_answer_is_found_in_the_queue(ready: House) -> None:
    ready.kinds = (*ready.kinds, "enqueue")
    ready.github.add_ruleset(REPOSITORY, queue="squash")
    ready.github.fault("POST", "enqueuePullRequest", 502, when="after")
    run_id = merging.ask(ready)
    ready.work()
    later(ready, 6, 6)
    assert merging.said(ready, run_id) == ("retry_scheduled", "MERGE_FAILED", "MERGE_QUEUE_REQUIRED")
    assert attempts_of(ready) == [("enqueue", "SUCCEEDED", None)]


def test_the_base_is_held_anew_from_the_moment_the_request_leaves(ready: House) -> None:
    ready.with_settings(merge_lease_seconds=30)
    at(ready, "merge.final_read", lambda: ready.clock.forward(25))
    seen = list[dict[str, Any]]()
    at(ready, "merge.spent", lambda: seen.extend(ready.rows("SELECT held_until FROM merge_leases")))
    assert merging.merge(ready)[0] == "merged"
    assert [(lease["held_until"] - ready.clock()).total_seconds() for lease in seen] == [30]


def test_a_worker_whose_run_was_taken_from_it_sends_nothing(ready: House) -> None:
    taken = (
        "WITH taken AS (UPDATE workflows SET status = 'pending' WHERE kind = 'merge' AND status = 'running'"
        " RETURNING id)"
        " UPDATE steps SET status = 'pending', lease = NULL FROM taken WHERE workflow_id = taken.id RETURNING taken.id"
    )
    at(ready, "merge.intent", lambda: ready.rows(taken))
    merging.ask(ready)
    ready.work()
    assert merging.puts(ready) == []


def test_a_run_leaves_alone_what_another_one_is_at(ready: House) -> None:
    """It is asked for by its issue, so that it finds the pull request first and the base only afterwards."""
    first, asked = merging.ask(ready), list[UUID]()
    quiet = ready.context

    def another_comes(name: str) -> None:
        if name == "merge.intent" and not asked:
            asked.append(merging.ask(ready, merging.issue(ready)))
            ready.sent.pop()
            merge.pull_request(quiet, merge.merger(quiet), asked[0])

    ready.context = replace(quiet, checkpoint=another_comes)
    ready.work()
    assert merging.said(ready, first)[0] == "merged"
    assert merging.said(ready, asked[0])[0] is None
    assert ready.rows("SELECT state FROM merge_attempts") == [{"state": "SUCCEEDED"}]
    ready.context = quiet
    ready.clock.forward(6)
    ready.sweep()
    assert merging.said(ready, asked[0])[0] == "already_merged"
