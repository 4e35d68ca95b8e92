"""`mergegate retention`: how long things are kept, what would go now, and a round of letting go."""

import os
from datetime import UTC, datetime

import click

from app import retention as work
from app import settings
from app.artifacts import store
from app.artifacts.store import Store
from app.cli import reading, writing
from app.retention import RetentionUnknown


@click.group()
def retention() -> None:
    """Show how long things are kept, and let go of what is older."""


@retention.command()
def show() -> None:
    """Print what is kept how long, and how much would go. With how many rows there are."""
    try:
        with reading.transaction() as tx:
            kept = work.show(tx, datetime.now(UTC))
    except RetentionUnknown as trouble:
        raise click.ClickException(str(trouble)) from None
    click.echo(f"{'what':<12}{'days':>6}{'rows':>12}{'would go':>12}")
    for each in kept:
        click.echo(f"{each.what:<12}{each.days:>6}{each.standing.rows:>12,}{each.standing.old:>12,}")


@retention.command()
@click.option("--dry-run", is_flag=True, help="Only say what would go, as `show` does.")
@writing.as_option
@click.pass_context
def run(context: click.Context, *, dry_run: bool, by: str) -> None:
    """Let go of what is old, in one round. The workers do so by themselves every ten minutes."""
    if dry_run:
        context.invoke(show)
        return
    try:
        gone = work.run(reading.connection, _store(), datetime.now(UTC), by=by)
    except RetentionUnknown as trouble:
        raise click.ClickException(str(trouble)) from None
    for what, count in gone.items():
        click.echo(f"{what:<12}{count:>12,}")


def _store() -> Store:
    place, endpoint = (settings.read(name, os.environ) for name in ("artifact_store", "artifact_s3_endpoint"))
    return store.opened(place, endpoint=endpoint)
