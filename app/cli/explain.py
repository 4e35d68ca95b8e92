"""`mergegate explain`: print the chain from a delivery, or to the newest verdict on a pull request."""

import json
import re

import click

from app import chain_text, explain
from app.cli import reading
from app.explain import Row
from policies.text import plain

PULL_REQUEST = re.compile(r"(?P<name>[A-Za-z0-9._-]+/[A-Za-z0-9._-]+)#(?P<number>[1-9][0-9]{0,9})")


@click.command("explain")
@click.argument("subject", metavar="DELIVERY_ID | OWNER/REPO#NUMBER")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def explain_command(subject: str, as_json: bool) -> None:
    """Say why a pull request has the status it has, or what a delivery led to.

    delivery -> event -> facts -> decision -> intent -> permit -> write -> receipt
    """
    found = _find(subject)
    if found is None:
        raise click.ClickException(
            f"Nothing is known of {plain(subject)}: it is neither a delivery nor a pull request here,"
            " or older than such rows are kept (mergegate retention show)."
        )
    click.echo(json.dumps(found, default=str, indent=2) if as_json else chain_text.render(found))


def _find(subject: str) -> Row | None:
    with reading.transaction() as tx:
        if (match := PULL_REQUEST.fullmatch(subject)) is not None:
            return explain.pull_request(tx, match["name"], int(match["number"]))
        return explain.delivery(tx, subject)
