"""A write that a person must look at shows in its workflow, and what is done then has it made anew."""

from uuid import UUID

import pytest

from app.workflows.pausing import Scope
from tasks import receipts
from tests.tasks import steering
from tests.tasks.house import House
from tests.tasks.steering import later, listed, retry, shown

MANY = 99


@pytest.fixture
def unread(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """One that has sent a status, and could never read what became of it."""
    monkeypatch.setattr(receipts, "MOST_READINGS", 3)
    house.github.fault("POST", "/statuses/", 502, when="before")
    house.github.fault("GET", "/statuses$", 500, times=MANY, skip=1)
    house.deliver_pull()
    house.work()
    for _ in range(3):
        later(house, 20)
    house.github.faults.script.clear()
    return house


def _standing(house: House, workflow_id: UUID) -> tuple[str, str | None]:
    found = shown(house, workflow_id)
    return found.workflow.status, found.unblock


def test_its_evaluation_is_blocked_and_says_by_what(unread: House) -> None:
    (found,) = listed(unread, "policy_evaluation")
    error = unread.rows("SELECT error FROM writes WHERE status = 'blocked'")[0]["error"]
    status, unblock = _standing(unread, found.id)
    assert (status, error in str(unblock)) == ("blocked", True)


def test_a_retry_has_it_made_anew(unread: House) -> None:
    (found,) = listed(unread, "policy_evaluation")
    assert retry(unread, found.id) == found.id
    unread.work()
    assert (_standing(unread, found.id), unread.states()) == (("succeeded", None), ["pending"])


def test_the_next_evaluation_has_it_made_anew_and_frees_the_one_before(unread: House) -> None:
    unread.approve()
    assert unread.states() == ["success"]
    assert {each.status for each in listed(unread, "policy_evaluation")} == {"succeeded"}


def test_a_write_of_a_paused_type_waits_until_that_is_resumed(house: House) -> None:
    house.deliver_pull()
    house.run(*house.sent.pop(0))
    scope = Scope("type", "policy_evaluation")
    steering.pause(house, scope)
    house.work()
    later(house)
    assert house.states() == []
    steering.resume(house, scope)
    later(house)
    assert house.states() == ["pending"]
