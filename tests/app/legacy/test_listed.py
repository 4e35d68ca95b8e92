"""Imported workflows in the lists: by the repository and the number that their source has said of them."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from click.testing import CliRunner

from app.cli import main
from app.records import pulls, workflows
from app.records.pulls import Sighting
from app.records.workflows import Which
from tests.app.legacy.exports import row
from tests.app.legacy.gate import Gate

List = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def listed(database_url: str, monkeypatch: pytest.MonkeyPatch) -> List:
    """`mergegate workflows list`, in this process."""
    monkeypatch.setenv("DATABASE_URL", database_url)

    def run(*arguments: str) -> list[dict[str, Any]]:
        result = CliRunner().invoke(main, ["workflows", "list", *arguments, "--json"])
        assert result.exit_code == 0, result.output
        found: list[dict[str, Any]] = json.loads(result.output)["items"]
        return found

    return run


def workflow(**changes: Any) -> dict[str, list[dict[str, Any]]]:
    return {"workflows": [row("workflows", **changes)]}


@pytest.mark.parametrize("spelling", ["acme/app#1", "Acme/APP#1"])
def test_it_finds_an_imported_workflow_by_its_pull_request(gate: Gate, listed: List, spelling: str) -> None:
    gate.bring(workflow(subject="a merge"))
    assert [each["subject"] for each in listed("--subject", spelling)] == ["legacy:a merge"]
    assert (listed("--subject", "acme/app#2"), listed("--subject", "acme/other#1")) == ([], [])


def test_it_finds_it_beside_what_was_worked_on_here(gate: Gate, listed: List) -> None:
    gate.bring(workflow())
    pulls.seen(gate.tx, Sighting(5, 1, "acme/app", 1))
    own = "SELECT gen_random_uuid(), 'merge', 'merge', 'a', 5, 'acme/app', 1, 1, 'merge', now()"
    gate.tx.execute(
        "INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, number,"
        f" current_step, created_at) {own}".encode()
    )
    assert [each["kind"] for each in listed("--subject", "acme/app#1")] == ["merge", "imported"]
    assert workflows.counts(gate.tx, Which(subject="acme/app#1")) == {
        ("merge", "pending"): 1,
        ("merge", "succeeded"): 1,
    }


def test_a_key_says_the_pull_request_where_it_stands_for_the_subject(gate: Gate, listed: List) -> None:
    gate.bring(workflow(id="acme/app#1", repository=None, number=None, subject=None))
    assert [each["subject"] for each in listed("--subject", "acme/app#1")] == ["legacy:acme/app#1"]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"repository": None, "number": None, "subject": "acme/app#1"}, ("acme/app", 1)),
        ({"repository": None, "number": None, "subject": "pull:acme/app#1"}, ("acme/app", 1)),
        ({"repository": None, "number": None, "subject": "https://github.com/acme/app/pull/1"}, ("acme/app", 1)),
        ({"repository": "ACME/app", "number": None, "subject": "acme/app#1"}, ("ACME/app", 1)),
        ({"repository": "acme/other", "number": None, "subject": "acme/app#1"}, ("acme/other", None)),
        ({"repository": "acme/app", "number": 2, "subject": "acme/app#1"}, ("acme/app", 2)),
        ({"repository": None, "number": 1, "subject": "acme/app#1"}, ("acme/app", 1)),
        ({"repository": None, "number": 2, "subject": "acme/app#1"}, ("", 2)),
        ({"repository": None, "number": None, "subject": "acme/app/1"}, ("", None)),
        ({"repository": None, "number": None, "subject": "../app#1"}, ("", None)),
        ({"repository": None, "number": None, "subject": f"acme/app#{10**18}"}, ("", None)),
    ],
)
def test_a_subject_says_the_pull_request_where_no_columns_do(
    gate: Gate, said: dict[str, Any], found: tuple[str, int | None]
) -> None:
    gate.bring(workflow(**said))
    here = gate.one("SELECT full_name, number, subject FROM workflows WHERE kind = 'imported'")
    assert (here["full_name"], here["number"], here["subject"]) == (*found, f"legacy:{said['subject']}")
