"""What waits for an operator's word is a workflow of its own, so that operators see it in one list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks import names
from tests.tasks.agency import Agency, agency
from tests.tasks.house import built

REQUESTS = "SELECT status, error, input, current_step, full_name, asked_by FROM runs WHERE type = 'approval'"


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[Agency]:
    with built(database_url, redis_db) as house:
        yield agency(house, tmp_path)


def _statuses(at: Agency) -> list[str]:
    return [row["status"] for row in at.house.rows(f"{REQUESTS} ORDER BY created_at")]


def _deny(at: Agency, run_id: str) -> Any:
    said = {"digest": at.run(run_id)["digest"], "reason": "Not on a Friday."}
    answer = at.operator.post(f"/api/v1/runs/{run_id}/deny", json=said)
    at.house.sweep()
    return answer


def test_a_write_that_nobody_has_approved_asks_for_it_once(at: Agency) -> None:
    run_id = at.ask()["runId"]
    at.settle()
    [row] = at.house.rows(REQUESTS)
    assert (row["status"], row["current_step"], row["full_name"]) == ("waiting", "await_word", "acme/widget")
    assert (row["input"], row["asked_by"]) == ({"run": run_id, "epoch": 1}, "agent")
    assert row["error"] == f"An operator has to approve what the run {run_id} wishes to write, or to deny it."


def test_no_approval_is_asked_for_where_none_is_needed(at: Agency) -> None:
    at.house.with_settings(approvals_required="none")
    at.ask()
    at.settle()
    assert _statuses(at) == []


def test_an_approval_ends_the_request_and_says_whose_it_was(at: Agency) -> None:
    run_id = at.ask()["runId"]
    at.clear(run_id)
    assert _statuses(at) == ["succeeded"]
    [row] = at.house.rows("SELECT output FROM steps WHERE name = 'await_word'")
    assert row["output"]["approved_by"] == "olga"


def test_a_denial_stops_the_request_and_an_approval_after_all_ends_it(at: Agency) -> None:
    run_id = at.ask()["runId"]
    assert _deny(at, run_id).status_code == 200
    [row] = at.house.rows(REQUESTS)
    assert row["status"] == "blocked"
    assert row["error"].startswith("olga has denied it (Not on a Friday.); ")
    at.give(run_id, "verification")
    assert _statuses(at) == ["blocked"]
    assert at.approve(run_id).status_code == 200
    assert _statuses(at) == ["succeeded"]


def test_an_approval_that_expires_is_asked_for_anew(at: Agency, tmp_path: Path) -> None:
    at = agency(at.house, tmp_path, approval_seconds=60)
    run_id = at.ask()["runId"]
    at.approve(run_id)
    at.house.clock.forward(61)
    at.give(run_id, "verification")
    assert _statuses(at) == ["succeeded", "waiting"]


@pytest.mark.parametrize("end", ["cancel", "epoch", "closed"])
def test_a_request_goes_with_what_it_was_about(at: Agency, end: str) -> None:
    run_id = at.ask()["runId"]
    if end == "cancel":
        assert at.agent.post(f"/api/v1/runs/{run_id}/cancel").status_code == 200
        assert _statuses(at) == ["cancelled"]
    elif end == "epoch":
        at.agent.post(f"/api/v1/runs/{run_id}/epochs", json={})
        at.ask()
        assert _statuses(at) == ["cancelled", "waiting"]
    else:
        at.clear(run_id)
        number = at.house.rows("SELECT number FROM bindings")[0]["number"]
        wish = {"kind": "label_add", "content": {"number": number, "labels": ["x"]}}
        assert at.agent.post(f"/api/v1/runs/{run_id}/writes", json=wish).status_code == 202
        at.house.sweep()
        assert _statuses(at)[-1] == "waiting"
        at.house.github.close("acme/widget", number)
        at.house.deliver_pull(number, "closed")
        at.house.work()
        assert _statuses(at)[-1] == "cancelled"


def test_a_worker_that_dies_over_it_leaves_it_to_the_next(at: Agency) -> None:
    run_id = at.ask()["runId"]
    at.operator.post(f"/api/v1/runs/{run_id}/approve", json={"digest": at.run(run_id)["digest"]})
    with at.house.dying_at("approval.claimed"):
        at.house.sweep()
    at.house.clock.forward(at.house.context.settings.lease_seconds + 1)
    at.house.sweep()
    at.settle()
    assert _statuses(at) == ["succeeded"]


def test_a_word_whose_message_was_lost_is_found_by_the_sweep(at: Agency) -> None:
    run_id = at.ask()["runId"]
    at.operator.post(f"/api/v1/runs/{run_id}/approve", json={"digest": at.run(run_id)["digest"]})
    at.house.sent.clear()
    at.house.sweep()
    assert _statuses(at) == ["succeeded"]


def test_a_word_on_one_write_leaves_the_request_to_those_that_need_another(at: Agency, tmp_path: Path) -> None:
    at = agency(at.house, tmp_path, approvals_required="write")
    run_id = at.ask()["runId"]
    [asked] = at.house.rows(REQUESTS)
    for place, write in enumerate(at.run(run_id)["intents"]):
        said = {"digest": write["digest"]}
        assert at.operator.post(f"/api/v1/intents/{write['intentId']}/approve", json=said).status_code == 200
        for due in at.house.rows("SELECT id FROM writes WHERE status = 'pending'"):
            at.house.run(names.WRITE, due["id"])  # before somebody looks at the request
        at.house.sweep()
        [row] = at.house.rows(REQUESTS)
        assert (row["status"], row["error"]) == [("waiting", asked["error"]), ("succeeded", None)][place]
