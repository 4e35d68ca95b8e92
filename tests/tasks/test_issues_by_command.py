"""`mergegate issues`: the same as the API, from the command line; the sweep finds what it asks for."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.tasks.desk import GITHUB_URL, MERGED_SHA, PULL_URL, Desk, desk
from tests.tasks.house import House


@pytest.fixture
def at(house: House, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return desk(house)


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["issues", *arguments])


def said(*arguments: str) -> dict[str, Any]:
    answer = command(*arguments, "--json")
    found = json.loads(answer.output)
    assert isinstance(found, dict)
    return found


def test_an_issue_is_made_set_and_shown(at: Desk, tmp_path: Path) -> None:
    draft = tmp_path / "draft.json"
    draft.write_text('{"body": "do it"}')
    made = said("create", "--github-url", GITHUB_URL, "--pr-url", PULL_URL, "--as", "olga")
    assert (made["status"], made["createdBy"], made["prUrl"]) == ("CREATED", "olga", PULL_URL)
    changed = said("set", made["id"], "--draft", str(draft), "--committed", "--valid", "--pr-url", "")
    assert (changed["draft"], changed["validation"]) == ({"body": "do it"}, {"valid": True, "findings": []})
    assert (changed["prUrl"], changed["draftCommittedAt"] is not None) == (None, True)
    assert said("show", made["id"]) == changed
    assert at.agent.get(f"/api/v1/issues/{made['id']}").get_json() == changed
    assert (
        f'status: "CREATED"\ngithub_url: "{GITHUB_URL}"'.replace("github_url", "githubUrl")
        in command("show", made["id"]).output
    )
    assert command("list").output.endswith("1 shown.\n")
    assert said("list", "--status", "DONE") == {"items": [], "limit": 50, "next": None}


def test_a_step_that_is_asked_for_is_found_by_the_sweep(at: Desk) -> None:
    issue = at.issue()
    assert command("next", issue).output == "S1_PICK_ISSUE\n"
    started = said("run", issue, "--as", "olga")
    assert (started["status"], started["step"]) == ("running", "S1_PICK_ISSUE")
    _work(at)
    assert at.ended(started["runId"])["success"] is True
    assert [event["type"] for event in said("events", issue)["events"]] == [
        "loop_run_finished",
        "loop_step_s1_completed",
        "loop_run_started",
    ]
    assert "loop_step_s1_completed" in command("events", issue).output


def test_as_json_all_is_said_as_the_api_says_it(at: Desk) -> None:
    issue = at.issue(githubUrl=None)
    run = said("run", issue, "--as", "olga")["runId"]
    _work(at)
    for arguments, path in (
        (("events", issue, "--limit", "1"), f"/{issue}/events?limit=1"),
        (("next", issue), f"/{issue}/next-step"),
        (("list",), ""),
    ):
        assert said(*arguments) == at.agent.get(f"/api/v1/issues{path}").get_json()
    assert said("outcome", run) == at.agent.get(f"/api/v1/runs/{run}").get_json()


def test_what_became_of_a_run_is_told_later_too(at: Desk) -> None:
    issue = at.issue(githubUrl=None)
    run = said("run", issue)["runId"]
    assert (said("outcome", run)["status"], command("outcome", run).exit_code) == ("running", 0)
    _work(at)
    ended = command("outcome", run)
    assert (ended.exit_code, 'blockerCode: "NO_GITHUB_LINK"' in ended.output) == (1, True)
    assert "RUN_NOT_FOUND" in command("outcome", issue).output


def test_a_merge_is_asked_for_as_at_the_api(at: Desk) -> None:
    issue = at.issue("REVIEW_READY")
    assert said("merge", issue, "--when-ready", "--as", "olga")["step"] == "S5_MERGE"
    (wish,) = at.house.rows("SELECT source, mode, waits, asked_by, pr_url FROM merge_requests")
    assert wish == {"source": "cli", "mode": "execute", "waits": True, "asked_by": "olga", "pr_url": PULL_URL}


def test_what_is_in_the_way_is_said_in_a_sentence(at: Desk) -> None:
    issue = at.issue(githubUrl=None)
    answer = command("next", issue)
    assert (answer.exit_code, "NO_GITHUB_LINK: The issue has no link" in answer.output) == (1, True)
    assert said("review", issue)["status"] == "running"
    locked = command("merge", issue)
    assert (locked.exit_code, "LOCKED" in locked.output) == (1, True)
    unknown = "00000000-0000-4000-8000-000000000000"
    assert "ISSUE_NOT_FOUND" in command("show", unknown).output
    assert "ISSUE_NOT_FOUND" in command("events", unknown).output


def test_a_step_that_ended_blocked_has_the_exit_code_1(at: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    issue = at.issue()
    monkeypatch.setattr("app.cli.awaiting.time.sleep", lambda _: _work(at))
    answer = command("run", issue, "--step", "S2_SPEC_READY", "--wait", "60", "--json")
    assert (answer.exit_code, json.loads(answer.output)["blockerCode"]) == (1, "NO_DRAFT")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--pr-url", "https://example.org/a/b/pull/1"], "INVALID_PR_URL"),
        (["--github-url", "x\u202e"], "INVALID"),
        (["--handoff", "two words"], "INVALID"),
        (["--draft", "-"], "INVALID"),
    ],
)
def test_what_the_api_refuses_is_refused_here(at: Desk, arguments: list[str], code: str) -> None:
    answer = command("set", at.issue(), *arguments)
    assert (answer.exit_code, f"{code}: " in answer.output) == (1, True)


def test_an_issue_is_held_and_evidence_is_kept(at: Desk) -> None:
    issue = at.merged()
    given = command("evidence", issue, "--kind", "smoke", "--verdict", "PASS", "--sha", MERGED_SHA, "--as", "olga")
    assert given.output == f"olga says PASS of {MERGED_SHA}.\n"
    assert "INVALID: sha" in command("evidence", issue, "--kind", "a", "--verdict", "FAIL", "--sha", "main").output
    assert said("hold", issue, "--reason", "no")["holdReason"] == "no"
    assert "INVARIANT_VIOLATION" in command("hold", issue, "--reason", "again").output


def _work(at: Desk) -> None:
    """A command goes by the real time, behind which the clock of the house is a little."""
    at.house.clock.forward(60)
    at.house.sweep()
