"""`mergegate policy`: each file beside this one is one of its commands."""

import click

from app.cli.policy.backtest import backtest_command
from app.cli.policy.explain import explain_command
from app.cli.policy.modes import modes
from app.cli.policy.simulate import simulate
from app.cli.policy.validate import validate


@click.group()
def policy() -> None:
    """Check a policy, see why a verdict is what it is, and try changes before they count."""


for command in (validate, explain_command, modes, simulate, backtest_command):
    policy.add_command(command)
