"""A write that a person must look at shows in its workflow, and what is done then has it made anew."""

from dataclasses import replace
from pathlib import Path
from uuid import UUID

import pytest

from app import definitions
from app.workflows.pausing import Scope
from tasks import receipts
from tests.tasks import steering
from tests.tasks.agency import agency, codes
from tests.tasks.house import House
from tests.tasks.steering import later, listed, retry, shown

MANY = 99
CODES = [
    ("write.claimed", "TOO_MANY_ATTEMPTS"),
    ("write.decided", "TOO_MANY_ATTEMPTS"),
    ("write.spent", "OUTCOME_UNKNOWN"),
]


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


@pytest.mark.parametrize(("point", "code"), CODES)
def test_a_write_at_which_every_worker_dies_is_left_to_a_person_and_made_anew_by_a_retry(
    house: House, point: str, code: str
) -> None:
    house.deliver_pull()
    house.run(*house.sent.pop(0))
    house.rows(f"UPDATE steps SET attempts = {definitions.WRITE.most_attempts - 1} WHERE name = 'write' RETURNING id")
    with house.dying_at(point):
        house.work()
    later(house, 200)
    (found,) = listed(house, "policy_evaluation")
    status, unblock = _standing(house, found.id)
    assert (status, "It was tried 100 times" in str(unblock), house.states()) == ("blocked", True, [])
    assert house.rows("SELECT body ->> 'code' AS code FROM audit_events WHERE kind = 'write_blocked'") == [
        {"code": code}
    ]
    assert retry(house, found.id) == found.id
    house.work()
    assert (_standing(house, found.id), house.states()) == (("succeeded", None), ["pending"])


@pytest.mark.parametrize(("point", "code"), CODES)
def test_a_run_says_that_its_write_was_tried_too_often(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, point: str, code: str
) -> None:
    at = agency(house, tmp_path, approvals_required="none")
    run_id = at.ask()["runId"]
    at.give(run_id, "verification")
    monkeypatch.setattr(definitions, "WRITE", replace(definitions.WRITE, most_attempts=1))
    with house.dying_at(point):
        at.give(run_id, "internal_review")
    later(house, 200)
    run = at.run(run_id)
    assert (run["status"], codes(run)) == ("blocked", [code])
