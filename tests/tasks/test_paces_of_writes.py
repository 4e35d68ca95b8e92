"""Writes leave in turn, at the pace that GitHub asks for; meanwhile they wait as rows, and no worker waits."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from app.governor import Turn
from app.records import intents
from policies.contents import Content, ReviewRequestContent, StatusContent
from policies.intents import Intent
from tasks import receipts
from tests.tasks import wishes
from tests.tasks.house import REPOSITORY, House
from tests.tasks.timetable import Timetable

MANY = 100


@pytest.fixture
def paced(house: House) -> House:
    """One that has judged its pull request, and keeps GitHub's own spacing from now on."""
    house.deliver_pull()
    house.work()
    house.clock.forward(60)
    house.with_settings(write_spacing_seconds=1, notifying_spacing_seconds=3)
    return house


def _wish(house: House, content: Content, number: int = 1) -> UUID:
    """A verdict to be written, as an evaluation records it."""
    with house.context.pool.connection() as tx:
        cause = wishes.newest_cause(house, tx)
        intent = Intent(
            run_id=str(cause.run.id),
            repository=REPOSITORY,
            repository_id=house.repository_id,
            installation_id=house.installation_id,
            number=number,
            sequence=1,
            content=content,
        )
        intent_id = intents.record(tx, intent, cause.evaluation_id, house.clock())
    house.context.send("write.perform", intent_id, 0)
    return intent_id


def _status(house: House, context: str) -> StatusContent:
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    return StatusContent(sha=head, context=context, state="success", description="d", target_url="https://g.example/")


def _wish_statuses(house: House, count: int = MANY) -> list[str]:
    contexts = [f"context {number}" for number in range(count)]
    for context in contexts:
        _wish(house, _status(house, context))
    return contexts


def _written(house: House) -> list[str]:
    return [body["context"] for body in house.written("status")[1:]]


def _decided(house: House) -> list[tuple[bool, list[str]]]:
    rows = house.rows("SELECT allowed, blockers FROM decisions ORDER BY audit_seq")
    return [(row["allowed"], [blocker["code"] for blocker in row["blockers"]]) for row in rows]


def test_a_hundred_writes_all_arrive_in_order_and_at_the_pace(paced: House) -> None:
    paced.github.enforce()
    timetable = Timetable(paced)
    contexts = _wish_statuses(paced)
    timetable.run(60)
    assert 50 <= len(_written(paced)) <= 60
    timetable.run(60)
    assert _written(paced) == contexts
    assert (paced.github.closest_writes() or 0) >= 1
    assert {row["status"] for row in paced.rows("SELECT status FROM intents")} == {"written"}
    assert len(_decided(paced)) <= 3 * MANY
    assert paced.rows("SELECT max(attempts) AS most FROM writes") == [{"most": 1}]


def test_workers_that_are_late_delay_the_writes_and_bring_none_nearer(paced: House) -> None:
    timetable = Timetable(paced, late_seconds=(0.37 * (each % 5) for each in range(10_000)))
    contexts = _wish_statuses(paced, 30)
    timetable.run(90)
    assert sorted(_written(paced)) == sorted(contexts)
    assert (paced.github.closest_writes() or 0) >= 1


def test_verdicts_do_not_wait_behind_what_notifies(paced: House) -> None:
    paced.allow("review_request", "check_run")
    timetable = Timetable(paced)
    for number in range(2, 12):
        paced.github.push(REPOSITORY, f"other-{number}", {f"{number}.py": "1"}, by="bob")
        pull = paced.github.open_pull(REPOSITORY, f"other-{number}", by="bob")
        content = ReviewRequestContent(number=number, head_sha=pull.head_sha, users=("carol",))
        _wish(paced, content, number)
    for number in range(10):
        _wish(paced, wishes.check(paced, name=f"check {number}"))
        _wish(paced, _status(paced, f"context {number}"))
    timetable.run(60)
    assert (len(_written(paced)), len(paced.written("check_run"))) == (10, 10)
    assert len(paced.written("review_request")) == 10
    assert (paced.github.closest_writes() or 0) >= 1
    assert (paced.github.closest_writes("notifying") or 0) >= 3
    assert paced.github.journal.writes[-1].path.endswith("/requested_reviewers")


def test_a_write_whose_turn_has_not_come_says_when_it_will_and_then_leaves(paced: House) -> None:
    paced.busy("quiet", 5)
    _wish(paced, _status(paced, "late"))
    paced.work()
    until = paced.clock() + timedelta(seconds=5)
    (blocker,) = paced.rows("SELECT blockers FROM decisions ORDER BY audit_seq")[-1]["blockers"]
    assert (blocker["code"], until.isoformat() in blocker["sentence"]) == ("RATE_LIMITED", True)
    assert paced.rows("SELECT status, due_at FROM writes ORDER BY recorded_at")[-1] == {
        "status": "pending",
        "due_at": until,
    }
    paced.clock.forward(5)
    paced.sweep()
    assert _written(paced) == ["late"]
    assert _decided(paced)[-1] == (True, [])


def test_the_turn_is_named_beside_whatever_else_stands_against_a_write_and_is_not_taken(paced: House) -> None:
    _wish(paced, wishes.check(paced))
    paced.busy("quiet", 5)
    paced.work()
    assert _decided(paced)[-1] == (False, ["MUTATION_NOT_ALLOWED", "RATE_LIMITED"])
    first = paced.context.governor.next_turn(paced.installation_id, Turn("quiet"), "another", paced.clock())
    assert first == paced.clock() + timedelta(seconds=5)
    paced.clock.forward(5)
    _wish(paced, _status(paced, "next"))
    paced.work()
    assert _written(paced) == ["next"]


def test_a_wait_that_outlasts_the_sweep_ends_in_time(paced: House) -> None:
    paced.busy("quiet", 47)
    timetable = Timetable(paced)
    began = paced.clock()
    _wish(paced, _status(paced, "late"))
    timetable.run(60)
    (write,) = paced.github.writes("/statuses/")[1:]
    assert timedelta(seconds=47) <= write.at - began <= timedelta(seconds=47.1)


def test_a_verdict_is_written_from_what_readings_leave_of_the_hour(paced: House) -> None:
    budget = paced.github.limits.exhaust(paced.installation_id, paced.clock())
    budget.used -= 300
    _wish(paced, _status(paced, "first"))
    paced.work()
    paced.clock.forward(1)
    paced.deliver_pull(action="edited")
    _wish(paced, _status(paced, "second"))
    paced.work()
    assert _written(paced) == ["first", "second"]
    assert paced.newest_run()["status"] == "pending"


def test_a_spent_hour_is_waited_for_and_then_written(paced: House) -> None:
    budget = paced.github.limits.exhaust(paced.installation_id, paced.clock())
    budget.resets_at = paced.clock() + timedelta(seconds=200)
    timetable = Timetable(paced)
    _wish_statuses(paced)
    timetable.run(199)
    assert _written(paced) == []
    timetable.run(130)
    assert len(_written(paced)) == MANY
    assert (paced.github.closest_writes() or 0) >= 1
    assert len(_decided(paced)) <= 5 * MANY


def test_a_write_of_unknown_outcome_is_read_again_however_often_redis_was_away(house: House) -> None:
    house.github.fault("POST", "/statuses/", 502, when="after")
    house.deliver_pull()
    house.work()
    house.rows(f"UPDATE steps SET attempts = {receipts.MOST_READINGS - 1} WHERE name = 'write' RETURNING id")
    alive = house.context.settings.redis_url
    house.with_settings(redis_url="redis://127.0.0.1:1/0")
    for _ in range(3):
        house.clock.forward(11)
        house.sweep()
    assert house.rows("SELECT status, attempts FROM writes") == [
        {"status": "sent", "attempts": receipts.MOST_READINGS - 1}
    ]
    house.with_settings(redis_url=alive)
    house.clock.forward(11)
    house.sweep()
    assert house.rows("SELECT status FROM intents") == [{"status": "written"}]
    assert len(house.statuses()) == 1


def test_a_reading_that_redis_does_not_allow_is_put_off_and_counts_as_no_attempt(house: House) -> None:
    house.deliver_pull()
    alive = house.context
    house.with_settings(redis_url="redis://127.0.0.1:1/0")
    house.context = replace(house.context, governor=alive.governor)
    house.work()
    (run,) = house.rows("SELECT status, attempts, due_at, error FROM runs")
    assert (run["status"], run["attempts"], run["due_at"]) == ("pending", 0, house.clock() + timedelta(seconds=10))
    assert "Redis does not answer" in run["error"]
    house.sweep()
    assert house.github.requests == []
    house.context = alive
    house.clock.forward(10)
    house.sweep()
    assert house.states() == ["pending"]
