"""`mergegate settings`: what counts, set and taken away by somebody, and never more than the environment allows."""

import json
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.rows import dict_row

from app import ledger
from app.cli import main


@pytest.fixture(autouse=True)
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("ALLOWED_REPOSITORIES", "acme/widget,acme/gadget")
    monkeypatch.setenv("ALLOWED_WRITES", "status,label_add")


@pytest.fixture
def widget(database_url: str) -> str:
    """A repository that is known."""
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        tx.execute(
            "INSERT INTO pinned_repositories (full_name, repository_id, pinned_at) VALUES ('acme/widget', 7, now())"
        )
    return "acme/widget"


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["settings", *arguments])


def _json(*arguments: str) -> dict[str, Any]:
    result = _run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.output)
    return document


def test_the_list_says_what_counts_and_who_decides_that() -> None:
    lines = _run("list").output.splitlines()
    assert lines[0].split() == ["Setting", "Decided", "by", "What", "counts"]
    assert next(line for line in lines if line.startswith("kinds ")).split(maxsplit=2) == [
        "kinds",
        "environment",
        '["status", "label_add"]',
    ]
    assert lines[-1] == "all repositories: version 0."


def test_what_is_set_counts_and_the_audit_knows_who_did_it(database_url: str) -> None:
    said = _json("set", "kinds", "status", "--as", "olga", "--reason", "Labels are noise.")
    assert (said["value"], said["inForce"], said["changedBy"]) == (["status"], ["status"], "olga")
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        entry = ledger.tail(tx, 1)[0]
    assert (entry.kind, entry.actor, entry.body["after"]) == ("setting_changed", "olga", ["status"])
    assert "all repositories (olga)" in _run("list").output


def test_what_is_unset_is_decided_above() -> None:
    _run("set", "kinds", "status")
    assert _json("unset", "kinds")["inForce"] == ["status", "label_add"]
    assert _json("show", "kinds")["origin"] == "environment"


def test_what_only_another_version_knows_can_be_taken_away(database_url: str) -> None:
    with psycopg.connect(database_url) as tx:
        tx.execute("INSERT INTO settings VALUES (0, 'later', 'all repositories', '1', 1, '', 'newer', now())")
    assert 'The setting "later" of all repositories is not understood' in _run("list").output
    assert _run("unset", "later").output == "Nothing is said of later any more.\n"
    assert "not understood" not in _run("list").output
    assert _run("unset", "sooner").output.startswith("Error: INVALID: sooner: is no setting of all repositories")


@pytest.mark.parametrize(
    ("name", "value", "stored"),
    [
        ("safe_mode", "on", True),
        ("safe_mode", "true", True),
        ("dry_run", "off", False),
        ("approvals", "none", "none"),
        ("approval_seconds", "3600", 3600),
        ("repositories", "acme/widget, acme/gadget", ["acme/widget", "acme/gadget"]),
        ("repositories", '["acme/widget"]', ["acme/widget"]),
        ("repositories", "", []),
        ("freeze", '{"reason": "Release day."}', {"reason": "Release day.", "until": None}),
    ],
)
def test_values_are_written_as_one_would(name: str, value: str, stored: object) -> None:
    assert _json("set", name, value)["value"] == stored


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("set", "safe_mode", "perhaps"), 1, "INVALID: safe_mode: "),
        (("set", "kinds", "status,merge_all"), 1, "INVALID: kinds"),
        (("set", "approval_seconds", "1"), 1, "INVALID: approval_seconds: "),
        (("set", "freeze", '{"reason": "x", "until": "2020-01-01T00:00:00Z"}'), 1, "INVALID: freeze.until: "),
        (("set", "safe_mode", "null"), 1, "INVALID: safe_mode: "),
        (("set", "approval_seconds", "1e999"), 1, "INVALID: "),
        (("set", "approval_seconds", "NaN"), 1, "INVALID: "),
        (("set", "kinds", "\0"), 1, "INVALID: kinds"),
        (("history", "--repository", "\0/\udcff"), 1, "characters that stand in no database"),
        (("set", "freeze", "[" * 100_000), 1, "INVALID: freeze: "),
        (("set", "repositories", "no repository"), 1, "INVALID: repositories"),
        (("set", "safe_mode", "on", "--version", "9"), 1, "VERSION_CONFLICT: "),
        (("list", "--repository", "acme/nowhere"), 1, "REPOSITORY_NOT_FOUND: "),
        (("set", "nothing", "1"), 2, "Invalid value"),
    ],
)
def test_what_cannot_be_set_is_said(arguments: tuple[str, ...], code: int, said: str) -> None:
    result = _run(*arguments)
    assert (result.exit_code, said in result.output) == (code, True), result.output
    assert len(result.output) < 1000


def test_one_repository_may_be_told_apart(widget: str) -> None:
    said = _json("set", "safe_mode", "on", "--repository", widget.upper(), "--reason", "Being moved.")
    assert (said["inForce"], said["origin"]) == (True, "this repository")
    assert _json("show", "safe_mode")["inForce"] is False


def test_what_is_of_all_is_not_set_for_one(widget: str) -> None:
    for command in (("set", "repositories", "a/b"), ("show", "repositories")):
        result = _run(*command, "--repository", widget)
        assert (result.exit_code, "INVALID: " in result.output) == (1, True)


def test_the_history_says_what_was_before_and_goes_on() -> None:
    for value in ("60", "120", "180"):
        _run("set", "approval_seconds", value, "--as", "olga", "--reason", "Slower.")
    lines = _run("history").output.splitlines()
    assert [line.partition("approval_seconds  ")[2] for line in lines[1:4]] == [
        "120 -> 180: Slower.",
        "60 -> 120: Slower.",
        "- -> 60: Slower.",
    ]
    assert lines[-1] == "3 changes."
    part = _json("history", "--limit", "2")
    assert [each["after"] for each in part["items"]] == [180, 120]
    assert [each["after"] for each in _json("history", "--before", str(part["next"]))["items"]] == [60]


def test_the_environment_stays_the_ceiling() -> None:
    assert _json("set", "repositories", "acme/widget,evil/fork")["inForce"] == ["acme/widget"]


def test_a_wrong_setting_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOWED_WRITES", "everything")
    result = _run("list")
    assert (result.exit_code, "ALLOWED_WRITES " in result.output) == (1, True)


def test_a_hostile_reason_is_one_line() -> None:
    _run("set", "safe_mode", "on", "--reason", "a\nb\x1b[2J", "--as", "olga")
    shown = _run("show", "safe_mode").output
    assert "\x1b" not in shown
    assert len(_run("history").output.splitlines()) == 3
