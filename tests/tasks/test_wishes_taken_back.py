"""What nothing wishes for any more is not written, whatever became of its first request."""

import threading

import pytest

from app import ledger
from app.records import runs, steps
from tasks import evaluate
from tests.tasks.asking import asked, open_pull, push, write_policy
from tests.tasks.house import REPOSITORY, House

KEPT = """
policy: {approval: [a writer approves]}
approval_rules:
  - {name: a writer approves, requires: {count: 1, permissions: [write]}}
"""
DROPPED = KEPT.replace("}}", "}, options: {invalidate_on_push: true}}")


def _forget_wishes(house: House) -> None:
    """A policy that neither dismisses nor asks, and an evaluation by it."""
    house.github.push(REPOSITORY, "main", {".policy.yml": KEPT}, by="acme")
    house.deliver_pull(action="edited")
    house.work()


def _settled(house: House, kind: str) -> list[str]:
    return [row["status"] for row in house.rows(f"SELECT status FROM intents WHERE kind = '{kind}' ORDER BY sequence")]


@pytest.mark.parametrize("what", [502, "drop"])
def test_a_dismissal_that_had_no_effect_is_not_repeated_once_nothing_asks_for_it(
    asking: House, what: int | str
) -> None:
    open_pull(asking)
    asking.approve()
    asking.github.fault("PUT", "/dismissals", what, when="before")
    push(asking)
    _forget_wishes(asking)
    asking.clock.forward(60)
    asking.sweep()
    assert asking.written("review_dismiss") == []
    assert _settled(asking, "review_dismiss") == ["superseded"]


def test_a_dismissal_that_had_no_effect_is_repeated_while_it_is_asked_for(asking: House) -> None:
    open_pull(asking)
    asking.approve()
    asking.github.fault("PUT", "/dismissals", 502, when="before")
    push(asking)
    _forget_wishes(asking)
    asking.github.push(REPOSITORY, "main", {".policy.yml": DROPPED}, by="acme")
    asking.deliver_pull(action="edited")
    asking.work()
    asking.clock.forward(60)
    asking.sweep()
    assert len(asking.written("review_dismiss")) == 1


@pytest.mark.parametrize("kind", ["review_dismiss", "review_request"])
def test_a_closed_pull_request_is_left_alone(asking: House, kind: str) -> None:
    method, path = {"review_dismiss": ("PUT", "/dismissals"), "review_request": ("POST", "/requested_reviewers")}[kind]
    open_pull(asking)
    asking.approve()
    before = len(asking.written(kind))
    asking.github.limit_secondary(method, path, status=429, retry_after=300)
    push(asking)
    asking.github.close(REPOSITORY, 1)
    asking.deliver_pull(action="closed")
    asking.work()
    asking.clock.forward(301)
    asking.sweep()
    assert len(asking.written(kind)) == before
    assert _settled(asking, kind)[-1] == "superseded"


def test_what_waits_about_another_pull_request_goes_on_waiting(asking: House) -> None:
    asking.busy("notifying", 300)
    open_pull(asking)
    asking.github.push(REPOSITORY, "other", {"b.py": "1"}, by="bob")
    other = asking.github.open_pull(REPOSITORY, "other", by="bob", title="Add b").number
    asking.github.close(REPOSITORY, other)
    asking.deliver_pull(other, action="closed")
    asking.work()
    asking.clock.forward(301)
    asking.sweep()
    assert asked(asking) == [["alice"]]


def test_what_waits_about_the_same_number_of_another_repository_goes_on_waiting(asking: House) -> None:
    asking.busy("notifying", 300)
    open_pull(asking)
    asking.rows("UPDATE intents SET repository_id = 1 WHERE kind = 'review_request' RETURNING id")
    asking.github.close(REPOSITORY, 1)
    asking.deliver_pull(action="closed")
    asking.work()
    assert _settled(asking, "review_request") == ["pending"]


def test_a_request_that_waits_is_put_aside_where_the_pull_request_can_not_be_judged(asking: House) -> None:
    asking.busy("notifying", 3600)
    open_pull(asking)
    asking.github.fault("GET", "/pulls/1$", 502, times=99)
    asking.deliver_pull(action="edited")
    asking.work()
    for attempt in range(1, runs.TELL_AFTER_ATTEMPTS):
        asking.clock.forward(min(2**attempt, steps.LONGEST_BACKOFF_SECONDS) + 1)
        asking.sweep()
    assert _settled(asking, "review_request") == ["superseded"]


def test_a_request_that_had_no_effect_is_repeated_if_it_is_wished_for_again(asking: House) -> None:
    asking.github.fault("POST", "/requested_reviewers", 502, when="before")
    open_pull(asking)
    _forget_wishes(asking)
    write_policy(asking)
    asking.deliver_pull(action="edited")
    asking.work()
    asking.clock.forward(60)
    asking.sweep()
    assert asked(asking) == [["alice"]]


def test_a_request_that_waits_is_put_aside_where_somebody_where_somebody_was_asked_already(asking: House) -> None:
    asking.busy("notifying", 300)
    open_pull(asking)
    asking.github.request_review(REPOSITORY, 1, "alice")
    asking.deliver_pull(action="edited")
    asking.work()
    asking.clock.forward(301)
    asking.sweep()
    assert asked(asking) == []
    assert _settled(asking, "review_request") == ["superseded"]


def test_an_evaluation_that_takes_back_a_wish_lets_the_worker_that_has_it_record_first(asking: House) -> None:
    """Each waits for the intent before the audit chain, so neither waits for the other for ever."""
    asking.busy("notifying", 300)
    open_pull(asking)
    asking.clock.forward(60)
    asking.github.review(REPOSITORY, 1, by="alice", state="approved")
    asking.deliver(asking.event("pull_request_review", "submitted", pulls=(1,)))
    run_id = asking.sent.pop(0)[1]
    with asking.context.pool.connection() as tx:
        tx.execute("SELECT FROM steps WHERE id IN (SELECT id FROM intents WHERE kind = 'review_request') FOR UPDATE")
        judging = threading.Thread(target=evaluate.pull_request, args=(asking.context, run_id))
        judging.start()
        asking.wait_until_one_waits()
        ledger.append(tx, kind="write_decided", subject="s", actor="mergegate", body={}, at=asking.clock())
    judging.join(10)
    assert asking.newest_run()["status"] == "succeeded"
    asking.clock.forward(300)
    asking.sweep()
    assert (asking.states(), asked(asking)) == (["pending", "success"], [])
