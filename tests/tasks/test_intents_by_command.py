"""`mergegate intents`: what waits is listed and shown whole, and approved or denied by who may."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.tokens import Scope
from tests.tasks.agency import Agency, agency
from tests.tasks.house import built


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agency]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    with built(database_url, redis_db) as house:
        yield agency(house, tmp_path)


def _run(*arguments: str, answer: str = "", token: str = "") -> Result:
    return CliRunner().invoke(main, ["intents", *arguments], input=answer, env={"MERGEGATE_TOKEN": token})


def _token(at: Agency, *scopes: Scope, principal: str = "olga") -> str:
    return at.knock.token(*scopes, principal=principal).token.get_secret_value()


def test_it_lists_what_waits_with_everything_that_is_in_its_way(at: Agency) -> None:
    run = at.ask()
    said = _run("list").output
    assert all(intent["intentId"] in said for intent in run["intents"])
    assert said.count("VERIFICATION_MISSING") == 2
    assert said.endswith("2 that are waiting.\n")
    assert _run("list", "--status", "written").output == "0 that are written.\n"


def test_it_shows_a_run_and_a_write_exactly(at: Agency) -> None:
    run = at.ask(body="one\nline\x1b[2J of two")
    branch, pull = run["intents"]
    shown = json.loads(_run("show", run["runId"], "--json").output)
    assert (shown["digest"], shown["head_sha"]) == (run["digest"], run["headSha"])
    assert [write["content"] for write in shown["writes"]] == [branch["content"], pull["content"]]
    text = _run("show", pull["intentId"]).output
    assert f'digest: "{pull["digest"]}"' in text
    assert "\x1b" not in text
    assert [part["kind"] for part in json.loads(_run("show", branch["intentId"], "--json").output)["parts"]] == [
        "git_object"
    ] * 3


def test_what_is_not_there_is_said_in_a_sentence(at: Agency) -> None:
    assert at.ask()["status"] == "blocked"
    unknown = "00000000-0000-4000-8000-000000000000"
    assert f"neither a run nor a write of a run with the id {unknown}" in _run("show", unknown).output
    answer = _run("approve", unknown, "--digest", "0" * 64, token=_token(at, "approve"))
    assert (answer.exit_code, "RUN_NOT_FOUND" in answer.output) == (1, True)


def test_an_operator_is_shown_what_they_approve_and_asked(at: Agency) -> None:
    run = at.ask()
    for kind in ("verification", "internal_review"):
        at.give(run["runId"], kind)
    refused = _run("approve", run["runId"], answer="n\n", token=_token(at, "approve"))
    assert (refused.exit_code, '"Add b"' in refused.output) == (1, True)
    said = _run("approve", run["runId"], answer="y\n", token=_token(at, "approve"))
    assert (said.exit_code, "olga approved" in said.output) == (0, True)
    at.settle()
    assert at.run(run["runId"])["status"] == "succeeded"
    entries = at.house.rows("SELECT actor FROM audit_events WHERE kind = 'write_approved'")
    assert entries == [{"actor": "olga"}]


def test_a_write_is_denied_with_its_reason(at: Agency) -> None:
    run = at.ask()
    intent = run["intents"][1]
    arguments = ("deny", intent["intentId"], "--digest", intent["digest"], "--reason", "not now")
    assert "olga denied" in _run(*arguments, token=_token(at, "approve")).output
    assert at.house.rows("SELECT is_approved, reason FROM approvals") == [{"is_approved": False, "reason": "not now"}]


@pytest.mark.parametrize(
    ("scopes", "principal", "code"),
    [
        ((), "olga", "UNAUTHORIZED"),
        (("propose", "read", "evidence"), "olga", "SCOPE_MISSING"),
        (("approve",), "agent", "APPROVAL_OWN_PROPOSAL"),
    ],
)
def test_who_may_not_approve_is_refused_with_a_code(
    at: Agency, scopes: tuple[Scope, ...], principal: str, code: str
) -> None:
    run = at.ask()
    token = _token(at, *scopes, principal=principal) if scopes else "mg_nonsense"
    answer = _run("approve", run["runId"], "--digest", run["digest"], token=token)
    assert (answer.exit_code, answer.output.partition(": ")[2].partition(":")[0]) == (1, code)
    assert at.house.rows("SELECT id FROM approvals") == []


def test_a_digest_of_something_else_approves_nothing(at: Agency) -> None:
    run = at.ask()
    answer = _run("approve", run["runId"], "--digest", "0" * 64, token=_token(at, "approve"))
    assert (answer.exit_code, "APPROVAL_CONTENT_CHANGED" in answer.output) == (1, True)
