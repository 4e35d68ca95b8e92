"""Workflows as people look at them: lists by what they are about, in parts by key; one with its steps and history."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.cursors import Mark
from app.records import histories, runs, step_runs, workflows
from app.records.runs import Wanted
from app.records.step_runs import WantedStep
from app.records.workflows import Which, Workflow
from tests.tasks import merging, steering
from tests.tasks.desk import desk
from tests.tasks.house import REPOSITORY, House


def listed(house: House, limit: int = 200, **which: Any) -> list[Workflow]:
    with house.context.pool.connection() as tx:
        return workflows.page(tx, Which(**which), limit=limit).rows


def wanted(house: House, number: int) -> UUID:
    place = (house.repository_id, REPOSITORY, house.installation_id)
    with house.context.pool.connection() as tx:
        return runs.want(tx, Wanted("evaluate", *place, number=number), house.clock())


def merge_of(house: House, number: int) -> UUID:
    """A merge that somebody asked for and nobody has looked at yet."""
    at_desk = desk(house)
    issue = at_desk.issue("REVIEW_READY", prUrl=f"https://github.com/{REPOSITORY}/pull/{number}")
    return UUID(at_desk.ask(issue, "S5_MERGE"))


def test_it_lists_the_newest_first_in_parts_that_miss_none(house: House) -> None:
    made = [wanted(house, number) for number in range(1, 8)]
    found, after = list[UUID](), None
    for _ in made:
        with house.context.pool.connection() as tx:
            part = workflows.page(tx, Which(), limit=3, **({"after": after} if after else {}))
        found += [each.id for each in part.rows]
        after = part.after
        if after is None:
            break
    assert found == made[::-1]


def test_it_lists_by_type_kind_status_and_repository(house: House) -> None:
    evaluation, merge = wanted(house, 1), merge_of(house, 1)
    assert [each.id for each in listed(house, type="policy_evaluation")] == [evaluation]
    assert [each.id for each in listed(house, kind="merge")] == [merge]
    assert [each.id for each in listed(house, type="merge", kind="evaluate")] == []
    assert {each.id for each in listed(house, status="pending")} == {merge, evaluation}
    assert [each.id for each in listed(house, status="failed")] == []
    assert {each.id for each in listed(house, repository="ACME/Widget")} == {merge, evaluation}
    assert [each.id for each in listed(house, repository="acme/gadget")] == []


def test_it_finds_all_that_is_about_a_pull_request_in_whichever_spelling(house: House) -> None:
    house.deliver_pull()
    house.work()
    (evaluation,) = listed(house, type="policy_evaluation")
    merge = merge_of(house, 1)
    house.rows(f"UPDATE merge_requests SET repository_id = {house.repository_id}, number = 1 RETURNING id")
    wanted(house, 2)
    for spelling in (f"pull:{house.repository_id}#1", f"{REPOSITORY}#1", "Acme/WIDGET#1"):
        assert {each.id for each in listed(house, subject=spelling)} == {merge, evaluation.id}
    assert [each.id for each in listed(house, subject=f"evaluate:{house.repository_id}#1")] == [evaluation.id]
    assert [each.id for each in listed(house, subject=f"run:{merge}")] == [merge]
    (found,) = listed(house, subject=str(merge))
    assert (found.number, found.repository_id) == (1, house.repository_id)
    assert [each.id for each in listed(house, subject=f"issue:{found.issue_id}")] == [merge]
    assert listed(house, subject="' OR true --") == []


def test_a_pause_shows_at_all_that_it_holds_up(house: House) -> None:
    wanted(house, 1)
    merge = merge_of(house, 1)
    house.rows("INSERT INTO pauses VALUES ('type:merge', 'Release.', 'alice', now()) RETURNING scope")
    assert {each.type: each.pause and each.pause.reason for each in listed(house)} == {
        "policy_evaluation": None,
        "merge": "Release.",
    }
    house.rows(f"INSERT INTO pauses VALUES ('repository:{REPOSITORY}', 'Moving.', 'bob', now()) RETURNING scope")
    assert {each.type: each.pause and each.pause.reason for each in listed(house)} == {
        "policy_evaluation": "Moving.",
        "merge": "Moving.",
    }
    assert merge is not None


def test_an_evaluation_shows_its_line_its_writes_and_what_led_to_it(house: House) -> None:
    delivery = house.deliver_pull()
    house.work()
    (found,) = listed(house)
    with house.context.pool.connection() as tx:
        steps = workflows.steps_of(tx, found.id)
        history = histories.of(tx, found, steps)
    assert [(each.name, each.position, each.status, each.outcome) for each in steps] == [
        ("judge", 1, "done", "done"),
        ("write", None, "done", "done"),
    ]
    said = [(each.source, each.what) for each in history]
    for happened in (
        ("workflow", "created"),
        ("delivery", "pull_request.opened"),
        ("step", "started"),
        ("audit", "pull_request_evaluated"),
        ("step", "done"),
        ("workflow", "succeeded"),
    ):
        assert happened in said
    (came,) = [each for each in history if each.source == "delivery"]
    assert (came.said["guid"], came.actor) == (delivery.guid, "github")
    assert [each.at for each in history] == sorted(each.at for each in history)


def test_a_step_of_an_issue_shows_its_part_of_the_timeline_and_no_other(house: House) -> None:
    at_desk = desk(house)
    issue = at_desk.issue()
    first, second = at_desk.run(issue, "S1_PICK_ISSUE"), at_desk.run(issue, "S1_PICK_ISSUE")
    with house.context.pool.connection() as tx:
        found = workflows.get(tx, UUID(first["runId"]))
        assert found is not None
        history = histories.of(tx, found, workflows.steps_of(tx, found.id))
    events = [each for each in history if each.source == "timeline"]
    assert events[0].what == "loop_run_started"
    assert {each.said["runId"] for each in events} == {first["runId"]}
    assert second["runId"] not in str(history)


def test_a_merge_shows_what_was_asked_of_github_and_what_came_of_it(house: House) -> None:
    merging.ready(house)
    run_id = merging.ask(house, merging.issue(house))
    house.work()
    history = steering.shown(house, run_id).history
    assert [each.what for each in history if each.source == "request"] == [
        "merge.INTENT",
        "merge.SENT",
        "merge.SUCCEEDED",
    ]
    assert {"merge_decided", "MERGED"} <= {each.what for each in history if each.source == "audit"}


def test_requests_of_one_moment_are_shown_in_their_order(house: House) -> None:
    merging.ready(house)
    house.github.fault("PUT", "/merge$", 405, message="Base branch was modified. Review and try the merge again.")
    run_id = merging.ask(house, merging.issue(house))
    house.work()
    requests = [each for each in steering.shown(house, run_id).history if each.source == "request"]
    assert [each.what for each in requests] == [
        *("merge.INTENT", "merge.SENT", "merge.FAILED"),
        *("merge.INTENT", "merge.SENT", "merge.SUCCEEDED"),
    ]
    assert {each.at for each in requests} == {house.clock()}


def test_what_was_put_off_shows_why_and_until_when(house: House) -> None:
    house.github.fault("GET", "/pulls/1$", 500, times=9)
    house.deliver_pull()
    house.work()
    (found,) = listed(house)
    (put_off,) = [each for each in steering.shown(house, found.id).history if each.what == "retry"]
    assert (put_off.said["name"], put_off.said["attempts"], put_off.said["error"]) == ("judge", 1, found.error)


@pytest.mark.parametrize("status", ["waiting", "blocked"])
def test_what_may_go_on_is_not_finished(house: House, status: str) -> None:
    house.deliver_pull()
    house.work()
    house.rows(f"UPDATE workflows SET status = '{status}' RETURNING id")
    (found,) = listed(house)
    assert (found.finished_at, found.is_over) == (None, False)


def test_nothing_is_shown_of_what_is_not_there(house: House) -> None:
    with house.context.pool.connection() as tx:
        assert workflows.get(tx, uuid4()) is None
        assert workflows.page(tx, Which(), limit=1).after is None
        long_ago = Mark(house.clock() - timedelta(days=1), uuid4())
        assert workflows.page(tx, Which(), limit=1, after=long_ago).rows == []


def test_a_run_that_writes_nothing_has_one_step(house: House) -> None:
    with house.context.pool.connection() as tx:
        wish = WantedStep(step="S1_PICK_ISSUE", mode="dryRun", request_id="r", asked_by="agent")
        run_id = step_runs.open_run(tx, wish, house.clock())
        steps = workflows.steps_of(tx, run_id)
    assert [(each.name, each.position, each.status, each.attempts) for each in steps] == [("perform", 1, "pending", 0)]
