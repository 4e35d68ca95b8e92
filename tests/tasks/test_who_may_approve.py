"""Whoever has had a hand in what a run would write approves none of it, in whatever way that was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tasks.agency import Agency, agency
from tests.tasks.house import built


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[Agency]:
    with built(database_url, redis_db) as house:
        yield agency(house, tmp_path)


@pytest.mark.parametrize("hand", ["epoch", "wish", "artifact", "none"])
def test_who_had_a_hand_in_it_does_not_approve_it(at: Agency, hand: str) -> None:
    both = at.knock.client("propose", "approve", principal="mallory")
    files = {"kind": "files", "files": [{"path": "b.py", "content": "2\n"}]}
    digest = (both if hand == "artifact" else at.agent).post("/api/v1/artifacts", json=files).get_json()["digest"]
    run_id = at.ask(digest)["runId"]
    if hand == "epoch":
        assert both.post(f"/api/v1/runs/{run_id}/epochs", json={}).status_code == 201
        at.ask(digest)
    if hand == "wish":
        wish = {"kind": "comment", "content": {"number": 1, "body": "Mine."}}
        assert both.post(f"/api/v1/runs/{run_id}/writes", json=wish).status_code == 202
        at.house.sweep()
    answer = both.post(f"/api/v1/runs/{run_id}/approve", json={"digest": at.run(run_id)["digest"]})
    refused = (403, "APPROVAL_OWN_PROPOSAL")
    assert (answer.status_code, answer.get_json().get("code")) == ((200, None) if hand == "none" else refused)


def test_who_opens_an_epoch_afterwards_takes_their_own_approval_back(at: Agency) -> None:
    run_id = at.ask()["runId"]
    olga = at.knock.client("propose", "approve", principal="olga")
    assert at.approve(run_id).status_code == 200
    assert olga.post(f"/api/v1/runs/{run_id}/epochs", json={}).status_code == 201
    run = at.ask()
    assert (run["runId"], run["epoch"]) == (run_id, 2)
    assert "APPROVAL_MISSING" in {blocker["code"] for blocker in run["blockers"]}
