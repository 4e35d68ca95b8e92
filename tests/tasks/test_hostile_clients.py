"""Clients with a token that mean no good: what they send is bounded, kept apart, and shown as what it is."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.test import TestResponse

from app import work
from app.artifacts import artifact
from app.cli import main
from tests.tasks.agency import Agency, agency, codes, sha256
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
    entry = at.house.rows("SELECT body FROM audit_events WHERE kind = 'evidence_given'")[0]["body"]
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


def test_an_operator_is_led_to_the_code_that_they_approve(at: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"kind": "files", "files": [{"path": "b.py", "content": "import os\n"}]}
    digest = at.agent.post("/api/v1/artifacts", json=files).get_json()["digest"]
    run = at.ask(digest)
    assert run["artifact"] == digest
    seen = at.operator.get(f"/api/v1/artifacts/{run['artifact']}/text").get_json()
    assert [(file["path"], file["content"]) for file in seen["files"]] == [("b.py", "import os\n")]
    monkeypatch.setenv("DATABASE_URL", at.house.context.settings.database_url)
    shown = CliRunner().invoke(main, ["intents", "show", run["runId"], "--json"])
    assert json.loads(shown.output)["artifact"] == digest
    bound = {"repository": "acme/widget", "base": "main", "head": "feature", "headSha": "a" * 40}
    assert at.agent.post("/api/v1/runs", json=bound).get_json()["artifact"] is None


def test_a_list_of_runs_holds_none_of_what_they_would_write(at: Agency) -> None:
    run = at.ask()
    (listed,) = at.agent.get("/api/v1/runs").get_json()["items"]
    assert listed == {name: value for name, value in run.items() if name not in ("intents", "evidence")}


def test_a_run_is_asked_for_so_much_in_an_epoch(at: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MOST_WISHES", 2)
    run_id = at.ask()["runId"]

    def wish(body: str) -> TestResponse:
        wanted = {"kind": "comment", "content": {"number": 1, "body": body}}
        return at.agent.post(f"/api/v1/runs/{run_id}/writes", json=wanted)

    assert wish("one").status_code == 202
    refused = wish("two")
    assert (refused.status_code, refused.get_json()["code"]) == (409, "TOO_MANY_WISHES")
    assert wish("one").status_code == 202
    assert at.agent.post(f"/api/v1/runs/{run_id}/epochs", json={}).status_code == 201
    assert wish("two").status_code == 202


def test_bytes_that_nobody_stored_as_an_artifact_are_none(at: Agency) -> None:
    inner = artifact.canonical(artifact.read(b'{"kind": "files", "files": [{"path": "c.py", "content": "3\\n"}]}'))
    at.ask(at.store({"path": "b.json", "content": inner.decode()}))
    run = at.ask(sha256(inner.decode()), branch="agent/other")
    assert codes(run) == ["ARTIFACT_MISSING"]
