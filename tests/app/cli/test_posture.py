"""`mergegate posture`: what an operator switches, as it is told and as the audit knows it."""

import json
import re
from datetime import UTC, datetime

import psycopg
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.records import pulls
from app.records.pulls import Sighting


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> "Command":
    monkeypatch.setenv("DATABASE_URL", database_url)
    return Command()


@pytest.fixture
def _known(database_url: str) -> None:
    with psycopg.connect(database_url, row_factory=psycopg.rows.dict_row) as tx:
        pulls.seen(tx, Sighting(5, 1, "o/r", 1))


class Command:
    """`mergegate posture`, in this process."""

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["posture", *arguments])


def test_it_says_that_nothing_is_switched(run: Command) -> None:
    assert run("show").output == "Nothing is switched: merges are made wherever MERGE_REPOSITORIES lets them.\n"


def test_it_freezes_and_thaws_everything(run: Command, database_url: str) -> None:
    assert run("freeze", "--reason", "the release", "--as", "alice").output == (
        "all repositories: frozen: the release (alice)\n"
    )
    assert run("show").output == "all repositories: frozen: the release (alice)\n"
    assert run("thaw", "--reason", "it is out", "--as", "bob").output == "all repositories: nothing\n"
    with psycopg.connect(database_url) as tx:
        entries = tx.execute("SELECT kind, actor, body->>'reason' FROM audit_events ORDER BY seq").fetchall()
    assert entries == [("setting_changed", "alice", "the release"), ("setting_changed", "bob", "it is out")]


def test_it_says_the_same_as_json(run: Command) -> None:
    run("freeze", "--reason", "the release", "--until", "2099-12-27T08:00+01:00", "--as", "alice")
    (shown,) = json.loads(run("show", "--json").output)["postures"]
    assert (shown["is_frozen"], shown["frozen_reason"], shown["frozen_by"]) == (True, "the release", "alice")
    assert datetime.fromisoformat(shown["frozen_until"]) == datetime(2099, 12, 27, 7, tzinfo=UTC)


@pytest.mark.usefixtures("_known")
def test_it_switches_one_repository(run: Command) -> None:
    said = ("--reason", "x", "--repository", "O/R", "--as", "alice")
    assert run("freeze", "--until", "2099-12-27T08:00+01:00", *said).output == (
        "o/r: frozen until 2099-12-27 07:00 UTC: x (alice)\n"
    )
    assert run("safe-mode", "on", *said).output.endswith("; safe mode\n")
    assert run("dry-run", "off", *said).output.endswith("; safe mode; dry run off\n")
    assert run("dry-run", "unset", *said).output.endswith("; safe mode\n")
    assert run("safe-mode", "off", *said).output.endswith("UTC: x (alice)\n")
    assert run("dry-run", "on", *said).output.endswith("; dry run on\n")


def test_a_freeze_may_last_some_time(run: Command) -> None:
    output = run("freeze", "--until", "2h", "--reason", "x", "--as", "alice").output
    assert re.fullmatch(r"all repositories: frozen until \d{4}-\d\d-\d\d \d\d:\d\d UTC: x \(alice\)\n", output)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("freeze",), "Missing option '--reason'"),
        (("freeze", "--reason", " "), "A reason should say something."),
        (("freeze", "--reason", "x", "--repository", "o/x"), "Nothing is known of a repository 'o/x' yet"),
        (("freeze", "--reason", "x", "--until", "2020-01-01T00:00+00:00"), "neither a time such as 12h"),
        (("freeze", "--reason", "x", "--until", "2099-01-01T00:00"), "neither a time such as 12h"),
        (("freeze", "--reason", "x", "--until", "9999-12-31T23:59-23:59"), "neither a time such as 12h"),
        (("freeze", "--reason", "x", "--until", "soon"), "neither a time such as 12h"),
        (("safe-mode", "perhaps", "--reason", "x"), "'perhaps' is not one of"),
    ],
)
def test_what_it_does_not_understand_it_says(run: Command, arguments: tuple[str, ...], sentence: str) -> None:
    result = run(*arguments)
    assert result.exit_code != 0
    assert sentence in result.output
    assert run("show").output.startswith("Nothing is switched")
