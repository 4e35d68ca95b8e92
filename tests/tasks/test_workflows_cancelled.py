"""A workflow that is cancelled does nothing more, also where a worker is at it; what was sent is read to its end."""

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.records.runs import LeaseLost
from tasks import names
from tests.tasks import merging, steering
from tests.tasks.agency import agency
from tests.tasks.desk import desk
from tests.tasks.house import REPOSITORY, House
from tests.tasks.lost_post import Post
from tests.tasks.steering import cancel, in_the_middle, listed, retry, shown

BEFORE_IT_IS_SENT = ["merge.claimed", "merge.leased", "merge.read", "merge.final_read", "merge.intent"]
ONCE_IT_IS_SENT = ["merge.spent", "merge.requested", "merge.verified"]


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


@pytest.mark.parametrize("point", ["evaluate.claimed", "evaluate.judged", "evaluate.ruled"])
def test_a_worker_records_no_verdict_once_its_evaluation_is_cancelled(house: House, point: str) -> None:
    house.deliver_pull()
    (found,) = listed(house, "policy_evaluation")
    with in_the_middle(house, point, lambda: _done(cancel(house, found.id))):
        house.work()
    steering.later(house)
    assert shown(house, found.id).workflow.status == "cancelled"
    assert (house.statuses(), house.rows("SELECT id FROM evaluations")) == ([], [])


def test_a_verdict_that_was_not_sent_never_is_once_its_evaluation_is_cancelled(house: House) -> None:
    house.deliver_pull()
    (found,) = listed(house, "policy_evaluation")
    with house.dying_at("evaluate.committed"):
        house.work()
    house.rows("UPDATE workflows SET status = 'blocked', finished_at = NULL RETURNING id")
    _done(cancel(house, found.id))
    steering.later(house)
    assert house.statuses() == []
    assert house.rows("SELECT status FROM writes") == [{"status": "superseded"}]


def test_the_next_event_has_it_evaluated_all_the_same(house: House) -> None:
    house.deliver_pull()
    (found,) = listed(house, "policy_evaluation")
    _done(cancel(house, found.id))
    house.deliver_pull(action="synchronize")
    house.work()
    assert house.states() == ["pending"]


def test_a_cancelled_evaluation_that_is_retried_ends_as_it_would_have(house: House) -> None:
    house.deliver_pull()
    (found,) = listed(house, "policy_evaluation")
    with in_the_middle(house, "evaluate.judged", lambda: _done(cancel(house, found.id))):
        house.work()
    assert retry(house, found.id) == found.id
    house.work()
    assert (shown(house, found.id).workflow.status, house.states()) == ("succeeded", ["pending"])


@pytest.mark.parametrize("point", ["work.claimed", "work.read"])
def test_nothing_of_a_cancelled_handoff_is_written(house: House, tmp_path: Path, point: str) -> None:
    at = agency(house, tmp_path, approvals_required="none")
    digest = at.store()

    def stop() -> None:
        (found,) = listed(house, "pull_request_handoff")
        _done(cancel(house, found.id))

    with in_the_middle(house, point, stop):
        run = at.ask(digest)
    at.settle()
    assert (run["status"], house.written("branch_create"), house.written("git_object")) == ("cancelled", [], [])
    assert shown(house, UUID(run["runId"])).workflow.status == "cancelled"
    assert retry(house, UUID(run["runId"])) == "RUN_CLOSED"


def test_a_handoff_that_waits_for_approval_is_cancelled_with_all_that_it_wished_for(
    house: House, tmp_path: Path
) -> None:
    at = agency(house, tmp_path)
    run_id = UUID(at.ask()["runId"])
    found = shown(house, run_id)
    assert found.unblock is not None
    assert "An operator has to approve it." in found.unblock
    _done(cancel(house, run_id))
    at.settle()
    assert {step.status for step in shown(house, run_id).steps} == {"cancelled"}
    assert house.written("git_object") == []


@pytest.mark.matrix
@pytest.mark.parametrize("point", BEFORE_IT_IS_SENT)
def test_a_merge_that_was_not_sent_never_is_and_a_retry_merges_once(ready: House, point: str) -> None:
    about = merging.issue(ready)
    run_id = merging.ask(ready, about)
    with in_the_middle(ready, point, lambda: _done(cancel(ready, run_id))):
        ready.work()
    steering.later(ready)
    assert (merging.puts(ready), merging.said(ready, run_id)) == ([], ("cancelled", "WORKFLOW_CANCELLED", None))
    assert shown(ready, run_id).workflow.status == "cancelled"
    assert ready.rows("SELECT run_id FROM merge_leases") == []
    assert ready.rows("SELECT id FROM merge_attempts WHERE state = 'INTENT'") == []
    assert ready.rows("SELECT status FROM issues") == [{"status": "REVIEW_READY"}]
    events = ready.rows(f"SELECT type FROM timeline_events WHERE run_id = '{run_id}' ORDER BY seq")
    assert [event["type"] for event in events] == ["loop_run_started", "loop_run_blocked"]
    _merged_once_as(ready, retry(ready, run_id), of=run_id)


@pytest.mark.parametrize("point", ONCE_IT_IS_SENT)
def test_a_merge_that_was_sent_is_not_cancelled_and_merges_once(ready: House, point: str) -> None:
    about = merging.issue(ready)
    run_id = merging.ask(ready, about)
    said = list[Any]()
    with in_the_middle(ready, point, lambda: said.append(cancel(ready, run_id))):
        ready.work()
    assert (said, merging.said(ready, run_id)[0]) == (["MERGE_SENT"], "merged")
    assert len(merging.puts(ready)) == 1
    assert cancel(ready, run_id) == "WORKFLOW_OVER"


def test_a_merge_whose_end_nobody_knows_is_not_cancelled_and_says_what_it_waits_for(ready: House) -> None:
    ready.with_settings(lease_seconds=10, merge_lease_seconds=30, merge_settle_seconds=20)
    run_id = merging.ask(ready, merging.issue(ready))
    with ready.dying_at("merge.requested"):
        ready.work()
    assert cancel(ready, run_id) == "MERGE_SENT"
    for _ in range(6):
        steering.later(ready, 31)
    assert len(merging.puts(ready)) == 1
    assert merging.kinds_of_audit(ready).count("MERGED") == 1
    assert shown(ready, run_id).workflow.status == "succeeded"


def test_a_cancelled_merge_is_not_come_back_to(ready: House) -> None:
    merging.check(ready, "late", None)
    run_id = merging.ask(ready, merging.issue(ready), waits=True)
    ready.work()
    assert shown(ready, run_id).workflow.status == "waiting"
    _done(cancel(ready, run_id))
    merging.check(ready, "late", "success")
    merging.evaluated(ready)
    steering.later(ready, 700)
    assert (merging.puts(ready), len(listed(ready, "merge"))) == ([], 1)
    assert merging.said(ready, run_id)[0] == "blocked"


def test_what_another_run_of_the_same_wish_does_is_not_cancelled_unseen(ready: House) -> None:
    merging.check(ready, "late", None)
    first = merging.ask(ready, merging.issue(ready), waits=True)
    ready.work()
    merging.check(ready, "late", "success")
    ready.deliver_pull()
    while ready.sent[0][0] != names.MERGE:
        ready.run(*ready.sent.pop(0))
    second = ready.sent.pop(0)[1]
    assert [shown(ready, each).workflow.status for each in (first, second)] == ["waiting", "pending"]
    assert cancel(ready, first) == "WORKFLOW_UNDER_WAY"
    _done(cancel(ready, second))
    _done(cancel(ready, first))
    steering.later(ready, 700)
    assert (merging.puts(ready), len(listed(ready, "merge"))) == ([], 2)


@pytest.mark.parametrize("point", ["step.claimed", "step.read"])
def test_a_cancelled_step_moves_no_issue_and_a_retry_does(house: House, point: str) -> None:
    at = desk(house)
    issue = at.issue()
    run_id = UUID(at.ask(issue, "S1_PICK_ISSUE"))
    with in_the_middle(house, point, lambda: _done(cancel(house, run_id))):
        house.sweep()
    assert at.state(issue) == "CREATED"
    assert at.ended(str(run_id))["blockerCode"] == "WORKFLOW_CANCELLED"
    assert at.types(issue) == ["loop_run_started", "loop_run_blocked"]
    second = retry(house, run_id)
    house.work()
    assert isinstance(second, UUID)
    assert shown(house, second).workflow.retry_of == run_id
    assert at.ended(str(second)).get("blockerCode") != "WORKFLOW_CANCELLED"


def test_a_round_that_is_cancelled_is_over_and_the_next_one_takes_in_what_is_missing_once(post: Post) -> None:
    house = post.house
    post.lose(2)

    def stop() -> None:
        (found,) = listed(house, "reconciliation")
        _done(cancel(house, found.id))

    with in_the_middle(house, "reconcile.claimed", stop), pytest.raises(LeaseLost):
        post.compare()
    assert [each.status for each in listed(house, "reconciliation")] == ["cancelled"]
    post.reconcile_all()
    guids = [row["guid"] for row in post.rows()]
    assert sorted(guids) == sorted(sent.guid for sent in house.github.state.sent)
    assert len(guids) == len(set(guids))


def test_a_cancelled_find_wants_nothing(house: House) -> None:
    house.deliver(house.event("push", branch="main"))
    found = next(each for each in listed(house, "policy_evaluation") if each.kind.startswith("find"))
    with in_the_middle(house, "find.listed", lambda: _done(cancel(house, found.id))):
        house.work()
    assert [each.kind for each in listed(house, "policy_evaluation")] == [found.kind]
    assert retry(house, found.id) == found.id
    house.work()
    assert "evaluate" in {each.kind for each in listed(house, "policy_evaluation")}


def _done(code: str | None) -> None:
    assert code is None


def _merged_once_as(ready: House, retried: UUID | str, *, of: UUID) -> None:
    assert isinstance(retried, UUID)
    ready.work()
    assert (merging.said(ready, retried)[0], len(merging.puts(ready))) == ("merged", 1)
    assert shown(ready, retried).workflow.retry_of == of
    assert ready.github.state.pull(REPOSITORY, 1).merged_at is not None
    assert ready.rows("SELECT status FROM issues") == [{"status": "DONE"}]
