"""Merges while everything else happens: workers that die or pause, branches turned elsewhere, switches thrown."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded

from app.events import Merged
from app.governor import Governor
from app.records import gate_findings, merge_leases, postures
from app.records.postures import Switch, Where
from app.simulator.queueing import QUEUE
from tests.tasks import merging
from tests.tasks.desk import ISSUES, desk
from tests.tasks.house import REPOSITORY, House
from tests.tasks.merge_wishes import write_gate
from tests.tasks.test_merges_of_issues import reviewed


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


def _at(house: House, point: str, happens: Callable[[], None]) -> None:
    """Something happens when a worker first gets to that checkpoint."""
    todo = [happens]

    def check(name: str) -> None:
        if name == point and todo:
            todo.pop()()

    house.context = replace(house.context, checkpoint=check)


def _later(house: House, *seconds: int) -> None:
    for each in seconds:
        house.clock.forward(each)
        house.sweep()


def _attempts(house: House) -> list[tuple[str, str, str | None]]:
    rows = house.rows("SELECT kind, state, detail FROM merge_attempts ORDER BY seq")
    return [(row["kind"], row["state"], row["detail"]) for row in rows]


def _rules(house: House, **rules: Any) -> None:
    lines = "\n".join(f"  {name}: {str(value).lower()}" for name, value in rules.items())
    write_gate(house, f"merge:\n{lines}\n")
    merging.evaluated(house)


def _lose_redis(house: House) -> None:
    """The connections that the governor has lead nowhere from now on."""
    settings = house.context.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    vars(house.context.governor).update(vars(Governor.of(settings)))


def _behind(house: House) -> None:
    """The base has moved on, which the rules of GitHub mind, and ours let the head be brought up to date."""
    house.kinds = (*house.kinds, "update_branch")
    _rules(house, update_branch=True)
    house.github.protect(REPOSITORY, strict=True, checks=["ci"])
    house.github.push(REPOSITORY, "main", {"d.py": "4"}, by="alice")
    merging.evaluated(house)
    house.clock.forward(2)


def test_a_dry_run_that_is_switched_on_in_the_last_moment_is_one(ready: House) -> None:
    def switch() -> None:
        on = Switch(name="dry_run", on=True)
        with ready.context.pool.connection() as tx:
            postures.set_posture(tx, Where(), on, by="olga", reason="stop", now=ready.clock())

    _at(ready, "merge.intent", switch)
    run_id = merging.ask(ready)
    ready.work()
    _later(ready, 6)
    assert merging.said(ready, run_id) == ("would_merge", None, None)
    assert merging.puts(ready) == []
    assert [state for _, state, _ in _attempts(ready)] == ["FAILED"]


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

    _at(ready, "merge.leased", turn)
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

    _at(ready, "merge.final_read", lapse)
    run_id = merging.ask(ready)
    ready.work()
    assert (merging.said(ready, run_id), merging.puts(ready)) == ((None, None, None), [])
    assert ready.rows(f"SELECT status FROM runs WHERE id = '{run_id}'") == [{"status": "pending"}]
    _later(ready, 6, 6, 6, 6)
    assert merging.said(ready, run_id) == ("merged", None, None)


def test_the_base_is_held_until_it_is_known_what_has_become_of_it(ready: House) -> None:
    ready.with_settings(merge_lease_seconds=30, merge_settle_seconds=300)
    ready.github.fault("PUT", "/merge$", 502)
    run_id = merging.ask(ready)
    ready.work()
    _later(ready, 1, 4, 15, 40)
    ready.clock.forward(200)
    other = ready.rows("SELECT id FROM runs LIMIT 1")[0]["id"]
    with ready.context.pool.connection() as tx:
        taken = merge_leases.acquire(tx, other, ready.repository_id, "main", now=ready.clock(), seconds=20)
    assert not isinstance(taken, merge_leases.MergeLease)
    _later(ready, 41)
    assert merging.said(ready, run_id) == ("retry_scheduled", "MERGE_FAILED", "MERGE_NOT_PERFORMED")
    assert ready.rows("SELECT 1 FROM merge_leases") == []


def test_a_worker_that_runs_out_of_time_in_the_middle_of_a_merge_keeps_the_base(ready: House) -> None:
    def late() -> None:
        raise SoftTimeLimitExceeded

    _at(ready, "merge.requested", late)
    run_id = merging.ask(ready)
    ready.work()
    assert ready.rows(f"SELECT 1 AS n FROM merge_leases WHERE run_id = '{run_id}'") == [{"n": 1}]
    _later(ready, 6)
    assert merging.said(ready, run_id)[0] == "already_merged"


def test_what_nobody_could_read_for_long_is_told_as_unknown(ready: House) -> None:
    """Not even the repository can be read after the request, whose end is not known for that long."""
    ready.github.fault("PUT", "/merge$", 502)
    run_id = merging.ask(ready)
    _at(ready, "merge.requested", lambda: ready.github.fault("GET", ".", 502, times=99))
    ready.work()
    _later(ready, 1, 4, 15, 40)
    assert merging.said(ready, run_id) == ("needs_operator", "MERGE_FAILED", "OUTCOME_UNKNOWN")
    assert [state for _, state, _ in _attempts(ready)] == ["IN_DOUBT"]


def test_what_a_person_has_to_look_at_can_be_held(ready: House) -> None:
    at = desk(ready)
    issue = reviewed(at)
    ready.github.fault("PUT", "/merge$", 502)
    _at(ready, "merge.requested", lambda: ready.github.fault("GET", ".", 502, times=99))
    at.agent.post(f"{ISSUES}/{issue}/merge")
    _later(ready, 0, 1, 4, 15, 40)
    assert ready.rows("SELECT outcome FROM step_runs") == [{"outcome": "needs_operator"}]
    assert at.agent.post(f"{ISSUES}/{issue}/hold", json={"reason": "stop"}).status_code == 200


def test_a_run_that_ends_leaves_no_attempt_behind_that_never_left(ready: House) -> None:
    at = desk(ready)
    issue = reviewed(at)
    with ready.dying_at("merge.intent"):
        at.agent.post(f"{ISSUES}/{issue}/merge")
        ready.sweep()
    at.agent.post(f"{ISSUES}/{issue}/hold", json={"reason": "stop"})
    ready.sent.clear()
    _later(ready, 65, 65)
    assert _attempts(ready) == [("merge", "FAILED", "UNSENT")]


@pytest.mark.parametrize("point", ["merge.intent", "merge.spent", "merge.requested"])
def test_a_worker_that_dies_over_an_update_of_the_head_is_followed_by_another(ready: House, point: str) -> None:
    _behind(ready)
    run_id = merging.ask(ready)
    with ready.dying_at(point):
        ready.work()
    _later(ready, 62, 62, 62)
    assert merging.said(ready, run_id)[0] in ("retry_scheduled", "blocked")
    assert {state for _, state, _ in _attempts(ready)} <= {"FAILED", "SUCCEEDED"}
    writes = [write for write in ready.github.journal.writes if write.path.endswith("/update-branch")]
    assert [write.effect for write in writes] == ["yes"]


def test_an_update_that_never_left_for_want_of_redis_is_none(ready: House) -> None:
    _behind(ready)
    _at(ready, "merge.spent", lambda: _lose_redis(ready))
    assert merging.merge(ready) == ("retry_scheduled", "MERGE_FAILED", "IDEMPOTENCY_STORE_UNAVAILABLE")
    assert [state for _, state, _ in _attempts(ready)] == ["FAILED"]


def test_a_merge_that_never_left_for_want_of_redis_is_none(ready: House) -> None:
    _at(ready, "merge.spent", lambda: _lose_redis(ready))
    assert merging.merge(ready) == ("retry_scheduled", "MERGE_FAILED", "IDEMPOTENCY_STORE_UNAVAILABLE")
    assert [state for _, state, _ in _attempts(ready)] == ["FAILED"]
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
    _later(ready, 11, 5, 11, 11)
    assert merging.said(ready, run_id) == ("retry_scheduled", "MERGE_FAILED", "MERGE_QUEUE_REQUIRED")
    assert _attempts(ready)[-1] == ("enqueue", "SUCCEEDED", None)
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
    _later(ready, 6, 6)
    assert merging.said(ready, run_id) == ("retry_scheduled", "MERGE_FAILED", "MERGE_QUEUE_REQUIRED")
    assert _attempts(ready) == [("enqueue", "SUCCEEDED", None)]


def test_a_merge_that_could_not_be_verified_at_once_is_still_ours(ready: House) -> None:
    ready.github.fault("GET", "/git/commits/", 502)
    run_id = merging.ask(ready)
    ready.work()
    assert merging.said(ready, run_id) == (None, None, None)
    _later(ready, 6)
    assert merging.said(ready, run_id) == ("merged", None, None)


def test_a_deletion_whose_worker_died_is_not_left_open(ready: House) -> None:
    ready.kinds = (*ready.kinds, "branch_delete")
    _rules(ready, delete_branch=True)
    ready.github.fault("DELETE", "/git/refs/", 502, when="after")
    merging.merge(ready)
    ready.rows("UPDATE merge_attempts SET state = 'SENT', detail = NULL WHERE kind = 'branch_delete' RETURNING id")
    _later(ready, 90)
    assert _attempts(ready)[-1] == ("branch_delete", "FAILED", "OUTCOME_UNKNOWN")
    assert ready.rows("SELECT status FROM after_merge_jobs") == [{"status": "done"}]


def test_a_branch_that_github_refuses_to_delete_is_not_told_as_gone(ready: House) -> None:
    ready.kinds = (*ready.kinds, "branch_delete")
    _rules(ready, delete_branch=True)
    ready.github.fault("DELETE", "/git/refs/", 422, message="Cannot delete this protected branch")
    assert merging.merge(ready) == ("merged", None, None)
    assert _attempts(ready)[-1] == ("branch_delete", "FAILED", "DELETE_BRANCH_FAILED")
    assert ready.rows("SELECT code FROM alerts") == [{"code": "DELETE_BRANCH_FAILED"}]


def test_words_of_github_that_no_database_holds_are_kept_without_them(ready: House) -> None:
    ready.github.fault("PUT", "/merge$", 405, message="Repository\x00 rule \ud800 violations found")
    assert merging.merge(ready) == ("blocked", "MERGE_FAILED", "GITHUB_REJECTED")
    assert [state for _, state, _ in _attempts(ready)] == ["FAILED"]
