"""`mergegate tokens`: who may call the API; a token is shown once, when it is made."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from app import tokens as records
from app.cli import reading, writing
from app.cli.duration import DURATION
from app.tokens import SCOPES, Scope


@click.group()
def tokens() -> None:
    """Make, list and revoke the tokens of the API."""


@tokens.command()
@click.argument("principal", type=writing.Principal())
@click.option("--scope", "scopes", type=click.Choice(SCOPES), multiple=True, required=True, help="Repeatable.")
@click.option("--expires-in", type=DURATION, help="30d, 12h, 90m or 2w; by default it does not expire.")
@writing.as_option
def create(*, principal: str, scopes: tuple[Scope, ...], expires_in: timedelta | None, by: str) -> None:
    """Make a token for PRINCIPAL, a person or an agent, and print it: it cannot be shown again.

    read: look at everything; propose: ask for writes; evidence: say what was verified and reviewed; approve: approve
    and deny writes, though never those that the same principal has proposed.
    """
    now = datetime.now(UTC)
    expires_at = now + expires_in if expires_in else None
    with writing.transaction() as tx:
        created = records.create(tx, principal, scopes, expires_at=expires_at, by=by, now=now)
    click.echo(created.token.get_secret_value())


@tokens.command("list")
def list_tokens() -> None:
    """Print every token that was ever made, but not what it is made of."""
    with reading.transaction() as tx:
        rows = records.listed(tx)
    for row in rows:
        click.echo(line(row, datetime.now(UTC)))
    if not rows:
        click.echo("There are no tokens yet; make one: mergegate tokens create NAME --scope read")


@tokens.command()
@click.argument("token_id", metavar="ID")
@writing.as_option
def revoke(*, token_id: str, by: str) -> None:
    """Let a token count no more, from the next request on. ID is the one that `tokens list` shows."""
    if not records.is_id(token_id):
        raise click.ClickException("The id of a token is 16 letters, the part between mg_ and the next underscore.")
    with writing.transaction() as tx:
        revoked = records.revoke(tx, token_id, by=by, now=datetime.now(UTC))
    if not revoked:
        raise click.ClickException("There is no such token, or it was revoked before.")
    click.echo(f"Revoked {token_id}.")


def line(row: dict[str, Any], now: datetime) -> str:
    """One token on one line."""
    scopes = ",".join(row["scopes"])
    return f"{row['id']}  {_state(row, now):<24}  {scopes:<30}  made {_minute(row['created_at'])}  {row['principal']}"


def _state(row: dict[str, Any], now: datetime) -> str:
    if row["revoked_at"] is not None:
        return f"revoked {_minute(row['revoked_at'])}"
    if row["expires_at"] is None:
        return "counts"
    return f"{'expired' if row['expires_at'] <= now else 'until'} {_minute(row['expires_at'])}"


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
