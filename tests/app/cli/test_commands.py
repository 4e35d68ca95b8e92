"""The command itself: every file of a command is one, and each is read when it is asked for."""

import sys
from pathlib import Path
from subprocess import run

import click
import pytest
from click.testing import CliRunner

from app import cli
from app.cli import COMMANDS, main


def test_each_command_is_in_the_file_of_its_name() -> None:
    context = click.Context(main)
    found = {name: main.get_command(context, name) for name in COMMANDS}
    assert {name: command.name for name, command in found.items() if command} == {name: name for name in COMMANDS}


def test_no_file_with_a_command_is_left_out() -> None:
    texts = {path.stem: path.read_text(encoding="utf-8") for path in Path(cli.__file__).parent.glob("*.py")}
    with_commands = {stem for stem, text in texts.items() if "@click.command(" in text or "@click.group(" in text}
    of_others = {
        stem for stem in texts if any(f"from app.cli.{stem} import" in texts[name] for name in texts.keys() & COMMANDS)
    }
    assert with_commands - of_others - {"__init__"} <= set(COMMANDS)


def test_one_that_is_not_there_is_refused_with_one_that_is_meant() -> None:
    said = CliRunner().invoke(main, ["polcy"])
    assert (said.exit_code, "Did you mean 'policy'?" in said.output) == (2, True)


@pytest.mark.parametrize(
    ("command", "unneeded"),
    [
        ("-h", ["app.cli.policy", "app.cli.doctor", "app.settings", "app.schema", "psycopg", "pydantic"]),
        ("tokens -h", ["github"]),
        ("issues -h", ["flask", "openapi_pydantic", "github"]),
        ("settings -h", ["flask", "openapi_pydantic", "github"]),
        ("workflows -h", ["flask", "openapi_pydantic", "github"]),
    ],
)
def test_what_a_command_does_not_need_is_not_read(command: str, unneeded: list[str]) -> None:
    code = (
        f"import sys, app.cli; app.cli.main({command.split()}, standalone_mode=False); "
        f"sys.exit(sum(name in sys.modules for name in {unneeded}))"
    )
    assert run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


@pytest.mark.parametrize("command", ["audit", "legacy", "posture", "retention", "settings", "workflows"])
def test_no_line_of_the_help_of_these_is_cut(command: str) -> None:
    lines = CliRunner().invoke(main, [command, "-h"]).output.splitlines()
    assert [line for line in lines[lines.index("Commands:") :] if line.endswith("...")] == []


def test_help_says_of_each_command_what_it_is_for_in_one_line() -> None:
    lines = CliRunner().invoke(main, ["--help"]).output.splitlines()
    shown = lines[lines.index("Commands:") + 1 :]
    assert [line.split()[0] for line in shown] == list(COMMANDS)
    assert [line.split(maxsplit=1)[1] for line in shown] == list(COMMANDS.values())
