"""What is paused waits and holds up nothing else; what is under way goes on; all goes on when it is resumed."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest

from app.events import Repository
from app.records import runs, steps
from app.records.runs import Wanted
from app.records.steps import DUE_BATCH
from app.workflows.pausing import Scope
from tests.tasks import merging, steering
from tests.tasks.agency import agency
from tests.tasks.desk import desk
from tests.tasks.house import REPOSITORY, House
from tests.tasks.lost_post import Post
from tests.tasks.steering import in_the_middle, listed, pause, resume, shown

HERE = Scope("repository", "Acme/Widget")
ANOTHER = Repository(id=77, full_name=REPOSITORY)
EVALUATIONS = Scope("type", "policy_evaluation")


@pytest.fixture
def ready(house: House) -> House:
    return merging.ready(house)


@pytest.mark.parametrize("scope", [EVALUATIONS, HERE], ids=str)
def test_a_paused_evaluation_waits_until_it_is_resumed(house: House, scope: Scope) -> None:
    pause(house, scope)
    house.deliver_pull()
    house.work()
    steering.later(house)
    (found,) = listed(house, "policy_evaluation")
    assert (found.status, found.attempts, house.statuses()) == ("pending", 0, [])
    assert shown(house, found.id).unblock == (
        f"olga has paused {'acme/widget' if scope == HERE else 'all of the type policy_evaluation'}:"
        " A test. It goes on when that is resumed."
    )
    assert resume(house, scope)
    steering.later(house)
    assert (shown(house, found.id).workflow.status, house.states()) == ("succeeded", ["pending"])


def test_a_pause_goes_with_a_repository_that_is_renamed_and_the_audit_says_so(house: House) -> None:
    house.deliver_pull()
    house.work()
    pause(house, HERE)
    for event in (house.event("repository", "renamed"), house.event("pull_request", "edited", pulls=(1,))):
        house.deliver(event.model_copy(update={"repository": Repository(id=house.repository_id, full_name="acme/new")}))
    steering.later(house)
    (found, _) = listed(house, "policy_evaluation")
    assert (found.full_name, found.status, found.pause and found.pause.scope) == (
        "acme/new",
        "pending",
        "repository:acme/new",
    )
    told = house.rows("SELECT actor, subject, body FROM audit_events WHERE kind = 'repository_pause_renamed'")
    body = {"before": "repository:acme/widget", "repository_id": house.repository_id}
    assert told == [{"actor": "github", "subject": "repository:acme/new", "body": body}]
    assert resume(house, Scope("repository", "acme/new"))
    steering.later(house)
    assert shown(house, found.id).workflow.status == "succeeded"


def test_a_repository_that_is_made_anew_under_a_paused_name_is_not_paused(house: House) -> None:
    house.deliver_pull()
    house.work()
    pause(house, HERE)
    house.deliver(house.event("repository", "created").model_copy(update={"repository": ANOTHER}))
    house.deliver(house.event("push", branch="main").model_copy(update={"repository": ANOTHER}))
    house.deliver(house.event("push", branch="main"))
    paused = {each.repository_id: each.pause is not None for each in listed(house, "policy_evaluation")}
    assert paused == {house.repository_id: True, ANOTHER.id: False}


def test_what_was_put_aside_by_a_sweep_is_done_after_it_is_resumed(house: House) -> None:
    pause(house, HERE)
    house.deliver_pull()
    house.sent.clear()
    steering.later(house)
    assert house.rows("SELECT count(held_by) AS held FROM steps") == [{"held": 1}]
    resume(house, HERE)
    steering.later(house)
    assert house.states() == ["pending"]


def test_what_is_under_way_goes_on_and_its_write_waits(house: House) -> None:
    house.deliver_pull()
    with in_the_middle(house, "evaluate.claimed", lambda: pause(house, HERE)):
        house.work()
    (found,) = listed(house, "policy_evaluation")
    assert found.status == "succeeded"
    steering.later(house)
    assert house.states() == []
    resume(house, HERE)
    steering.later(house)
    assert house.states() == ["pending"]


def test_a_step_that_was_taken_for_due_is_not_claimed_once_it_is_paused(house: House) -> None:
    house.deliver_pull()
    house.sent.clear()
    with house.context.pool.connection() as tx:
        (due,) = steps.take_due(tx, house.clock())
    pause(house, EVALUATIONS)
    house.run(due.task, due.message)
    (found,) = listed(house, "policy_evaluation")
    assert (found.status, found.attempts) == ("pending", 0)
    resume(house, EVALUATIONS)
    house.sweep()
    assert house.states() == []
    steering.later(house)
    assert house.states() == ["pending"]


def test_hundreds_of_paused_steps_hold_up_no_other(house: House) -> None:
    long_ago = house.clock() - timedelta(hours=1)
    with house.context.pool.connection() as tx:
        for number in range(1, DUE_BATCH + 52):
            runs.want(tx, Wanted("evaluate", 77, "acme/paused", 9, number=number), long_ago)
    pause(house, Scope("repository", "acme/paused"))
    house.deliver_pull()
    house.sent.clear()
    with house.context.pool.connection() as tx:
        taken = steps.take_due(tx, house.clock())
    (ours,) = [each for each in listed(house, "policy_evaluation") if each.full_name == REPOSITORY]
    assert [due.message for due in taken] == [ours.id]
    resume(house, Scope("repository", "acme/paused"))
    with house.context.pool.connection() as tx:
        assert len(steps.take_due(tx, house.clock())) == DUE_BATCH
        assert len(steps.take_due(tx, house.clock())) == 51


@pytest.mark.parametrize("scope", [Scope("type", "merge"), HERE], ids=str)
def test_a_paused_merge_waits_and_merges_once(ready: House, scope: Scope) -> None:
    pause(ready, scope)
    run_id = merging.ask(ready, merging.issue(ready))
    ready.work()
    steering.later(ready)
    assert (merging.puts(ready), merging.said(ready, run_id)) == ([], (None, None, None))
    resume(ready, scope)
    steering.later(ready)
    assert (merging.said(ready, run_id)[0], len(merging.puts(ready))) == ("merged", 1)


def test_a_pause_of_merges_lets_evaluations_be(ready: House) -> None:
    pause(ready, Scope("type", "merge"))
    before = len(listed(ready, "policy_evaluation"))
    merging.evaluated(ready)
    after = listed(ready, "policy_evaluation")
    assert (len(after), after[0].status) == (before + 1, "succeeded")


def test_a_merge_that_was_under_way_is_brought_to_its_end(ready: House) -> None:
    run_id = merging.ask(ready, merging.issue(ready))
    with in_the_middle(ready, "merge.final_read", lambda: pause(ready, Scope("type", "merge"))):
        ready.work()
    assert (merging.said(ready, run_id)[0], len(merging.puts(ready))) == ("merged", 1)


def test_a_paused_handoff_writes_nothing_and_then_once(house: House, tmp_path: Path) -> None:
    at = agency(house, tmp_path, approvals_required="none")
    pause(house, HERE)
    run_id = at.ask()["runId"]
    for _ in range(3):
        steering.later(house)
    assert house.written("git_object") == []
    resume(house, HERE)
    steering.later(house)
    at.clear(run_id)
    assert len(house.written("pull_request_create")) == 1


def test_a_handoff_that_is_paused_between_its_writes_makes_each_once(house: House, tmp_path: Path) -> None:
    at = agency(house, tmp_path)
    run_id = at.ask()["runId"]
    for kind in ("verification", "internal_review"):
        at.give(run_id, kind)
    with in_the_middle(house, "write.receipted", lambda: pause(house, HERE)):
        at.approve(run_id)
    before = len(house.written("git_object"))
    for _ in range(3):
        steering.later(house)
    assert (len(house.written("git_object")), house.written("pull_request_create")) == (before, [])
    resume(house, HERE)
    for _ in range(3):
        steering.later(house)
    at.settle()
    assert [len(house.written(kind)) for kind in ("git_object", "branch_create", "pull_request_create")] == [3, 1, 1]


def test_a_paused_step_waits(house: House) -> None:
    at = desk(house)
    pause(house, Scope("type", "loop_step"))
    run_id = UUID(at.ask(at.issue(), "S1_PICK_ISSUE"))
    house.sweep()
    assert shown(house, run_id).workflow.status == "pending"
    resume(house, Scope("type", "loop_step"))
    steering.later(house)
    assert shown(house, run_id).workflow.status in ("succeeded", "blocked")


def test_paused_finds_want_nothing_until_they_are_resumed(house: House) -> None:
    pause(house, EVALUATIONS)
    house.deliver(house.event("push", branch="main"))
    house.work()
    steering.later(house)
    assert {each.kind for each in listed(house, "policy_evaluation")} == {"find_by_branch"}
    resume(house, EVALUATIONS)
    steering.later(house)
    assert "evaluate" in {each.kind for each in listed(house, "policy_evaluation")}


def test_a_paused_round_takes_nothing_in(post: Post) -> None:
    pause(post.house, Scope("type", "reconciliation"))
    post.lose(1)
    post.compare()
    assert post.rows() == []
    resume(post.house, Scope("type", "reconciliation"))
    post.compare()
    assert len(post.rows()) == 1


def test_a_paused_approval_counts_all_the_same(house: House, tmp_path: Path) -> None:
    """The word is given to the run; only the list says later that it was."""
    at = agency(house, tmp_path)
    pause(house, Scope("type", "approval"))
    at.clear(at.ask()["runId"])
    assert len(house.written("pull_request_create")) == 1
    (asked,) = listed(house, "approval")
    assert asked.status == "pending"
    resume(house, Scope("type", "approval"))
    steering.later(house)
    assert shown(house, asked.id).workflow.status == "succeeded"
