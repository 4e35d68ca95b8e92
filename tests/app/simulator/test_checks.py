"""Check runs are written by Apps and listed; workflow runs are listed per commit."""

import dataclasses
from typing import Any

import pytest

R = "/repos/acme/widget"
W = "acme/widget"
NOTE = {"path": "a.py", "start_line": 1, "end_line": 1, "annotation_level": "failure", "message": "wrong"}


def _make(town: Any, **more: Any) -> Any:
    return town.ask("POST", f"{R}/check-runs", {"name": "policy", "head_sha": town.head, **more})


def test_it_makes_a_check_run_and_finds_it_by_its_external_id(town: Any) -> None:
    assert _make(town, external_id="k1", status="in_progress").body["conclusion"] is None
    ended = _make(town, external_id="k2", conclusion="success", output={"title": "Fine", "summary": "s"}).body
    assert (ended["status"], ended["output"]["title"], ended["app"]["id"]) == ("completed", "Fine", town.app.id)
    query = f"?check_name=policy&app_id={town.app.id}&filter=all"
    found = town.get(f"{R}/commits/{town.head}/check-runs{query}").body["check_runs"]
    assert [run["external_id"] for run in found] == ["k2", "k1"]
    assert [w.effect for w in town.github.writes("/check-runs")] == ["yes", "yes"]


def test_it_knows_no_conclusion_of_a_check_run_before_its_end(town: Any) -> None:
    run = town.github.check_run(W, town.head, app_id=town.app.id, status="in_progress")
    path = f"{R}/check-runs/{run.id}"
    assert [town.get(path).body[key] for key in ("conclusion", "completed_at")] == [None, None]
    town.github.update_check_run(W, run.id, status="completed", conclusion="failure")
    assert [town.get(path).body[key] for key in ("conclusion", "completed_at")] == ["failure", "2026-03-01T12:00:00Z"]
    town.ask("PATCH", path, {"status": "in_progress"})
    assert [town.get(path).body[key] for key in ("conclusion", "completed_at")] == [None, None]


def test_it_changes_a_check_run_and_adds_annotations(town: Any) -> None:
    run = _make(town, output={"title": "t", "summary": "s", "annotations": [NOTE]}).body
    path = f"{R}/check-runs/{run['id']}"
    body = {"conclusion": "failure", "output": {"title": "No", "summary": "s", "annotations": [NOTE] * 2}}
    assert [town.ask("PATCH", path, body).body["conclusion"] for _ in range(1)] == ["failure"]
    assert town.get(path).body["output"]["annotations_count"] == 3
    assert [n["message"] for n in town.get(f"{path}/annotations").body] == ["wrong"] * 3


@pytest.mark.parametrize(
    "more",
    [
        {"name": ""},
        {"head_sha": "0" * 40},
        {"status": "completed"},
        {"status": "done"},
        {"conclusion": "fine"},
        {"output": {"title": "t"}},
        {"output": {"title": "t", "summary": "s", "annotations": [NOTE] * 51}},
        {"output": {"title": "t", "summary": "s", "annotations": [{"path": "a.py"}]}},
    ],
)
def test_it_refuses_a_check_run_that_is_not_well_formed(town: Any, more: Any) -> None:
    assert _make(town, **more).status == 422
    assert town.github.state.repository(W).check_runs == []


def test_it_takes_fifty_annotations_at_once(town: Any) -> None:
    assert _make(town, output={"title": "t", "summary": "s", "annotations": [NOTE] * 50}).status == 201


def test_it_keeps_the_check_runs_of_other_apps_from_us(town: Any) -> None:
    other = town.github.add_app("ci")
    run = town.github.check_run(W, town.head, app_id=other.id)
    reply = town.ask("PATCH", f"{R}/check-runs/{run.id}", {"conclusion": "success"})
    assert reply.status == 403
    assert "can only be modified by the GitHub App that created it" in reply.body["message"]
    assert town.get(f"{R}/check-runs/1").status == 404


def test_it_lists_the_workflow_runs_of_a_commit_newest_first(town: Any) -> None:
    github = town.github
    first = github.workflow_run(W, town.head, conclusion="failure")
    github.workflow_run(W, town.head, event="push")
    slow = github.workflow_run(W, town.head, path=".github/workflows/slow.yml", status="in_progress")
    github.workflow_run(W, github.state.repository(W).branches["main"])
    found = town.get(f"{R}/actions/runs?head_sha={town.head}").body
    assert (found["total_count"], [r["event"] for r in found["workflow_runs"]]) == (
        3,
        ["pull_request", "push", "pull_request"],
    )
    assert found["workflow_runs"][-1]["id"] == first.id
    counts = {
        query: town.get(f"{R}/actions/runs?head_sha={town.head}&{query}").body["total_count"]
        for query in ("status=completed", "status=failure", "event=push", "branch=feature", "branch=main")
    }
    assert counts == {
        "status=completed": 2,
        "status=failure": 1,
        "event=push": 1,
        "branch=feature": 3,
        "branch=main": 0,
    }
    github.finish_workflow_run(W, slow.id, "failure")
    assert town.get(f"{R}/actions/runs?status=failure").body["total_count"] == 2


def test_it_lists_suites_of_a_commit_with_those_that_have_no_runs(town: Any) -> None:
    ran = town.github.check_run("acme/widget", town.head, app_id=town.app.id)
    idle = town.github.check_suite("acme/widget", town.head, app_id=town.app.id)
    body = town.get(f"/repos/{W}/commits/feature/check-suites").body
    assert body["total_count"] == 2
    assert [(one["id"], one["status"], one["latest_check_runs_count"]) for one in body["check_suites"]] == [
        (idle.id, "queued", 0),
        (ran.suite_id, "completed", 1),
    ]
    assert town.get(f"/repos/{W}/commits/feature/check-suites?app_id=7").body["check_suites"] == []


def test_it_lists_runs_of_the_newest_thousand_suites_alone(town: Any) -> None:
    town.github.check_run("acme/widget", town.head, app_id=town.app.id, name="old")
    suites = town.github.state.repository("acme/widget").check_suites
    one = town.github.check_suite("acme/widget", town.head, app_id=town.app.id)
    suites += [dataclasses.replace(one, id=one.id + place) for place in range(1, 999)]
    path = f"/repos/{W}/commits/{town.head}/check-runs"
    assert town.get(path).body["total_count"] == 1
    suites.append(dataclasses.replace(one, id=one.id + 1000))
    assert town.get(path).body["total_count"] == 0


def test_it_takes_the_highest_id_of_a_suite_app_and_name_for_the_latest(town: Any) -> None:
    other = town.github.add_app("other")
    first = town.github.check_run("acme/widget", town.head, app_id=town.app.id, conclusion="failure")
    late = town.github.check_run("acme/widget", town.head, app_id=town.app.id)
    foreign = town.github.check_run("acme/widget", town.head, app_id=other.id)
    town.github.state.repository("acme/widget").check_runs.reverse()
    body = town.get(f"/repos/{W}/commits/{town.head}/check-runs").body
    assert [one["id"] for one in body["check_runs"]] == [foreign.id, late.id]
    every = town.get(f"/repos/{W}/commits/{town.head}/check-runs?filter=all").body
    assert {one["id"] for one in every["check_runs"]} == {first.id, late.id, foreign.id}


def test_any_app_may_report_a_check(town: Any) -> None:
    town.github.check_run(W, town.head, app_id=15368, name="ci")
    town.github.check_run(W, town.head, app_id=99)
    body = town.get(f"/repos/{W}/commits/{town.head}/check-runs").body
    assert [(one["app"]["id"], one["app"]["slug"]) for one in body["check_runs"]] == [
        (99, "app-99"),
        (15368, "github-actions"),
    ]
