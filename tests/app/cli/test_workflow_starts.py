"""`mergegate workflows start`: what is begun for whom, and what is refused in a sentence."""

import json
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.rows import dict_row

from app.cli import main
from app.records import pulls
from app.records.pulls import Sighting


@pytest.fixture(autouse=True)
def database(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)


def start(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["workflows", "start", *arguments])


def started(*arguments: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(start(*arguments, "--json").output)
    return document


def test_it_starts_a_merge_with_its_input() -> None:
    found = started("merge", "prUrl=https://github.com/acme/widget/pull/7", "mode=dryRun", "--as", "olga")
    assert (found["type"], found["status"], found["askedBy"]) == ("merge", "pending", "olga")


def test_it_starts_an_evaluation_for_who_asks(database_url: str) -> None:
    with psycopg.connect(database_url, row_factory=dict_row) as tx:
        pulls.seen(tx, Sighting(5, 7, "acme/widget", 9))
    found = started("policy_evaluation", "repository=acme/widget", "number=7", "--as", "olga")
    assert (found["status"], found["askedBy"]) == ("pending", "olga")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("merge",), 1, "INVALID: input: should have prUrl or issueId, and not both."),
        (("merge", "prUrl=https://github.com/a/b/pull/7", "mode=now"), 1, "INVALID: mode: Input should be 'execute'"),
        (("merge", "prUrl=https://github.com/a/b/pull/7", "x=1"), 1, "INVALID: x: Extra inputs are not permitted."),
        (("policy_evaluation", "repository=a/b", "number=x"), 1, "INVALID: number: Input should be a valid integer"),
        (("policy_evaluation", "repository=a/b", "number=7"), 1, "PULL_REQUEST_NOT_SEEN: "),
        (("reconciliation", "what=deliveries"), 1, "TRANSPORT_DISABLED: "),
        (("approval",), 1, "BEGINS_OTHERWISE: "),
        (("legacy_import",), 1, "BEGINS_OTHERWISE: "),
        (("merge", "prUrl"), 2, "should be name=value."),
        (("nothing",), 2, "Invalid value"),
    ],
)
def test_what_cannot_be_started_is_said(arguments: tuple[str, ...], code: int, said: str) -> None:
    result = start(*arguments)
    assert (result.exit_code, said in result.output) == (code, True), result.output


@pytest.mark.parametrize("pair", ["prUrl=\0", "prUrl=\udcff", "\x1b[2J=1", "prUrl=" + "a" * 100_000])
def test_hostile_input_of_a_start_is_refused_in_a_sentence(pair: str) -> None:
    result = start("merge", pair)
    assert (result.exit_code, "\x1b" in result.output, len(result.output) < 1_000) == (1, False, True)
