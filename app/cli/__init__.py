"""The command `mergegate`: each file beside this one is one of its commands."""

from typing import Any

import click

from app.cli.alerts import alerts
from app.cli.audit import audit
from app.cli.doctor import doctor
from app.cli.explain import explain_command
from app.cli.intents import intents
from app.cli.issues import issues_command
from app.cli.migrate import migrate
from app.cli.policy import policy
from app.cli.posture import posture
from app.cli.projections import projections
from app.cli.tokens import tokens
from app.cli.up import up
from app.embedded import EmbeddedError
from app.schema import SchemaError
from app.settings import SettingsError

EXPECTED = (EmbeddedError, SchemaError, SettingsError)


class _Commands(click.Group):
    """Trouble that says in a sentence what it is needs no traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except EXPECTED as trouble:
            raise click.ClickException(str(trouble)) from None


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="mergegate")
def main() -> None:
    """The gate between GitHub and everything that writes to it."""


for command in (
    *(up, migrate, explain_command, policy),
    *(issues_command, intents, projections, doctor, posture, tokens, alerts, audit),
):
    main.add_command(command)
