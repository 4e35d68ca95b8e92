"""The endpoints of workflows: what starts, what is listed and shown, what is refused and why."""

from typing import Any

import pytest
from flask.testing import FlaskClient

from app.settings import Settings
from tests.app.web.api.knocking import Knocking, knocking
from tests.app.web.api.workflow_desk import (
    HANDOFF,
    NOBODY,
    PR_URL,
    WORKFLOWS,
    agent,
    arrived,
    audited,
    knock,
    operator,
    rows,
    seen,
    start,
    started,
)
from tests.clock import Clock

__all__ = ["agent", "knock", "operator"]


def test_an_evaluation_is_started_once_for_all_who_ask(agent: FlaskClient, knock: Knocking) -> None:
    seen(knock)
    first = started(agent, "policy_evaluation", repository="ACME/widget", number=7)
    assert (first["type"], first["kind"], first["status"]) == ("policy_evaluation", "evaluate", "pending")
    assert (first["repository"], first["number"], first["currentStep"]) == ("acme/widget", 7, "judge")
    assert started(agent, "policy_evaluation", repository="acme/widget", number=7)["id"] == first["id"]
    assert audited(knock, first["id"]) == [("workflow_started", "agent")] * 2


def asked_by(client: FlaskClient, workflow_id: str) -> list[str]:
    """As the list says, and as it is shown."""
    (found,) = client.get(f"{WORKFLOWS}?subject=run:{workflow_id}").get_json()["items"]
    return [found["askedBy"], client.get(f"{WORKFLOWS}/{workflow_id}").get_json()["askedBy"]]


def test_who_starts_an_evaluation_first_has_asked_for_it(
    agent: FlaskClient, operator: FlaskClient, knock: Knocking
) -> None:
    seen(knock)
    first = started(operator, "policy_evaluation", repository="acme/widget", number=7)
    assert asked_by(agent, first["id"]) == ["olga", "olga"] == [first["askedBy"]] * 2
    assert started(agent, "policy_evaluation", repository="acme/widget", number=7)["askedBy"] == "olga"
    arrived(knock, 7)
    assert asked_by(agent, first["id"]) == ["olga", "olga"]


def test_who_starts_what_waits_by_itself_has_asked_for_it(agent: FlaskClient, knock: Knocking) -> None:
    seen(knock)
    waiting = arrived(knock, 7)
    assert asked_by(agent, waiting) == ["mergegate", "mergegate"]
    found = started(agent, "policy_evaluation", repository="acme/widget", number=7)
    assert (found["id"], asked_by(agent, waiting)) == (waiting, ["agent", "agent"])


def test_who_starts_a_comparison_has_asked_for_it(agent: FlaskClient, knock: Knocking) -> None:
    seen(knock)
    for asked in ({"what": "merges", "repository": "acme/widget"}, {"what": "deliveries"}, {"what": "gates"}):
        assert started(agent, "reconciliation", **asked)["askedBy"] == "agent"


def test_what_was_imported_is_found_by_repository_and_number(agent: FlaskClient, knock: Knocking) -> None:
    own = "gen_random_uuid(), 'merge', 'imported', 'legacy:w1', 0, 'Acme/Widget', 0, 7, 'merge', 'succeeded'"
    columns = "id, type, kind, subject, repository_id, full_name, installation_id, number, current_step, status"
    rows(knock, f"INSERT INTO workflows ({columns}) VALUES ({own}) RETURNING id")
    found = [agent.get(WORKFLOWS, query_string={"subject": f"acme/widget#{n}"}).get_json()["items"] for n in (7, 8)]
    assert [[each["subject"] for each in items] for items in found] == [["legacy:w1"], []]
    by_kind = agent.get(WORKFLOWS, query_string={"kind": found[0][0]["kind"]}).get_json()["items"]
    assert [each["subject"] for each in by_kind] == ["legacy:w1"]


def test_a_pull_request_that_was_never_seen_is_not_evaluated(agent: FlaskClient, knock: Knocking) -> None:
    answer = start(agent, "policy_evaluation", repository="acme/widget", number=8)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "PULL_REQUEST_NOT_SEEN")
    seen(knock, 8)
    assert start(agent, "policy_evaluation", repository="acme/widget", number=8).status_code == 202


def test_a_handoff_is_the_run_that_the_api_of_runs_shows(agent: FlaskClient, knock: Knocking) -> None:
    found = started(agent, "pull_request_handoff", **HANDOFF)
    run = agent.get(f"/api/v1/runs/{found['id']}").get_json()
    assert (run["repository"], run["base"], run["head"], run["proposedBy"]) == ("acme/widget", "main", "work", "agent")
    assert audited(knock, found["id"]) == [("run_opened", "agent"), ("workflow_started", "agent")]
    again = start(agent, "pull_request_handoff", **HANDOFF)
    assert (again.status_code, again.get_json()["code"]) == (409, "BRANCH_TAKEN")
    same = start(agent, "pull_request_handoff", remote="acme/widget", base="main", head="main")
    assert (same.status_code, same.get_json()["code"]) == (422, "BRANCH_MISMATCH")


def test_a_merge_is_asked_for_by_address_or_by_issue(agent: FlaskClient, knock: Knocking) -> None:
    found = started(agent, "merge", prUrl=PR_URL, mode="dryRun")
    assert (found["type"], found["repository"], found["issueId"]) == ("merge", "acme/widget", None)
    assert rows(knock, "SELECT pr_url, source, mode, waits FROM merge_requests") == [
        {"pr_url": PR_URL, "source": "api", "mode": "dryRun", "waits": False}
    ]
    issue = agent.post("/api/v1/issues", json={"prUrl": PR_URL}).get_json()["id"]
    of_issue = started(agent, "merge", issueId=issue, whenReady=True)
    assert (of_issue["issueId"], of_issue["input"]["step"]) == (issue, "S5_MERGE")


def test_a_merge_by_address_is_that_of_the_issue_that_is_ready(agent: FlaskClient, knock: Knocking) -> None:
    issue = agent.post("/api/v1/issues", json={"prUrl": PR_URL}).get_json()["id"]
    rows(knock, f"UPDATE issues SET status = 'REVIEW_READY' WHERE id = '{issue}' RETURNING id")
    assert started(agent, "merge", prUrl=PR_URL)["issueId"] == issue


def test_a_step_of_an_issue_is_started(agent: FlaskClient) -> None:
    issue = agent.post("/api/v1/issues", json={"githubUrl": "https://github.com/acme/widget/issues/3"}).get_json()
    found = started(agent, "loop_step", issueId=issue["id"], step="S1_PICK_ISSUE")
    assert (found["type"], found["issueId"], found["input"]["mode"]) == ("loop_step", issue["id"], "execute")
    locked = start(agent, "loop_step", issueId=issue["id"], step="S1_PICK_ISSUE")
    assert locked.status_code == 409
    lost = start(agent, "loop_step", issueId=NOBODY, step="S1_PICK_ISSUE")
    assert (lost.status_code, lost.get_json()["code"]) == (404, "ISSUE_NOT_FOUND")


@pytest.mark.parametrize("what", ["deliveries", "gates"])
def test_a_round_that_waits_is_the_one_that_is_wanted(agent: FlaskClient, what: str) -> None:
    found = started(agent, "reconciliation", what=what)
    assert (found["kind"], found["askedBy"], found["repository"]) == (what, "agent", None)
    assert started(agent, "reconciliation", what=what)["id"] == found["id"]


def test_merges_are_compared_where_a_pull_request_was_seen(agent: FlaskClient, knock: Knocking) -> None:
    unknown = start(agent, "reconciliation", what="merges", repository="acme/widget")
    assert (unknown.status_code, unknown.get_json()["code"]) == (404, "REPOSITORY_NOT_SEEN")
    seen(knock)
    assert started(agent, "reconciliation", what="merges", repository="acme/widget")["kind"] == "find_changed"


@pytest.mark.parametrize("what", ["deliveries", "gates"])
def test_github_is_not_compared_where_it_is_not_bound(settings: Settings, clock: Clock, what: str) -> None:
    refused = start(knocking(settings, clock).client("propose"), "reconciliation", what=what)
    assert (refused.status_code, refused.get_json()["code"]) == (409, "TRANSPORT_DISABLED")


@pytest.mark.parametrize("type_", ["approval", "legacy_import"])
def test_what_begins_in_another_way_says_in_which(agent: FlaskClient, type_: str) -> None:
    refused = start(agent, type_).get_json()
    assert (refused["status"], refused["code"]) == (422, "BEGINS_OTHERWISE")
    assert "start a pull_request_handoff" in refused["detail"] or "mergegate legacy import" in refused["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {"type": "merge", "input": {"prUrl": PR_URL, "issueId": NOBODY}},
        {"type": "merge", "input": {}},
        {"type": "merge", "input": {"prUrl": "https://example.org/acme/widget/pull/1"}},
        {"type": "merge", "input": {"prUrl": PR_URL, "mode": "observe"}},
        {"type": "merge", "input": {"prUrl": PR_URL, "force": True}},
        {"type": "merge", "input": {"prUrl": PR_URL}, "status": "succeeded"},
        {"type": "loop_step", "input": {"issueId": NOBODY, "step": "S5_MERGE"}},
        {"type": "reconciliation", "input": {"what": "merges"}},
        {"type": "reconciliation", "input": {"what": "gates", "repository": "acme/widget"}},
        {"type": "policy_evaluation", "input": {"repository": "acme/widget", "number": "7"}},
        {"type": "policy_evaluation", "input": {"repository": "../widget", "number": 7}},
        {"type": "deploy", "input": {}},
        {"input": {}},
        [],
    ],
)
def test_what_is_hostile_or_wrong_is_refused(agent: FlaskClient, body: Any) -> None:
    answer = agent.post(WORKFLOWS, json=body)
    assert (answer.status_code, answer.get_json()["code"]) in {(422, "INVALID"), (422, "INVALID_PR_URL")}


def test_they_are_listed_by_what_they_are_about_in_parts(agent: FlaskClient, knock: Knocking) -> None:
    made = [started(agent, "pull_request_handoff", **{**HANDOFF, "head": f"work-{n}"})["id"] for n in range(3)]
    merge = started(agent, "merge", prUrl=PR_URL)["id"]
    first = agent.get(f"{WORKFLOWS}?limit=2").get_json()
    second = agent.get(f"{WORKFLOWS}?limit=2&after={first['next']}").get_json()
    assert {each["id"] for each in (*first["items"], *second["items"])} == {*made, merge}
    assert second["next"] is None
    for query, expected in (
        ("type=merge", {merge}),
        ("kind=work", set(made)),
        ("status=failed", set()),
        ("repository=Acme/Widget&type=merge", {merge}),
        (f"subject=run:{merge}", {merge}),
    ):
        assert {each["id"] for each in agent.get(f"{WORKFLOWS}?{query}").get_json()["items"]} == expected


@pytest.mark.parametrize(
    "query", ["type=deploy", "status=lost", "repository=acme", "after=x", "limit=0", "limit=9999", "page=2", "subject="]
)
def test_a_list_that_can_not_be_is_refused(agent: FlaskClient, query: str) -> None:
    answer = agent.get(f"{WORKFLOWS}?{query}")
    assert (answer.status_code, answer.get_json()["code"]) == (422, "INVALID")


def test_one_is_shown_with_its_steps_and_its_timeline(agent: FlaskClient) -> None:
    found = started(agent, "pull_request_handoff", **HANDOFF)
    whole = agent.get(f"{WORKFLOWS}/{found['id']}").get_json()
    assert {**whole, "steps": None, "timeline": None} == {**found, "steps": None, "timeline": None}
    assert [(each["name"], each["position"], each["status"]) for each in whole["steps"]] == [("plan", 1, "pending")]
    assert [each["what"] for each in whole["timeline"]] == ["created", "run_opened", "workflow_started"]


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("POST", "/cancel"), ("POST", "/retry")])
def test_what_is_not_there_is_not_found(operator: FlaskClient, method: str, path: str) -> None:
    answer = operator.open(f"{WORKFLOWS}/{NOBODY}{path}", method=method)
    assert (answer.status_code, answer.get_json()["code"]) == (404, "WORKFLOW_NOT_FOUND")
