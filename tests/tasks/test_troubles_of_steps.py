"""What went wrong with each attempt at a step stands in the timeline of its workflow, with when; bounded."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.records import runs, steps, troubles
from app.records.histories import Happening
from app.records.runs import Wanted
from app.workflows.pausing import Scope
from tasks import names
from tests.tasks import merging, steering
from tests.tasks.house import REPOSITORY, House
from tests.tasks.steering import in_the_middle, later, listed, retry, shown

AWAY = 9


def _told(house: House, workflow_id: UUID, *what: str) -> list[Happening]:
    return [each for each in shown(house, workflow_id).history if each.source == "step" and each.what in what]


def test_each_attempt_that_went_wrong_is_told_with_its_error_and_when(house: House) -> None:
    house.deliver_pull()
    (found,) = listed(house, "policy_evaluation")
    moments = list[object]()
    for trouble in (500, 502, 503):
        house.github.fault("GET", "/pulls/1$", trouble, times=AWAY)
        moments.append(house.clock())
        house.work()
        house.github.faults.script.clear()
        house.clock.forward(30)
        house.sent.append(("evaluate.pull_request", found.id))
    house.work()
    told = _told(house, found.id, "retry")
    assert [(each.at, each.said["attempts"], each.said["name"]) for each in told] == [
        (moment, attempt, "judge") for attempt, moment in enumerate(moments, 1)
    ]
    assert [f"{code}" in each.said["error"] for code, each in zip((500, 502, 503), told, strict=True)] == [True] * 3
    assert shown(house, found.id).workflow.status == "succeeded"


def test_a_write_tells_each_of_its_attempts(house: House) -> None:
    house.github.fault("POST", "/statuses/", 502, when="before")
    house.github.fault("GET", "/statuses$", 500, times=2, skip=1)
    house.deliver_pull()
    house.work()
    for _ in range(4):
        later(house, 20)
    (found,) = listed(house, "policy_evaluation")
    told = _told(house, found.id, "retry")
    assert [each.said["name"] for each in told] == ["write"] * len(told)
    assert (len(told) >= 3, told[0].said["about"].startswith("status:"), house.states()) == (True, True, ["pending"])


@pytest.mark.parametrize("by", ["sweep", "message"])
def test_a_worker_that_died_is_told(house: House, by: str) -> None:
    house.deliver_pull()
    house.run(*house.sent.pop(0))
    with house.dying_at("write.claimed"):
        house.work()
    house.clock.forward(200)
    (found,) = listed(house, "policy_evaluation")
    if by == "message":
        (step,) = [each for each in shown(house, found.id).steps if each.name == "write"]
        house.run("write.perform", step.id)
    house.sweep()
    (told,) = _told(house, found.id, "retry")
    assert (told.at, told.said["error"]) == (house.clock(), "The worker stopped in the middle of attempt 1.")


def test_a_worker_that_died_is_not_told_before_another_takes_over(house: House) -> None:
    house.deliver_pull()
    house.run(*house.sent.pop(0))
    with house.dying_at("write.claimed"):
        house.work()
    house.clock.forward(200)
    (found,) = listed(house, "policy_evaluation")
    (step,) = [each for each in shown(house, found.id).steps if each.name == "write"]
    steering.pause(house, Scope("type", "policy_evaluation"))
    with house.context.pool.connection() as tx:
        assert steps.claim(tx, step.id, house.clock(), 60) is None
    assert _told(house, found.id, "retry") == []


def test_a_merge_whose_worker_died_tells_so(house: House) -> None:
    merging.ready(house)
    run_id = merging.ask(house)
    with house.dying_at("merge.claimed"):
        house.work()
    house.clock.forward(200)
    house.run("merge.pull_request", run_id)
    (told,) = _told(house, run_id, "retry")
    assert (told.at, told.said["attempts"]) == (house.clock(), 1)
    assert len(merging.puts(house)) == 1


def test_how_it_stopped_is_told_though_it_was_retried(house: House) -> None:
    house.deliver_pull()
    house.tried_often(all_but=1)
    with house.dying_at("evaluate.judged"):
        house.work()
    later(house, 200)
    (found,) = listed(house, "policy_evaluation")
    (before,) = _told(house, found.id, "stopped")
    assert retry(house, found.id) == found.id
    house.work()
    (told,) = _told(house, found.id, "stopped")
    assert (told.at, told.said["attempts"], told.said["error"]) == (
        before.at,
        100,
        "The worker stopped in the middle of attempt 100.",
    )
    assert shown(house, found.id).workflow.error is None


def test_what_is_only_put_off_went_not_wrong(house: House) -> None:
    house.github.limit_secondary("GET", "/pulls/1$", status=429, retry_after=60)
    house.deliver_pull()
    house.work()
    (found,) = listed(house, "policy_evaluation")
    assert (_told(house, found.id, "retry"), len(_told(house, found.id, "snooze"))) == ([], 1)


def test_of_a_step_the_newest_are_kept(house: House) -> None:
    now, most = house.clock(), troubles.MOST_OF_A_STEP
    place = (house.repository_id, REPOSITORY, house.installation_id)
    with house.context.pool.connection() as tx:
        other_id, run_id = (runs.want(tx, Wanted("evaluate", *place, number=number), now) for number in (2, 1))
        other = runs.claim(tx, other_id, now, 60)
        assert other is not None
        runs.retry(tx, other, now, "Before them all.", now=now)
        for attempt in range(1, most + 4):
            run = runs.claim(tx, run_id, now, 60)
            assert run is not None
            runs.retry(tx, run, now, f"Attempt {attempt}.", now=now + timedelta(seconds=attempt))
            kept = troubles.newest(tx, [run.step.id], 1_000)
        kept_beside = troubles.newest(tx, [other.step.id], 1_000)
    assert [each.attempt for each in reversed(kept)] == list(range(4, most + 4))
    assert [each.error for each in kept_beside] == ["Before them all."]
    told = _told(house, run_id, "retry")
    assert [each.said["error"] for each in told] == [f"Attempt {attempt}." for attempt in range(4, most + 4)]


def test_troubles_go_with_their_step(house: House) -> None:
    house.github.fault("GET", "/pulls/1$", 500, times=AWAY)
    house.deliver_pull()
    house.work()
    assert house.rows("SELECT count(*) AS n FROM step_troubles") == [{"n": 1}]
    house.rows("DELETE FROM workflows RETURNING id")
    assert house.rows("SELECT count(*) AS n FROM step_troubles") == [{"n": 0}]


def test_a_doubled_message_takes_no_merge_from_who_is_at_it(house: House) -> None:
    run_id = merging.ask(merging.ready(house))
    with in_the_middle(house, "merge.final_read", lambda: house.run(names.MERGE, run_id)):
        house.work()
    assert (merging.said(house, run_id)[0], len(merging.puts(house))) == ("merged", 1)
    (line,) = [step for step in shown(house, run_id).steps if step.name == "merge"]
    assert (line.attempts, house.rows("SELECT error FROM step_troubles")) == (1, [])
