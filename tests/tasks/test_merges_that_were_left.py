"""What is seen to after a merge whose end was late, and what a person or GitHub had to say to it."""

from typing import Any

import pytest

from app.events import Merged
from app.records import postures
from app.records.operator_settings import Where
from app.records.postures import Switch
from tests.tasks import merging
from tests.tasks.house import REPOSITORY, House
from tests.tasks.odds import at, attempts_of, later, rules


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


def test_a_merge_that_could_not_be_verified_at_once_is_still_ours(ready: House) -> None:
    ready.github.fault("GET", "/git/commits/", 502)
    run_id = merging.ask(ready)
    ready.work()
    assert merging.said(ready, run_id) == (None, None, None)
    later(ready, 6)
    assert merging.said(ready, run_id) == ("merged", None, None)


def test_a_deletion_whose_worker_died_is_not_left_open(ready: House) -> None:
    ready.kinds = (*ready.kinds, "branch_delete")
    rules(ready, delete_branch=True)
    ready.github.fault("DELETE", "/git/refs/", 502, when="after")
    merging.merge(ready)
    ready.rows("UPDATE merge_attempts SET state = 'SENT', detail = NULL WHERE kind = 'branch_delete' RETURNING id")
    later(ready, 90)
    assert attempts_of(ready)[-1] == ("branch_delete", "FAILED", "OUTCOME_UNKNOWN")
    assert ready.rows("SELECT status FROM steps WHERE name = 'delete_branch'") == [{"status": "done"}]


def test_a_branch_that_github_refuses_to_delete_is_not_told_as_gone(ready: House) -> None:
    ready.kinds = (*ready.kinds, "branch_delete")
    rules(ready, delete_branch=True)
    ready.github.fault("DELETE", "/git/refs/", 422, message="Cannot delete this protected branch")
    assert merging.merge(ready) == ("merged", None, None)
    assert attempts_of(ready)[-1] == ("branch_delete", "FAILED", "DELETE_BRANCH_FAILED")
    assert ready.rows("SELECT code FROM alerts") == [{"code": "DELETE_BRANCH_FAILED"}]


def test_words_of_github_that_no_database_holds_are_kept_without_them(ready: House) -> None:
    ready.github.fault("PUT", "/merge$", 405, message="Repository\x00 rule \ud800 violations found")
    assert merging.merge(ready) == ("blocked", "MERGE_FAILED", "GITHUB_REJECTED")
    assert [state for _, state, _ in attempts_of(ready)] == ["FAILED"]


def test_a_merge_by_hand_of_what_nobody_knew_the_end_of_is_noticed(ready: House) -> None:
    about = merging.issue(ready)
    ready.github.fault("PUT", "/merge$", 502)
    at(ready, "merge.requested", lambda: ready.github.fault("GET", ".", 502, times=99))
    run_id = merging.ask(ready, about)
    ready.work()
    later(ready, 1, 4, 15, 40)
    assert merging.said(ready, run_id) == ("needs_operator", "MERGE_FAILED", "OUTCOME_UNKNOWN")
    ready.github.faults.script.clear()
    pull = ready.github.merge(REPOSITORY, 1, by="mallory")
    by_hand = Merged(by="mallory", sha=pull.merge_sha or "", automatic=False)
    ready.deliver(
        ready.event("pull_request", "closed", pulls=(1,), head_sha=pull.head_sha, branch="main", merged=by_hand)
    )
    ready.work()
    assert ready.rows("SELECT status FROM issues") == [{"status": "DONE"}]
    assert "EXTERNAL_MERGE" in merging.kinds_of_audit(ready)
    assert [state for _, state, _ in attempts_of(ready)] == ["FAILED"]


@pytest.mark.parametrize("name", ["safe_mode", "dry_run"])
def test_nothing_is_deleted_while_an_operator_has_stopped_all_writes(ready: House, name: Any) -> None:
    ready.kinds = (*ready.kinds, "branch_delete")
    rules(ready, delete_branch=True)

    def switch(on: bool) -> None:
        with ready.context.pool.connection() as tx:
            wanted = Switch(name=name, on=on)
            postures.set_posture(tx, Where(), wanted, by="olga", reason="stop", now=ready.clock())

    at(ready, "merge.recorded", lambda: switch(True))
    assert merging.merge(ready) == ("merged", None, None)
    assert ready.github.writes("/git/refs/") == []
    switch(False)
    later(ready, 200)
    assert len(ready.github.writes("/git/refs/")) == 1
    assert ready.rows("SELECT status FROM steps WHERE name = 'delete_branch'") == [{"status": "done"}]
