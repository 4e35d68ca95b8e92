"""`mergegate migrate`: says what it did, and in a sentence what it could not do."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from app import schema
from app.cli import main

NAMES = [version.stem for version in sorted(schema.directory().glob("*.sql")) if ".rollback" not in version.name]


def _run(*argv: str, **environ: str) -> tuple[int, list[str]]:
    done = CliRunner().invoke(main, ["migrate", *argv], env=environ)
    return done.exit_code, done.output.splitlines()


def test_it_goes_up_and_down_and_up_again(empty_database_url: str) -> None:
    assert _run("up", DATABASE_URL=empty_database_url) == (0, [f"Applied {name}." for name in NAMES])
    assert _run("up", DATABASE_URL=empty_database_url) == (0, ["Nothing to apply."])
    assert _run("down", DATABASE_URL=empty_database_url) == (0, [f"Undone {NAMES[-1]}."])
    assert _run("down", "--steps", "1", DATABASE_URL=empty_database_url) == (0, [f"Undone {NAMES[-2]}."])
    code, rest = _run("down", "--all", DATABASE_URL=empty_database_url)
    assert (code, rest) == (0, [f"Undone {name}." for name in reversed(NAMES[:-2])])
    assert _run("down", DATABASE_URL=empty_database_url) == (0, ["Nothing to undo."])


def test_it_prints_where_the_schema_stands(empty_database_url: str) -> None:
    _run("up", DATABASE_URL=empty_database_url)
    _run("down", DATABASE_URL=empty_database_url)
    code, lines = _run("status", DATABASE_URL=empty_database_url)
    states = {words[1]: words[3] for line in lines if len(words := line.split()) == 5 and words[1] in NAMES}
    assert code == 0
    assert states == {**dict.fromkeys(NAMES, "applied"), NAMES[-1]: "pending"}


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("postgresql://nobody@127.0.0.1:1/none", "Error: The database cannot be reached: "),
        ("sqlite:///x", "Error: DATABASE_URL should be a URL that begins with postgresql:// or postgres://."),
    ],
)
@pytest.mark.parametrize("command", ["up", "down", "status"])
def test_it_says_in_a_sentence_what_is_wrong(command: str, url: str, sentence: str) -> None:
    code, lines = _run(command, DATABASE_URL=url)
    assert code == 1
    assert len(lines) == 1
    assert lines[0].startswith(sentence)


def test_without_a_database_url_it_is_the_embedded_database(service_home: Path) -> None:
    assert _run("up", MERGEGATE_HOME=str(service_home)) == (0, [f"Applied {name}." for name in NAMES])
    assert _run("up", MERGEGATE_HOME=str(service_home)) == (0, ["Nothing to apply."])
