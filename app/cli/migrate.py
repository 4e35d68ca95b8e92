"""`mergegate migrate`: move the database schema up or down, or say where it stands."""

import os

import click
from rich.console import Console
from rich.table import Table

from app import schema
from app.cli import services


@click.group()
def migrate() -> None:
    """Move the database schema, or say where it stands.

    The database is DATABASE_URL's, or where that is not set the embedded one.
    """


@migrate.command()
def up() -> None:
    """Apply every migration that is missing."""
    with services.database(os.environ) as url:
        applied = schema.up(url)
    _tell("Applied", applied, otherwise="Nothing to apply.")


@migrate.command()
@click.option("--steps", type=click.IntRange(min=1), default=1, show_default=True, help="How many, newest first.")
@click.option("--all", "everything", is_flag=True, help="Every migration; the database loses all its rows.")
def down(*, steps: int, everything: bool) -> None:
    """Undo the newest migration."""
    with services.database(os.environ) as url:
        undone = schema.down(url, steps=None if everything else steps)
    _tell("Undone", undone, otherwise="Nothing to undo.")


@migrate.command()
def status() -> None:
    """Print every migration and whether it is applied."""
    with services.database(os.environ) as url:
        versions = schema.status(url)
    table = Table("Migration", "State")
    for version in versions:
        table.add_row(version.name, "applied" if version.applied else "pending")
    Console().print(table)


def _tell(done: str, names: tuple[str, ...], *, otherwise: str) -> None:
    for name in names:
        click.echo(f"{done} {name}.")
    if not names:
        click.echo(otherwise)
