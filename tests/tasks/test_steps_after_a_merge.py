"""S6 and S7: what was deployed of the merged commit, and the evidence that it works."""

from datetime import timedelta
from typing import Any

import pytest

from tests.tasks.desk import ISSUES, PULL_URL, Desk, desk
from tests.tasks.house import REPOSITORY, House

OTHER_SHA = "b" * 40


@pytest.fixture
def at(house: House) -> Desk:
    return desk(house)


def merged(at: Desk, **given: Any) -> tuple[str, str]:
    """An issue that is merged as what main is at, and that commit."""
    sha = str(at.house.github.state.repository(REPOSITORY).branches["main"])
    issue = at.issue("DONE", **given)
    at.house.rows(f"UPDATE issues SET merge_sha = '{sha}' WHERE id = '{issue}' RETURNING id")
    return issue, sha


def deploy(at: Desk, *states: str) -> int:
    """A deployment of main, with these statuses one after the other."""
    made = at.house.github.deploy(REPOSITORY, "main", by="alice")
    for state in states:
        at.house.github.deployed(REPOSITORY, made.id, state, by="alice")
    return made.id


def test_each_deployment_of_the_merged_commit_is_a_row_with_its_latest_status(at: Desk) -> None:
    issue, sha = merged(at)
    first, second = deploy(at, "in_progress", "success"), deploy(at)
    ended = at.run(issue)
    assert (ended["step"], ended["stateAfter"]) == ("S6_DEPLOYMENT_OBSERVE", "DONE")
    assert ended["deploymentEvidence"] == {"mergeSha": sha, "count": 2, "authenticCount": 1}
    rows = at.house.rows(
        "SELECT deployment_id, environment, sha, latest_status, is_authentic FROM deployment_observations"
        " ORDER BY deployment_id"
    )
    same = {"environment": "production", "sha": sha}
    assert rows == [
        {"deployment_id": first, **same, "latest_status": "success", "is_authentic": True},
        {"deployment_id": second, **same, "latest_status": None, "is_authentic": False},
    ]
    assert at.types(issue) == [
        "loop_run_started",
        "deployment_observed",
        "loop_step_s6_completed",
        "loop_run_finished",
    ]
    assert at.run(issue, "S6_DEPLOYMENT_OBSERVE")["deploymentEvidence"]["count"] == 2
    assert len(at.house.rows("SELECT * FROM deployment_observations")) == 2


def test_none_found_is_a_success_with_the_count_0(at: Desk) -> None:
    issue, _ = merged(at)
    ended = at.run(issue)
    assert (ended["success"], ended["deploymentEvidence"]["count"]) == (True, 0)


def test_deployments_need_a_link_and_a_merge(at: Desk) -> None:
    assert at.run(merged(at, prUrl=None)[0], "S6_DEPLOYMENT_OBSERVE")["blockerCode"] == "NO_PR_LINKED"
    assert at.run(at.issue("DONE"), "S6_DEPLOYMENT_OBSERVE")["blockerCode"] == "PR_NOT_MERGED"


@pytest.mark.parametrize(("path", "what"), [("/deployments$", 502), ("/statuses$", 502), ("/deployments$", 403)])
def test_trouble_with_github_is_an_api_error_and_leaves_no_row(at: Desk, path: str, what: int) -> None:
    issue, _ = merged(at)
    deploy(at, "success")
    at.house.github.fault("GET", path, what)
    assert at.run(issue)["blockerCode"] == "GITHUB_API_ERROR"
    assert at.house.rows("SELECT * FROM deployment_observations") == []
    assert at.run(issue)["success"] is True


def test_a_repository_that_is_not_ours_is_not_asked_for_deployments(at: Desk) -> None:
    issue, _ = merged(at, prUrl="https://github.com/other/widget/pull/1")
    ended = at.run(issue)
    assert (ended["blockerCode"], ended["detail"]) == ("GITHUB_API_ERROR", "CROSS_TENANT_LINK")


def test_a_dry_run_keeps_no_deployment(at: Desk) -> None:
    issue, _ = merged(at)
    deploy(at, "success")
    assert at.run(issue, mode="dryRun")["deploymentEvidence"]["count"] == 1
    assert at.house.rows("SELECT * FROM deployment_observations") == []


@pytest.fixture
def deployed(at: Desk) -> tuple[Desk, str, str]:
    """A merged issue whose deployment was observed."""
    issue, sha = merged(at)
    deploy(at, "success")
    assert at.run(issue)["success"] is True
    return at, issue, sha


def test_fresh_and_valid_evidence_verifies_an_issue(deployed: tuple[Desk, str, str]) -> None:
    at, issue, sha = deployed
    at.give(issue, sha=sha)
    ended = at.run(issue)
    assert (ended["step"], ended["stateBefore"], ended["stateAfter"]) == ("S7_VERIFY_GATE", "DONE", "VERIFIED")
    assert at.types(issue)[-3:] == ["loop_run_started", "loop_step_s7_completed", "loop_run_finished"]
    assert at.state(issue) == "VERIFIED"


def test_an_issue_without_a_deployment_is_not_verified(at: Desk) -> None:
    issue, sha = merged(at)
    at.give(issue, sha=sha)
    assert at.run(issue, "S7_VERIFY_GATE")["blockerCode"] == "NO_DEPLOYMENT_OBSERVATIONS"
    deploy(at, "success")
    at.run(issue)
    assert at.run(issue)["stateAfter"] == "VERIFIED"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (None, "NO_EVIDENCE"),
        ({"verdict": "FAIL"}, "INVALID_EVIDENCE"),
        ({"sha": OTHER_SHA}, "INVALID_EVIDENCE"),
        ({"hours": 25}, "STALE_EVIDENCE"),
    ],
)
def test_evidence_that_does_not_count_blocks_until_there_is_better(
    deployed: tuple[Desk, str, str], change: dict[str, Any] | None, code: str
) -> None:
    at, issue, sha = deployed
    if change is not None:
        hours = change.pop("hours", 0)
        at.give(issue, **{"sha": sha, "at": (at.house.clock() - timedelta(hours=hours)).isoformat(), **change})
    ended = at.run(issue, "S7_VERIFY_GATE")
    assert (ended["blockerCode"], at.state(issue)) == (code, "DONE")
    at.house.clock.forward(1)
    at.give(issue, sha=sha)
    assert at.run(issue, "S7_VERIFY_GATE")["stateAfter"] == "VERIFIED"


def test_a_receipt_of_checks_is_no_evidence(deployed: tuple[Desk, str, str]) -> None:
    at, issue, sha = deployed
    at.house.rows(
        "INSERT INTO issue_evidence (id, issue_id, kind, verdict, sha, at, given_by) VALUES (gen_random_uuid(),"
        f" '{issue}', 'CHECKS_SNAPSHOT_RECEIPT', 'RECORDED', '{sha}', now(), 'mergegate') RETURNING id"
    )
    assert at.run(issue, "S7_VERIFY_GATE")["blockerCode"] == "NO_EVIDENCE"


def test_a_merged_issue_keeps_its_pull_request_link(at: Desk) -> None:
    issue, _ = merged(at)
    assert at.agent.get(f"{ISSUES}/{issue}").get_json()["prUrl"] == PULL_URL
