"""`mergegate alerts`: what a person has to look at, and who has."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import click

from app.cli import reading, writing
from app.records import alerts as records
from policies.text import plain


@click.group()
def alerts() -> None:
    """List what a person has to look at, and say that you did."""


@alerts.command("list")
@click.option("--limit", type=click.IntRange(1, records.MOST_SHOWN), default=50, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0)
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def list_alerts(*, limit: int, offset: int, as_json: bool) -> None:
    """Print the alerts that nobody has acknowledged, newest first; exit code 1 where there are any."""
    with reading.transaction() as tx:
        rows, total = records.page(tx, limit=limit, offset=offset)
    if as_json:
        click.echo(json.dumps({"alerts": rows, "total": total}, default=str, indent=2))
    else:
        click.echo("\n".join([*(line(row) for row in rows), f"{len(rows)} of {total} open alerts."]))
    if total:
        raise click.exceptions.Exit(1)


@alerts.command()
@click.argument("alert_id", metavar="ID", type=click.UUID)
@writing.as_option
def acknowledge(*, alert_id: UUID, by: str) -> None:
    """Say that you have seen an alert; ID is the one that `alerts list` shows."""
    with writing.transaction() as tx:
        acknowledged = records.acknowledge(tx, alert_id, by=by, now=datetime.now(UTC))
    if not acknowledged:
        raise click.ClickException("There is no such alert, or somebody has acknowledged it before.")
    click.echo(f"Acknowledged {alert_id}.")


def line(row: dict[str, Any]) -> str:
    """One alert on one line, safe to show."""
    at = row["raised_at"].astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    fields = json.dumps(row["fields"], sort_keys=True, ensure_ascii=False)
    return f"{row['id']}  {at}  {row['severity']:<7}  {row['code']:<24}  {plain(row['subject'])}  {plain(fields)}"
