"""The command `mergegate`: each file beside this one is one of its commands."""

import importlib
import sys
from typing import Any

import click
from click.exceptions import NoSuchCommand

EXPECTED = {"app.embedded": "EmbeddedError", "app.schema": "SchemaError", "app.settings": "SettingsError"}
"""Trouble that says in a sentence what it is, by its module, which is not read for it: Ctrl-C meanwhile would end in a
traceback."""
COMMANDS = {
    "alerts": "What a person has to look at, and who has done so.",
    "audit": "Prove the audit chain, look for entries, export it.",
    "doctor": "Can a merge go around the gate? And how to mend that.",
    "explain": "Why a pull request has its status, or was not merged.",
    "intents": "What runs ask to write; an operator's yes or no.",
    "issues": "Issues, their steps and what became of them.",
    "legacy": "Bring records over from the system this replaces.",
    "merges": "Merges whose end nobody knows, and what came of them.",
    "migrate": "Move the database schema, or say where it stands.",
    "policy": "Check a policy, explain a verdict, try another one.",
    "posture": "Freeze merges, switch them off, or have them only said.",
    "projections": "Hold what was written against what GitHub shows.",
    "retention": "How long things are kept; let go of what is older.",
    "settings": "What counts while the gate runs, and who set it.",
    "tokens": "Make, list and revoke the tokens of the API.",
    "up": "Run everything on this machine until Ctrl-C.",
    "workflows": "What is worked on, what has stopped; start, retry, pause.",
}
"""Each in a file of its name, which is read when it is asked for: all of them take two seconds."""
CALLED = {
    "explain": "explain_command",
    "issues": "issues_command",
    "settings": "settings_command",
    "workflows": "workflows_command",
}
"""What a command is called in its file, where it is not by its name."""


class _Commands(click.Group):
    """Trouble that says in a sentence what it is needs no traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        file = importlib.import_module(f"app.cli.{cmd_name}")
        command: click.Command = getattr(file, CALLED.get(cmd_name, cmd_name))
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except NoSuchCommand as unknown:  # click suggests from those that were read
            raise NoSuchCommand(unknown.command_name, possibilities=list(COMMANDS), ctx=ctx) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as trouble:
            if not isinstance(trouble, _expected()):
                raise
            raise click.ClickException(str(trouble)) from None


def _expected() -> tuple[type[Exception], ...]:
    return tuple(getattr(sys.modules[name], trouble) for name, trouble in EXPECTED.items() if name in sys.modules)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mergegate")
def main() -> None:
    """The gate between GitHub and everything that writes to it."""
