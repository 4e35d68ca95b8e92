"""Merge groups: the queue gets the worst verdict on the pull requests it would merge, and never a blind success."""

import threading
from dataclasses import replace

import pytest

from app import chain_text, explain
from app.events import Event
from app.github.answers import Unavailable
from app.github.reader import Place
from app.simulator.records import QueueEntry as Queued
from tasks import evaluate, merge_group
from tests.tasks.house import REPOSITORY, House

MORE_THAN_A_PAGE = 101


def _second(house: House) -> int:
    """bob's second pull request."""
    house.github.push(REPOSITORY, "second", {"b.py": "1"}, by="bob")
    return house.github.open_pull(REPOSITORY, "second", by="bob").number


def _approve(house: House, number: int) -> None:
    house.deliver_pull(number)
    house.work()
    house.clock.forward(60)
    house.github.review(REPOSITORY, number, by="alice", state="approved")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(number,)))
    house.work()


def _dismiss_silently(house: House) -> None:
    (review,) = house.github.state.repository(REPOSITORY).reviews[1]
    house.github.dismiss(REPOSITORY, 1, review.id)


def _told(house: House, action: str, entry: Queued) -> Event:
    return house.event("merge_group", action, head_sha=entry.head_sha, branch="main")


def _enqueue(house: House, number: int) -> Queued:
    """GitHub queues the pull request, and asks for its group's checks."""
    entry = house.github.enqueue(REPOSITORY, number, by="alice")
    house.deliver(_told(house, "checks_requested", entry))
    house.work()
    return entry


def _shown(house: House, entry: Queued) -> list[tuple[str, str]]:
    """State and description of what the group's commit was given, oldest first."""
    found = [entry_.body for entry_ in house.github.writes(f"/statuses/{entry.head_sha}")]
    return [(body["state"], body["description"]) for body in found if body["context"] == "mergegate: main"]


def test_an_approved_pull_request_may_be_merged_by_the_queue(house: House) -> None:
    _approve(house, 1)
    entry = _enqueue(house, 1)
    assert _shown(house, entry) == [("success", "#1: All rules are approved")]


def test_one_that_is_not_approved_holds_its_group_back(house: House) -> None:
    entry = _enqueue(house, 1)
    assert _shown(house, entry) == [("pending", "#1: 0/1 rules approved")]


def test_a_group_waits_for_the_worst_of_those_ahead_too(house: House) -> None:
    second = _second(house)
    _approve(house, second)
    first_group = _enqueue(house, 1)
    second_group = _enqueue(house, second)
    assert _shown(house, first_group) == [("pending", "#1: 0/1 rules approved")]
    assert _shown(house, second_group) == [("pending", "#1: 0/1 rules approved")]
    _approve(house, 1)
    assert _shown(house, first_group)[-1] == ("success", "#1: All rules are approved")
    assert _shown(house, second_group)[-1] == ("success", "2 pull requests are approved: #1, #2")


def test_a_verdict_that_turns_takes_the_group_s_success_away(house: House) -> None:
    _approve(house, 1)
    entry = _enqueue(house, 1)
    _dismiss_silently(house)
    house.deliver(house.event("pull_request_review", "dismissed", pulls=(1,)))
    house.work()
    assert [state for state, _ in _shown(house, entry)] == ["success", "pending"]


def test_the_members_are_evaluated_anew_whatever_was_known(house: House) -> None:
    _approve(house, 1)
    _dismiss_silently(house)
    house.clock.forward(1)
    entry = _enqueue(house, 1)
    assert [state for state, _ in _shown(house, entry)] == ["pending"]


def test_a_group_that_the_queue_does_not_list_is_an_error_after_some_tries(house: House) -> None:
    entry = house.github.enqueue(REPOSITORY, 1, by="alice")
    house.github.dequeue(REPOSITORY, 1)
    house.deliver(_told(house, "checks_requested", entry))
    house.work()
    assert _shown(house, entry) == []
    for _ in range(3):
        house.clock.forward(60)
        house.sweep()
    sentence = "Could not be judged: GitHub's merge queue does not say which pull requests are in it."
    assert _shown(house, entry) == [("error", sentence)]


def test_a_queue_that_is_listed_late_is_no_error(house: House) -> None:
    _approve(house, 1)
    house.github.fail_query("SOMETHING", "went wrong")
    entry = _enqueue(house, 1)
    assert _shown(house, entry) == []
    house.clock.forward(2)
    house.sweep()
    assert _shown(house, entry) == [("success", "#1: All rules are approved")]


def test_a_queue_that_can_not_be_read_for_long_is_told(house: House) -> None:
    house.github.fail_query("FORBIDDEN", "Resource not accessible by integration", times=8)
    entry = _enqueue(house, 1)
    for _ in range(7):
        house.clock.forward(256)
        house.sweep()
    assert [state for state, _ in _shown(house, entry)] == ["error"]
    house.clock.forward(256)
    house.sweep()
    assert [state for state, _ in _shown(house, entry)] == ["error", "pending"]


def test_nothing_is_written_for_a_group_that_is_gone(house: House) -> None:
    entry = house.github.enqueue(REPOSITORY, 1, by="alice")
    house.deliver(_told(house, "checks_requested", entry))
    house.deliver(_told(house, "destroyed", entry))
    house.work()
    assert _shown(house, entry) == []


def test_a_group_that_is_told_to_be_gone_first_stays_gone(house: House) -> None:
    entry = house.github.enqueue(REPOSITORY, 1, by="alice")
    house.deliver(_told(house, "destroyed", entry))
    house.deliver(_told(house, "checks_requested", entry))
    house.work()
    assert _shown(house, entry) == []


def test_a_verdict_after_the_group_s_end_is_not_written_to_it(house: House) -> None:
    entry = _enqueue(house, 1)
    house.deliver(_told(house, "destroyed", entry))
    _approve(house, 1)
    assert _shown(house, entry) == [("pending", "#1: 0/1 rules approved")]


def test_a_status_that_waits_for_a_group_that_is_gone_is_put_aside(house: House) -> None:
    house.busy("quiet", 60)
    entry = _enqueue(house, 1)
    house.deliver(_told(house, "destroyed", entry))
    house.clock.forward(61)
    house.sweep()
    assert _shown(house, entry) == []
    rows = house.rows("SELECT status FROM intents WHERE number = 0")
    assert rows == [{"status": "superseded"}]


def test_a_worker_that_dies_on_the_way_is_followed_by_another(house: House) -> None:
    _approve(house, 1)

    def die(name: str) -> None:
        if name == "merge_group.held":
            raise MemoryError

    alive = house.context
    house.context = replace(alive, checkpoint=die)
    with pytest.raises(MemoryError):
        _enqueue(house, 1)
    house.context = alive
    house.sent.clear()
    house.clock.forward(alive.settings.lease_seconds + 1)
    house.sweep()
    house.clock.forward(2)
    house.sweep()
    (entry,) = house.github.state.repository(REPOSITORY).queues["main"]
    assert _shown(house, entry) == [("success", "#1: All rules are approved")]


def test_a_verdict_that_is_being_recorded_is_waited_for(house: House) -> None:
    """The group's judge has read the queue; the evaluation stays uncommitted until the judge is seen to wait for it."""
    _approve(house, 1)
    entry = _enqueue(house, 1)
    _dismiss_silently(house)
    held, go = threading.Event(), threading.Event()

    def pause(name: str) -> None:
        if name == "merge_group.held":
            held.set()
            go.wait(10)

    def overlap(name: str) -> None:
        if name == "evaluate.before_commit":
            go.set()
            house.wait_until_one_waits()

    house.deliver(_told(house, "checks_requested", entry))
    group_run = house.sent.pop(0)[1]
    judge = threading.Thread(target=merge_group.group, args=(replace(house.context, checkpoint=pause), group_run))
    judge.start()
    assert held.wait(10)
    house.deliver(house.event("pull_request_review", "dismissed", pulls=(1,)))
    evaluate.pull_request(replace(house.context, checkpoint=overlap), house.sent.pop(0)[1])
    judge.join(10)
    rows = house.rows("SELECT state FROM evaluations WHERE number = 0 ORDER BY seq")
    assert [row["state"] for row in rows] == ["success", "pending"]


def test_a_closed_pull_request_holds_its_group_back(house: House) -> None:
    entry = _enqueue(house, 1)
    house.github.close(REPOSITORY, 1)
    house.deliver_pull(action="closed")
    house.work()
    for _ in range(3):
        house.clock.forward(60)
        house.sweep()
    assert _shown(house, entry)[-1] == ("error", "#1: it is not open any more")


def test_one_that_was_merged_ahead_costs_the_next_group_nothing(house: House) -> None:
    second = _second(house)
    _approve(house, 1)
    _approve(house, second)
    _enqueue(house, 1)
    entry = _enqueue(house, second)
    house.github.close(REPOSITORY, 1)  # merged, and the list of the queue lags behind
    house.deliver_pull(action="closed")
    house.work()
    house.github.merge_next(REPOSITORY)
    house.clock.forward(60)
    house.sweep()
    assert [state for state, _ in _shown(house, entry)] == ["success", "success"]


def test_the_audit_and_the_chain_tell_of_the_group(house: House) -> None:
    entry = house.github.enqueue(REPOSITORY, 1, by="alice")
    asked = house.deliver(_told(house, "checks_requested", entry))
    house.work()
    (row,) = house.rows("SELECT body FROM audit_events WHERE kind = 'merge_group_evaluated'")
    assert (row["body"]["pulls"], row["body"]["state"], row["body"]["head_sha"]) == ([1], "pending", entry.head_sha)
    with house.context.pool.connection() as tx:
        chain = explain.delivery(tx, asked.guid)
    assert chain is not None
    lines = [line.strip() for line in chain_text.render(chain).splitlines()]
    assert "verdict   pending: The merge group of #1 pending (0/1 rules approved)" in lines
    assert [link["kind"] for link in chain["audit"]] == [
        *("delivery_recorded", "pull_request_evaluated", "write_decided", "write_receipted"),
        *("merge_group_evaluated", "write_decided", "write_receipted"),
    ]


def _place(house: House, repository_id: int | None = None) -> Place:
    return Place(house.installation_id, repository_id or house.repository_id)


def test_a_branch_without_a_queue_has_no_entries(house: House) -> None:
    assert house.context.reader.merge_queue(_place(house), REPOSITORY, "main") == ()


def test_a_queue_of_more_than_a_page_is_read_to_its_end(house: House) -> None:
    for index in range(MORE_THAN_A_PAGE):
        house.github.push(REPOSITORY, f"b{index}", {f"{index}.py": "1"}, by="bob")
        number = house.github.open_pull(REPOSITORY, f"b{index}", by="bob").number
        house.github.enqueue(REPOSITORY, number, by="alice")
    entries = house.context.reader.merge_queue(_place(house), REPOSITORY, "main")
    assert [entry.position for entry in entries] == list(range(1, MORE_THAN_A_PAGE + 1))
    assert [entry.pull_request.number for entry in entries if entry.pull_request] == list(
        range(2, MORE_THAN_A_PAGE + 2)
    )


def test_a_name_that_is_another_repository_by_now_tells_nothing(house: House) -> None:
    with pytest.raises(Unavailable, match="is another repository by now"):
        house.context.reader.merge_queue(_place(house, house.repository_id + 1), REPOSITORY, "main")
