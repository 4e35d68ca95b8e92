"""A write of whichever kind that a person had to look at is made by a retry, once, and decided on anew for that."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from app import definitions
from tasks import names
from tests.tasks import approving, asking
from tests.tasks.house import REPOSITORY, House
from tests.tasks.policy_checks import SOUND
from tests.tasks.steering import disagreeing, later, listed, retry, shown


def _status(house: House) -> None:
    house.deliver_pull()


def _check_run(house: House) -> None:
    house.github.push(REPOSITORY, "policy", {".policy.yml": SOUND}, by="bob")
    house.deliver_pull(house.github.open_pull(REPOSITORY, "policy", by="bob", title="Change the policy").number)


def _review_request(house: House) -> None:
    asking.write_policy(house)
    house.deliver_pull()


def _review_dismiss(house: House) -> None:
    asking.write_policy(house)
    asking.open_pull(house)
    house.approve()
    house.clock.forward(60)
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    house.deliver_pull(action="synchronize")


def _review_approve(house: House) -> None:
    approving.write_rules(house)
    approving.check(house)
    house.deliver_pull()


ASKED: dict[str, Callable[[House], None]] = {
    "status": _status,
    "check_run": _check_run,
    "review_request": _review_request,
    "review_dismiss": _review_dismiss,
    "review_approve": _review_approve,
}
"""What leads to a write of each kind."""


def _recorded(house: House, kind: str) -> dict[str, Any]:
    """The write of this kind, at which nobody was yet."""
    which = f"SELECT id, run_id FROM intents WHERE kind = '{kind}' AND status = 'pending'"
    while not (found := house.rows(which)):
        house.run(*house.sent.pop(0))
    return found[0]


def _blocked(house: House, kind: str, point: str) -> UUID:
    """The evaluation whose write of this kind was tried too often: its workers died there each time."""
    house.allow(*ASKED)
    ASKED[kind](house)
    row = _recorded(house, kind)
    attempts = definitions.WRITE.most_attempts - 1
    house.rows(f"UPDATE steps SET attempts = {attempts} WHERE id = '{row['id']}' RETURNING id")
    with house.dying_at(point):
        house.run(names.WRITE, row["id"])
    house.work()
    later(house, 200)
    assert house.rows(f"SELECT status FROM intents WHERE id = '{row['id']}'") == [{"status": "blocked"}]
    workflow_id: UUID = row["run_id"]
    return workflow_id


def _of_kind(house: House, kind: str, what: str, among: str) -> list[Any]:
    rows = house.rows(f"SELECT {what} FROM {among} WHERE intents.kind = '{kind}' ORDER BY {what}")
    return [row[what.rpartition(".")[-1]] for row in rows]


PERMITS = "permits JOIN intents ON intents.id = intent_id"
DECISIONS = "decisions JOIN intents ON intents.id = intent_id"


@pytest.mark.parametrize("kind", ASKED)
def test_what_never_left_is_decided_on_anew_and_made(house: House, kind: str) -> None:
    before = _blocked(house, kind, "write.decided")
    made = len(house.written(kind))
    assert retry(house, before) == before
    house.work()
    later(house)
    assert (len(house.written(kind)), shown(house, before).workflow.status) == (made + 1, "succeeded")
    assert _of_kind(house, kind, "permits.outcome", PERMITS)[-2:] == ["unspent", "written"]
    assert _of_kind(house, kind, "decisions.allowed", DECISIONS)[-2:] == [True, True]
    assert disagreeing(house) == []


@pytest.mark.parametrize("kind", ASKED)
def test_what_may_have_left_and_is_there_is_not_made_twice(house: House, kind: str) -> None:
    before = _blocked(house, kind, "write.requested")
    made = len(house.written(kind))
    assert retry(house, before) == before
    house.work()
    later(house)
    assert (len(house.written(kind)), shown(house, before).workflow.status) == (made, "succeeded")
    assert set(_of_kind(house, kind, "permits.outcome", PERMITS)) == {"written"}
    assert disagreeing(house) == []


@pytest.mark.parametrize("kind", ASKED)
def test_what_may_have_left_and_is_not_there_is_decided_on_anew(house: House, kind: str) -> None:
    before = _blocked(house, kind, "write.spent")
    made = len(house.written(kind))
    assert retry(house, before) == before
    house.work()
    later(house)
    assert (len(house.written(kind)), shown(house, before).workflow.status) == (made + 1, "succeeded")
    assert _of_kind(house, kind, "permits.outcome", PERMITS)[0] == "absent"
    assert disagreeing(house) == []


def test_where_the_next_evaluation_waits_that_is_the_retry_and_the_write_is_made_all_the_same(house: House) -> None:
    before = _blocked(house, "check_run", "write.decided")
    house.deliver_pull(2, action="edited")
    (waiting,) = [each.id for each in listed(house, "policy_evaluation") if each.status == "pending"]
    assert retry(house, before) == waiting
    house.work()
    later(house)
    assert (len(house.written("check_run")), shown(house, before).workflow.status) == (1, "succeeded")
    assert disagreeing(house) == []


def test_who_retries_is_told_which_writes_are_due(house: House) -> None:
    before = _blocked(house, "check_run", "write.spent")
    assert retry(house, before) == before
    steps = {step.id: step for step in shown(house, before).steps if step.name == "write"}
    (written,) = [row["id"] for row in house.rows("SELECT id FROM intents WHERE kind = 'check_run'")]
    assert (steps[written].status, steps[written].attempts, steps[written].error) == ("pending", 0, None)
    assert house.rows(f"SELECT status FROM intents WHERE id = '{written}'") == [{"status": "sent"}]
    told = [each.said["error"] for each in shown(house, before).history if each.what == "stopped"]
    assert told == ["It was tried 100 times; a person must look."]


def test_what_another_version_may_have_sent_is_read_first(house: House) -> None:
    _status(house)
    row = _recorded(house, "status")
    with house.dying_at("write.requested"):
        house.run(names.WRITE, row["id"])
    (kept,) = house.rows(f"SELECT content::text AS content FROM intents WHERE id = '{row['id']}'")
    house.rows(f"UPDATE intents SET content = '{{}}' WHERE id = '{row['id']}' RETURNING id")
    later(house, 200)
    assert shown(house, row["run_id"]).workflow.status == "blocked"
    house.rows(f"UPDATE intents SET content = '{kept['content']}' WHERE id = '{row['id']}' RETURNING id")
    assert retry(house, row["run_id"]) == row["run_id"]
    assert house.rows(f"SELECT status FROM intents WHERE id = '{row['id']}'") == [{"status": "sent"}]
    house.work()
    later(house)
    assert len(house.written("status")) == 1
    assert disagreeing(house) == []


def _not_wished_for_meanwhile(house: House) -> UUID:
    """The evaluation whose approval needs a person, which no rule wishes for by now."""
    before = _blocked(house, "review_approve", "write.decided")
    approving.check(house, "failure")
    approving.judge(house)
    return before


def test_an_approval_that_no_rule_wishes_for_any_more_is_not_given_by_a_retry(house: House) -> None:
    before = _not_wished_for_meanwhile(house)
    assert retry(house, before) == before
    (row,) = house.rows("SELECT id FROM intents WHERE kind = 'review_approve'")
    house.run(names.WRITE, row["id"])  # which may well come before the evaluation
    assert house.written("review_approve") == []
    house.work()
    later(house)
    assert (house.written("review_approve"), shown(house, before).workflow.status) == ([], "succeeded")
    assert disagreeing(house) == []


def test_an_approval_of_what_is_closed_by_now_is_not_given_by_a_retry(house: House) -> None:
    before = _blocked(house, "review_approve", "write.decided")
    house.github.close(REPOSITORY, 1)
    approving.judge(house)
    assert retry(house, before) == before
    (row,) = house.rows("SELECT id FROM intents WHERE kind = 'review_approve'")
    house.run(names.WRITE, row["id"])
    assert house.written("review_approve") == []


@pytest.mark.parametrize("is_first", [False, True])
def test_one_that_is_wished_for_again_is_given_once(house: House, is_first: bool) -> None:
    before = _not_wished_for_meanwhile(house)
    approving.check(house)
    approving.judge(house)
    assert retry(house, before) == before
    (row,) = house.rows("SELECT id FROM intents WHERE kind = 'review_approve'")
    if is_first:
        house.run(names.WRITE, row["id"])
    house.work()
    later(house)
    assert (len(house.written("review_approve")), shown(house, before).workflow.status) == (1, "succeeded")
    assert disagreeing(house) == []
