"""A stopped workflow says what would unblock it, holds up no other, and ends as it should once it is retried."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app import ledger
from app.records import retries, steps
from app.workflows import retrying
from app.workflows.retrying import Retried
from policies.decision import Blocker
from tests.app.records.locks import until_it_waits
from tests.tasks import merging, steering
from tests.tasks.agency import agency
from tests.tasks.desk import desk
from tests.tasks.house import House
from tests.tasks.steering import listed, retry, shown

STOPPED_AT_LAST = "The worker stopped in the middle of attempt 100. Retry it once that is mended."


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


def stopped(house: House, point: str) -> None:
    """The last worker dies, at that point, of all that may try what waits."""
    house.tried_often(all_but=1)
    with house.dying_at(point):
        house.work()
    steering.later(house, 200)


def test_a_stopped_evaluation_is_retried_from_its_first_attempt(house: House) -> None:
    house.deliver_pull()
    stopped(house, "evaluate.judged")
    (found,) = listed(house, "policy_evaluation")
    assert (found.status, shown(house, found.id).unblock) == ("blocked", STOPPED_AT_LAST)
    assert retry(house, found.id) == found.id
    house.work()
    after = shown(house, found.id)
    assert (after.workflow.status, after.workflow.attempts, after.unblock) == ("succeeded", 1, None)
    assert house.states() == ["error", "pending"]


def test_a_stopped_evaluation_holds_up_no_other(house: House) -> None:
    house.deliver_pull()
    stopped(house, "evaluate.judged")
    house.deliver_pull(action="synchronize")
    house.work()
    assert sorted(each.status for each in listed(house, "policy_evaluation")) == ["blocked", "succeeded"]


def test_two_who_retry_at_once_have_it_done_once(house: House) -> None:
    house.deliver_pull()
    stopped(house, "evaluate.judged")
    (found,) = listed(house, "policy_evaluation")
    with ThreadPoolExecutor(2) as people:
        said = list(people.map(lambda _: retry(house, found.id), range(2)))
    assert sorted(map(str, said)) == sorted([str(found.id), "WORKFLOW_UNDER_WAY"])


def test_a_stopped_handoff_says_why_and_a_retry_opens_one_pull_request(house: House, tmp_path: Path) -> None:
    at = agency(house, tmp_path, approvals_required="none")
    digest = at.store()
    said = at.agent.post(
        "/api/v1/pull-requests",
        json={"artifact": digest, "repository": "acme/widget", "base": "main", "branch": "work", "title": "Add b"},
    )
    run_id = UUID(said.get_json()["runId"])
    assert retry(house, run_id) == "WORKFLOW_UNDER_WAY"
    house.sent.append(("work.advance", run_id))
    stopped(house, "work.claimed")
    found = shown(house, run_id)
    assert (found.workflow.status, found.unblock) == (
        "blocked",
        STOPPED_AT_LAST,
    )
    assert retry(house, run_id) == run_id
    house.work()
    for kind in ("verification", "internal_review"):
        at.give(str(run_id), kind)
    at.settle()
    assert at.run(str(run_id))["status"] == "succeeded"
    assert len(house.written("pull_request_create")) == 1


def test_a_blocked_merge_says_what_is_in_its_way_and_a_retry_merges_once(ready: House) -> None:
    merging.check(ready, "late", "failure")
    merging.evaluated(ready)
    run_id = merging.ask(ready, merging.issue(ready))
    ready.work()
    found = shown(ready, run_id)
    assert found.workflow.status == "blocked"
    assert found.unblock == "These checks failed: late; each has to pass. Retry it once that is so."
    merging.check(ready, "late", "success")
    merging.evaluated(ready)
    with ThreadPoolExecutor(2) as people:
        said = list(people.map(lambda _: retry(ready, run_id), range(2)))
    (second,) = [each for each in said if isinstance(each, UUID)]
    assert "WORKFLOW_UNDER_WAY" in said
    ready.work()
    assert (merging.said(ready, second)[0], len(merging.puts(ready))) == ("merged", 1)
    assert (shown(ready, second).workflow.retry_of, shown(ready, run_id).workflow.status) == (run_id, "blocked")


def test_a_merge_without_an_issue_is_retried_for_the_same_pull_request(ready: House) -> None:
    merging.check(ready, "late", "failure")
    merging.evaluated(ready)
    run_id = merging.ask(ready)
    ready.work()
    merging.check(ready, "late", "success")
    merging.evaluated(ready)
    second = retry(ready, run_id)
    ready.work()
    assert isinstance(second, UUID)
    assert (merging.said(ready, second)[0], len(merging.puts(ready))) == ("merged", 1)


def test_a_merge_that_waits_says_what_for_and_a_retry_takes_its_place(ready: House) -> None:
    merging.check(ready, "late", None)
    run_id = merging.ask(ready, merging.issue(ready), waits=True)
    ready.work()
    again = "The gate tries again by itself when something happens to the pull request."
    assert str(shown(ready, run_id).unblock).endswith(again)
    assert isinstance(retry(ready, run_id), UUID)
    ready.work()
    assert ready.rows("SELECT status, waits FROM merge_requests ORDER BY created_at, status") == [
        {"status": "ended", "waits": True},
        {"status": "open", "waits": True},
    ]


def test_who_retries_a_merge_holds_the_audit_from_nobody_while_waiting(ready: House, database_url: str) -> None:
    merging.check(ready, "late", None)
    run_id = merging.ask(ready, merging.issue(ready), waits=True)
    ready.work()
    pool, by = ready.context.pool, steering.by(ready)
    with ThreadPoolExecutor(1) as people, pool.connection() as tx, pool.connection() as other:
        tx.execute("SELECT FROM merge_requests FOR UPDATE")
        retried = people.submit(retrying.retry, other, ready.context.settings, run_id, by)
        until_it_waits(database_url, other.info.backend_pid)
        ledger.append(tx, kind="seen", subject="run:1", actor="olga", body={}, at=by.at)
        tx.commit()
        assert isinstance(retried.result(), Retried)


def test_a_merge_that_is_merged_already_is_not_retried(ready: House) -> None:
    run_id = merging.ask(ready, merging.issue(ready))
    ready.work()
    assert (retry(ready, run_id), len(merging.puts(ready))) == ("WORKFLOW_OVER", 1)


def test_a_blocked_step_is_retried_as_another_run_with_the_same_input(house: House) -> None:
    at = desk(house)
    issue = at.issue(githubUrl=None)
    first = UUID(at.run(issue, "S1_PICK_ISSUE")["runId"])
    assert shown(house, first).unblock == (
        "The issue has no link to an issue at GitHub; set githubUrl. Retry it once that is so."
    )
    assert at.agent.patch(f"/api/v1/issues/{issue}", json={"githubUrl": "https://github.com/acme/widget/issues/3"})
    second = retry(house, first)
    assert isinstance(second, UUID)
    asked, anew = shown(house, first).workflow.input, shown(house, second).workflow.input
    assert {**asked, "requestId": None} == {**anew, "requestId": None}
    assert retry(house, first) == "WORKFLOW_UNDER_WAY"
    house.work()
    assert shown(house, second).workflow.status in ("succeeded", "blocked")


def test_a_step_of_an_issue_that_is_locked_is_not_retried(house: House) -> None:
    at = desk(house)
    issue = at.issue(githubUrl=None)
    first = UUID(at.run(issue, "S1_PICK_ISSUE")["runId"])
    at.ask(issue, "S1_PICK_ISSUE")
    assert isinstance(retry(house, first), str)


def test_an_approval_says_who_ends_it(house: House, tmp_path: Path) -> None:
    at = agency(house, tmp_path)
    at.ask()
    at.settle()
    (asked,) = listed(house, "approval")
    assert str(shown(house, asked.id).unblock).startswith("An operator has to approve what the run")
    assert steering.cancel(house, asked.id) == "ENDS_OTHERWISE"
    assert retry(house, asked.id) == "ENDS_OTHERWISE"


def test_a_line_is_led_back_to_an_earlier_step(house: House) -> None:
    house.deliver_pull()
    (found,) = listed(house, "policy_evaluation")
    later: dict[str, Any] = {"exclusive": "x", "due_at": house.clock(), "position": 2}
    with house.context.pool.connection() as tx:
        steps.add(tx, found.id, "later", **later)
        steps.add(tx, found.id, "beside", exclusive="y", due_at=house.clock())
        tx.execute("UPDATE workflows SET current_step = 'later' WHERE id = %(id)s", {"id": found.id})
        retries.rewind(tx, found.id, "judge")
    after = shown(house, found.id)
    assert after.workflow.current_step == "judge"
    assert [(step.name, step.position) for step in after.steps] == [("judge", 1), ("beside", None)]


def test_what_is_let_go_of_while_somebody_retries_it_is_not_there(house: House, database_url: str) -> None:
    house.deliver_pull()
    (found,) = listed(house, "policy_evaluation")
    assert steering.cancel(house, found.id) is None
    pool, by = house.context.pool, steering.by(house)
    with ThreadPoolExecutor(1) as people, pool.connection() as tx, pool.connection() as other:
        tx.execute("DELETE FROM workflows")
        retried = people.submit(retrying.retry, other, house.context.settings, found.id, by)
        until_it_waits(database_url, other.info.backend_pid)
        tx.commit()
        blocker = retried.result()
    assert isinstance(blocker, Blocker)
    assert blocker.code == "WORKFLOW_NOT_FOUND"
