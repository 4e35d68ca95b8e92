"""The endpoints of the steps of issues: asked for in rows and one message, and what is told of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from app import database
from app.records import step_runs, timeline
from app.records.step_runs import WantedStep
from app.settings import Settings
from tests.app.web.api.issue_desk import GITHUB_URL, ISSUES, PR_URL, SHA, made, put, rows
from tests.app.web.api.knocking import Knocking, knocking
from tests.clock import Clock


@pytest.fixture
def knock(settings: Settings, clock: Clock) -> Knocking:
    return knocking(settings, clock)


@pytest.fixture
def agent(knock: Knocking) -> FlaskClient:
    return knock.client("read", "propose", "evidence", principal="agent")


def test_the_next_step_is_named_or_what_is_in_its_way(agent: FlaskClient) -> None:
    issue = made(agent)
    blocked = agent.get(f"{ISSUES}/{issue['id']}/next-step").get_json()
    assert (blocked["blocked"], blocked["nextStep"], blocked["blockedStep"]) == (True, None, "S1_PICK_ISSUE")
    assert blocked["blockerCode"] == "NO_GITHUB_LINK"
    agent.patch(f"{ISSUES}/{issue['id']}", json={"githubUrl": GITHUB_URL})
    clear = agent.get(f"{ISSUES}/{issue['id']}/next-step").get_json()
    assert (clear["blocked"], clear["nextStep"], clear["blockerCode"]) == (False, "S1_PICK_ISSUE", None)


def test_a_state_that_nobody_knows_is_said(agent: FlaskClient, settings: Settings, clock: Clock) -> None:
    issue = made(agent)
    put(settings, issue["id"], "PAUSED", clock)  # type: ignore[arg-type]
    assert agent.get(f"{ISSUES}/{issue['id']}/next-step").get_json()["blockerCode"] == "UNKNOWN_STATE"
    assert agent.post(f"{ISSUES}/{issue['id']}/run-next-step").get_json()["code"] == "UNKNOWN_STATE"


def test_a_step_is_answered_202_with_its_run(agent: FlaskClient, settings: Settings) -> None:
    issue, request_id = made(agent, githubUrl=GITHUB_URL), str(uuid4())
    answer = agent.post(f"{ISSUES}/{issue['id']}/run-next-step", json={"requestId": request_id, "mode": "dryRun"})
    said = answer.get_json()
    assert (answer.status_code, answer.headers["Location"]) == (202, f"/api/v1/runs/{said['runId']}")
    assert (said["requestId"], said["issueId"], said["status"]) == (request_id, issue["id"], "running")
    assert (said["step"], said["mode"], said["stateBefore"]) == ("S1_PICK_ISSUE", "dryRun", "CREATED")
    assert agent.get(answer.headers["Location"]).get_json() == said
    (run,) = rows(settings, "SELECT id, kind, status FROM runs")
    assert run == {"id": UUID(said["runId"]), "kind": "step", "status": "pending"}
    events = agent.get(f"{ISSUES}/{issue['id']}/events").get_json()
    assert [each["type"] for each in events["events"]] == ["loop_run_started"]


def test_a_merge_is_a_wish_and_its_run(agent: FlaskClient, settings: Settings, clock: Clock) -> None:
    issue = made(agent, githubUrl=GITHUB_URL, prUrl=PR_URL)
    said = agent.post(f"{ISSUES}/{issue['id']}/merge", json={"whenReady": True}).get_json()
    (wish,) = rows(settings, "SELECT pr_url, waits, source, asked_by, mode, status, until FROM merge_requests")
    until = clock() + timedelta(hours=settings.merge_request_hours)
    assert wish == {
        "pr_url": PR_URL,
        "waits": True,
        "source": "api",
        "asked_by": "agent",
        "mode": "execute",
        "status": "open",
        "until": until,
    }
    assert [row["kind"] for row in rows(settings, "SELECT kind FROM runs")] == ["merge"]
    assert said["step"] == "S5_MERGE"


def test_two_merges_are_both_taken_and_a_retry_with_its_key_is_one(agent: FlaskClient, settings: Settings) -> None:
    issue = made(agent, prUrl=PR_URL)
    path, key = f"{ISSUES}/{issue['id']}/merge", {"Idempotency-Key": "one"}
    runs = [agent.post(path).get_json()["runId"], agent.post(path, headers=key).get_json()["runId"]]
    again = agent.post(path, headers=key)
    assert (again.get_json()["runId"], again.headers["Idempotency-Replayed"]) == (runs[1], "true")
    assert len(set(runs)) == len(rows(settings, "SELECT id FROM runs")) == 2


def test_a_merge_that_waits_is_no_wish_for_another_pull_request(agent: FlaskClient, settings: Settings) -> None:
    path = f"{ISSUES}/{made(agent, prUrl=PR_URL)['id']}"
    agent.post(f"{path}/merge", json={"whenReady": True})
    rows(settings, "UPDATE step_runs SET ending = 'blocked' RETURNING run_id")
    assert agent.patch(path, json={"prUrl": PR_URL, "handoffState": "READY"}).status_code == 200
    assert rows(settings, "SELECT status FROM merge_requests") == [{"status": "open"}]
    assert agent.patch(path, json={"prUrl": f"{PR_URL}1"}).status_code == 200
    assert rows(settings, "SELECT status FROM merge_requests") == [{"status": "ended"}]


def test_a_dry_run_waits_for_nothing(agent: FlaskClient, settings: Settings) -> None:
    issue = made(agent, prUrl=PR_URL)
    agent.post(f"{ISSUES}/{issue['id']}/merge", json={"whenReady": True, "mode": "dryRun"})
    assert rows(settings, "SELECT mode, waits FROM merge_requests") == [{"mode": "dryRun", "waits": False}]


def test_holding_an_issue_ends_its_wish_to_be_merged(agent: FlaskClient, settings: Settings) -> None:
    issue = made(agent, prUrl=PR_URL)
    agent.post(f"{ISSUES}/{issue['id']}/merge", json={"whenReady": True})
    assert agent.post(f"{ISSUES}/{issue['id']}/hold", json={"reason": "no"}).status_code == 200
    assert rows(settings, "SELECT status FROM merge_requests") == [{"status": "ended"}]


def test_an_issue_that_a_step_works_on_is_locked_until_that_ends(agent: FlaskClient, settings: Settings) -> None:
    issue = made(agent, githubUrl=GITHUB_URL)
    path = f"{ISSUES}/{issue['id']}"
    started = agent.post(f"{path}/run-next-step").get_json()
    for other in ("/run-next-step", "/review", "/merge"):
        answer = agent.post(f"{path}{other}")
        assert (answer.status_code, answer.get_json()["code"]) == (409, "LOCKED")
    assert agent.patch(path, json={"prUrl": PR_URL}).get_json()["code"] == "LOCKED"
    assert agent.post(f"{path}/review", json={"mode": "dryRun"}).status_code == 202
    rows(settings, f"UPDATE step_runs SET ending = 'failed' WHERE run_id = '{started['runId']}' RETURNING run_id")
    assert agent.post(f"{path}/review").status_code == 202


def test_a_dry_run_locks_nothing(agent: FlaskClient) -> None:
    path = f"{ISSUES}/{made(agent)['id']}"
    assert agent.post(f"{path}/merge", json={"mode": "dryRun"}).status_code == 202
    assert agent.post(f"{path}/review").status_code == 202


@pytest.mark.parametrize(
    "body", [{"mode": "maybe"}, {"requestId": "x"}, {"whenReady": 1}, {"step": "S5_MERGE"}, {"force": True}]
)
def test_a_merge_is_asked_for_in_known_words(agent: FlaskClient, body: dict[str, Any]) -> None:
    path = f"{ISSUES}/{made(agent)['id']}/merge"
    assert (agent.post(path, json=body).status_code, agent.post(path, data=b"{").status_code) == (422, 415)


def test_evidence_is_kept_as_it_was_found(agent: FlaskClient, settings: Settings, clock: Clock) -> None:
    issue = made(agent)
    said = {"kind": "smoke", "verdict": "PASS", "sha": SHA, "at": clock().isoformat()}
    assert agent.post(f"{ISSUES}/{issue['id']}/evidence", json=said).status_code == 201
    (kept,) = rows(settings, "SELECT kind, verdict, sha, at, given_by FROM issue_evidence")
    assert kept == {**said, "at": clock(), "given_by": "agent"}


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "MAYBE"},
        {"sha": "main"},
        {"at": "2026-01-01T00:00:00"},
        {"at": "2999-01-01T00:00:00Z"},
        {"kind": "CHECKS_SNAPSHOT_RECEIPT"},
        {"kind": "a b"},
    ],
)
def test_evidence_that_can_be_none_is_refused(agent: FlaskClient, clock: Clock, change: dict[str, Any]) -> None:
    said = {"kind": "smoke", "verdict": "PASS", "sha": SHA, "at": clock().isoformat(), **change}
    answer = agent.post(f"{ISSUES}/{made(agent)['id']}/evidence", json=said)
    assert (answer.status_code, answer.get_json()["code"]) == (422, "INVALID")


def test_the_timeline_is_paged_newest_first(agent: FlaskClient, settings: Settings, clock: Clock) -> None:
    issue = made(agent)
    with database.pool(settings.database_url) as pool, pool.connection() as tx:
        for step in ("S1_PICK_ISSUE", "S2_SPEC_READY", "S3_IMPLEMENT_PREP"):
            wanted = WantedStep(
                step=step,
                mode="dryRun",
                request_id="r",
                asked_by="a",
                issue_id=UUID(issue["id"]),
                state_before="CREATED",
            )
            step_runs.open_run(tx, wanted, clock())
    page = agent.get(f"{ISSUES}/{issue['id']}/events?limit=2&offset=0").get_json()
    assert [each["payload"]["step"] for each in page["events"]] == ["S3_IMPLEMENT_PREP", "S2_SPEC_READY"]
    assert {name: page[name] for name in ("schemaVersion", "issueId", "total", "limit", "offset")} == {
        "schemaVersion": "loop.events.v1",
        "issueId": issue["id"],
        "total": 3,
        "limit": 2,
        "offset": 0,
    }
    assert agent.get(f"{ISSUES}/{issue['id']}/events?limit=201").status_code == 422


def test_the_timeline_takes_no_text_from_outside(settings: Settings, agent: FlaskClient, clock: Clock) -> None:
    issue_id = UUID(made(agent)["id"])
    with database.pool(settings.database_url) as pool, pool.connection() as tx:
        with pytest.raises(ValueError, match="loop_run_failed may not say title"):
            timeline.append(tx, issue_id, None, "loop_run_failed", {"title": "<script>"}, clock())
        with pytest.raises(ValueError, match="reviewers"):
            timeline.append(tx, issue_id, None, "loop_merged", {"reviewers": ["a"]}, clock())
        assert timeline.page(tx, issue_id, limit=1, offset=0) == ([], 0)


def test_of_two_different_steps_asked_for_at_once_one_is_taken(knock: Knocking, agent: FlaskClient) -> None:
    path = f"{ISSUES}/{made(agent, githubUrl=GITHUB_URL)['id']}"
    clients = [knock.client("read", "propose", principal=name) for name in ("ann", "ben")]
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(clients[n].post, f"{path}/{step}") for n, step in enumerate(("review", "run-next-step"))]
    assert sorted(answer.result().status_code for answer in asked) == [202, 409]
