"""Clients with a token that mean no good: what they send is bounded, kept apart, and shown as what it is."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tasks.agency import Agency, agency
from tests.tasks.house import built


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[Agency]:
    with built(database_url, redis_db) as house:
        yield agency(house, tmp_path)


def test_what_a_verifier_refers_to_stands_with_the_evidence_and_not_in_the_audit(at: Agency) -> None:
    run_id = at.ask()["runId"]
    hostile = "\x1b[2J<script>ghp_secret"
    assert at.give(run_id, "verification", artifact=hostile).status_code == 201
    assert at.run(run_id)["evidence"][0]["artifact"] == hostile
    entry = at.house.rows("SELECT body FROM audit_entries WHERE kind = 'evidence_given'")[0]["body"]
    assert "ghp_secret" not in json.dumps(entry)
    assert at.house.rows("SELECT id::text FROM evidence")[0]["id"] == entry["evidence"]


def test_a_repository_in_another_spelling_is_not_taken_for_the_one_that_is_bound(at: Agency) -> None:
    wanted = {"artifact": at.store(), "base": "main", "branch": "agent/add-b", "title": "Add b"}
    first = at.agent.post("/api/v1/pull-requests", json={**wanted, "repository": "Acme/Widget"})
    assert first.status_code == 202
    again = at.agent.post("/api/v1/pull-requests", json={**wanted, "repository": "acme/widget"})
    assert (again.status_code, again.get_json()["code"]) == (409, "BRANCH_TAKEN")
    run_id = first.get_json()["runId"]
    assert f"run {run_id}" in again.get_json()["detail"]
    assert at.agent.post(f"/api/v1/runs/{run_id}/cancel").status_code == 200
    assert at.ask(wanted["artifact"])["repository"] == "acme/widget"
