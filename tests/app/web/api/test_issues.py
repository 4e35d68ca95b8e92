"""The endpoints of issues: what is set, what is held, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from app.settings import Settings
from policies.lifecycle import State
from tests.app.web.api.issue_desk import GITHUB_URL, ISSUES, PR_URL, SHA, made, put, rows
from tests.app.web.api.knocking import Knocking, knocking
from tests.clock import Clock


@pytest.fixture
def knock(settings: Settings, clock: Clock) -> Knocking:
    return knocking(settings, clock)


@pytest.fixture
def agent(knock: Knocking) -> FlaskClient:
    return knock.client("read", "propose", "evidence", principal="agent")


def test_an_issue_is_made_in_created_and_shown(agent: FlaskClient, settings: Settings) -> None:
    issue = made(agent, githubUrl=GITHUB_URL)
    assert (issue["status"], issue["githubUrl"], issue["prUrl"]) == ("CREATED", GITHUB_URL, None)
    assert (issue["handoffState"], issue["draft"], issue["createdBy"]) == ("NONE", None, "agent")
    assert agent.get(f"{ISSUES}/{issue['id']}").get_json() == issue
    audit = rows(settings, "SELECT kind, subject, actor, body FROM audit_events ORDER BY seq DESC LIMIT 1")
    said = {"kind": "issue_created", "actor": "agent", "body": {"set": ["github_url"]}}
    assert audit == [{**said, "subject": f"issue:{issue['id']}"}]


def test_issues_are_listed_by_state(agent: FlaskClient, settings: Settings, clock: Clock) -> None:
    first, second = made(agent), made(agent)
    put(settings, first["id"], "DONE", clock)
    listed = agent.get(f"{ISSUES}?status=DONE").get_json()
    assert ([each["id"] for each in listed["items"]], listed["next"]) == ([first["id"]], None)
    first_part = agent.get(f"{ISSUES}?limit=1").get_json()
    second_part = agent.get(f"{ISSUES}?limit=1&after={first_part['next']}").get_json()
    assert {each["items"][0]["id"] for each in (first_part, second_part)} == {first["id"], second["id"]}
    assert second_part["next"] is None
    assert "draft" not in listed["items"][0]
    assert agent.get(f"{ISSUES}?status=LOST").status_code == 422
    assert second["status"] == "CREATED"


def test_what_is_left_out_stays_and_null_takes_away(agent: FlaskClient) -> None:
    issue = made(agent, githubUrl=GITHUB_URL, prUrl=PR_URL)
    path = f"{ISSUES}/{issue['id']}"
    changed = agent.patch(path, json={"prCandidates": [PR_URL, f"{PR_URL}1"], "prUrl": None, "handoffState": "READY"})
    found = changed.get_json()
    assert (found["prUrl"], found["githubUrl"], found["handoffState"]) == (None, GITHUB_URL, "READY")
    assert found["prCandidates"] == [PR_URL, f"{PR_URL}1"]
    assert agent.patch(path, json={"prCandidates": [PR_URL] * 3}).get_json()["prCandidates"] == [PR_URL]


def test_a_new_draft_is_neither_committed_nor_validated(agent: FlaskClient, clock: Clock) -> None:
    issue = made(agent, draft={"body": "one"}, draftCommitted=True, validation={"valid": True})
    assert issue["validation"] == {"valid": True, "findings": []}
    assert issue["draftCommittedAt"] is not None
    changed = agent.patch(f"{ISSUES}/{issue['id']}", json={"draft": {"body": "two"}}).get_json()
    assert (changed["draft"], changed["draftCommittedAt"], changed["validation"]) == ({"body": "two"}, None, None)
    again = {"draftCommitted": True, "validation": {"valid": False, "findings": ["too short"]}}
    changed = agent.patch(f"{ISSUES}/{issue['id']}", json=again).get_json()
    assert changed["validation"] == {"valid": False, "findings": ["too short"]}
    assert changed["draftCommittedAt"] is not None


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"prUrl": "https://example.org/acme/widget/pull/7"}, "INVALID_PR_URL"),
        ({"prUrl": GITHUB_URL}, "INVALID_PR_URL"),
        ({"prCandidates": [PR_URL, "javascript:alert(1)"]}, "INVALID_PR_URL"),
        ({"prCandidates": [PR_URL] * 21}, "INVALID"),
        ({"githubUrl": PR_URL}, "INVALID_GITHUB_URL"),
        ({"prUrl": f"{PR_URL}\u202e"}, "INVALID"),
        ({"prUrl": "https://github.com/" + "a" * 300}, "INVALID"),
        ({"handoffState": "a\nb"}, "INVALID"),
        ({"validation": {"valid": "yes"}}, "INVALID"),
        ({"draft": {"body": "\x00"}}, "INVALID"),
        ({"draft": ["no object"]}, "INVALID"),
        ({"status": "DONE"}, "INVALID"),
        ({"mergeSha": SHA}, "INVALID"),
    ],
)
def test_what_is_hostile_or_wrong_is_refused_with_a_code(agent: FlaskClient, given: Any, code: str) -> None:
    answer = agent.post(ISSUES, json=given)
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
    issue = made(agent)
    assert agent.patch(f"{ISSUES}/{issue['id']}", json=given).get_json()["code"] == code
    assert agent.get(f"{ISSUES}/{issue['id']}").get_json() == issue


@pytest.mark.parametrize("path", ["", "/next-step", "/events"])
def test_an_issue_that_is_not_there_is_not_found(agent: FlaskClient, path: str) -> None:
    answer = agent.get(f"{ISSUES}/{uuid4()}{path}")
    assert (answer.status_code, answer.get_json()["code"]) == (404, "ISSUE_NOT_FOUND")


@pytest.mark.parametrize("path", ["/run-next-step", "/review", "/merge"])
def test_no_step_is_asked_of_an_issue_that_is_not_there(agent: FlaskClient, path: str) -> None:
    assert agent.post(f"{ISSUES}/{uuid4()}{path}").get_json()["code"] == "ISSUE_NOT_FOUND"
    assert agent.patch(f"{ISSUES}/{uuid4()}", json={}).get_json()["code"] == "ISSUE_NOT_FOUND"
    assert agent.post(f"{ISSUES}/{uuid4()}/hold", json={"reason": "x"}).get_json()["code"] == "ISSUE_NOT_FOUND"


@pytest.mark.parametrize("state", ["CREATED", "SPEC_READY", "IMPLEMENTING_PREP", "REVIEW_READY", "DONE"])
def test_an_issue_is_held_with_a_reason_from_each_open_state(
    agent: FlaskClient, settings: Settings, clock: Clock, state: State
) -> None:
    issue = made(agent)
    put(settings, issue["id"], state, clock)
    held = agent.post(f"{ISSUES}/{issue['id']}/hold", json={"reason": "it is not wanted"}).get_json()
    assert (held["status"], held["holdReason"]) == ("HOLD", "it is not wanted")


@pytest.mark.parametrize("state", ["HOLD", "VERIFIED"])
def test_what_has_ended_is_neither_held_nor_changed(
    agent: FlaskClient, settings: Settings, clock: Clock, state: State
) -> None:
    issue = made(agent)
    put(settings, issue["id"], state, clock)
    for answer in (
        agent.post(f"{ISSUES}/{issue['id']}/hold", json={"reason": "again"}),
        agent.patch(f"{ISSUES}/{issue['id']}", json={"prUrl": PR_URL}),
        agent.post(f"{ISSUES}/{issue['id']}/run-next-step"),
    ):
        assert (answer.status_code, answer.get_json()["code"]) == (409, "INVARIANT_VIOLATION")


def test_a_merged_issue_keeps_its_pull_request(agent: FlaskClient, settings: Settings, clock: Clock) -> None:
    issue = made(agent, prUrl=PR_URL)
    put(settings, issue["id"], "DONE", clock)
    answer = agent.patch(f"{ISSUES}/{issue['id']}", json={"prUrl": f"{PR_URL}1"})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "INVARIANT_VIOLATION")
    assert agent.patch(f"{ISSUES}/{issue['id']}", json={"prUrl": PR_URL, "handoffState": "READY"}).status_code == 200


@pytest.mark.parametrize("reason", ["", " ", "a\nb", "\x1b[2J", "x" * 1_001, None])
def test_a_reason_is_one_line(agent: FlaskClient, reason: str | None) -> None:
    issue = made(agent)
    assert agent.post(f"{ISSUES}/{issue['id']}/hold", json={"reason": reason}).status_code == 422
