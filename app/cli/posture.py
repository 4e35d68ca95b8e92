"""`mergegate posture`: stop merges everywhere or in one repository, or let them only be said, and why."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import click

from app.cli import duration, reading, writing
from app.database import Transaction
from app.records import operator_settings, postures
from app.records.operator_settings import Where
from app.records.postures import Row, Switch
from policies.text import plain

REASON = click.option("--reason", required=True, help="Why, in a sentence; whoever waits is told, and the audit too.")
REPOSITORY = click.option("--repository", metavar="OWNER/REPO", help="This one alone; by default all of them.")
ON_OFF = click.Choice(("on", "off"))


class Until(click.ParamType[datetime]):
    """A moment to come: in 12h, 2d or 1w, or a date with a time and its offset from UTC."""

    name = "LENGTH|DATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        if (length := duration.read(value)) is not None:
            return datetime.now(UTC) + length
        moment = _moment(value)
        if moment is None or moment <= datetime.now(UTC):
            wanted = "neither a time such as 12h nor a moment to come such as 2026-12-27T08:00+01:00"
            self.fail(f"{plain(value)!r} is {wanted}.", param, ctx)
        return moment


def _moment(text: str) -> datetime | None:
    """None where it is no moment, or one of nobody knows which zone."""
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


@click.group()
def posture() -> None:
    """Freeze merges, switch them off, or let them only be said; of all repositories or of one."""


@posture.command()
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def show(*, as_json: bool) -> None:
    """Print everything that is switched. Freeze windows of gate files count beside it."""
    with reading.transaction() as tx:
        rows = postures.listed(tx)
    if as_json:
        click.echo(json.dumps({"postures": [_shown(row) for row in rows]}, indent=2))
        return
    for row in rows:
        click.echo(line(row, datetime.now(UTC)))
    if not rows:
        click.echo("Nothing is switched: merges are made wherever MERGE_REPOSITORIES lets them.")


@posture.command()
@REASON
@REPOSITORY
@click.option("--until", type=Until(), help="When it ends by itself: 12h, 2d, or 2026-12-27T08:00+01:00.")
@writing.as_option
def freeze(*, reason: str, repository: str | None, until: datetime | None, by: str) -> None:
    """Merge nothing for now; requests wait."""
    _switch(Switch(name="frozen", on=True, until=until), repository, reason, by)


@posture.command()
@REASON
@REPOSITORY
@writing.as_option
def thaw(*, reason: str, repository: str | None, by: str) -> None:
    """Take a freeze away."""
    _switch(Switch(name="frozen", on=False), repository, reason, by)


@posture.command("safe-mode")
@click.argument("on", type=ON_OFF)
@REASON
@REPOSITORY
@writing.as_option
def safe_mode(*, on: str, reason: str, repository: str | None, by: str) -> None:
    """Refuse every merge; the kill switch. Everything goes on being judged."""
    _switch(Switch(name="safe_mode", on=on == "on"), repository, reason, by)


@posture.command("dry-run")
@click.argument("on", type=click.Choice(("on", "off", "unset")))
@REASON
@REPOSITORY
@writing.as_option
def dry_run(*, on: str, reason: str, repository: str | None, by: str) -> None:
    """Say what would be merged and merge nothing. `off` counts before `dry_run` in a gate file, `unset` does not."""
    _switch(Switch(name="dry_run", on=None if on == "unset" else on == "on"), repository, reason, by)


def line(row: Row, now: datetime) -> str:
    """One repository on one line."""
    frozen = row.frozen_at(now)
    until = frozen.until.astimezone(UTC).strftime(" until %Y-%m-%d %H:%M UTC") if frozen and frozen.until else ""
    said = (
        *((f"frozen{until}: {frozen.reason}",) if frozen else ()),
        *(("safe mode",) if row.safe_mode else ()),
        *((f"dry run {'on' if row.dry_run else 'off'}",) if row.dry_run is not None else ()),
        *((plain(row.trouble),) if row.trouble else ()),
    )
    return f"{row.full_name}: {'; '.join(said) or 'nothing'}"


def _shown(row: Row) -> dict[str, Any]:
    """As JSON has it; a freeze that has ended is none."""
    said = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(row).items()}
    return {**said, "is_frozen": row.frozen_at(datetime.now(UTC)) is not None}


def _switch(switch: Switch, repository: str | None, reason: str, by: str) -> None:
    if not reason.strip():
        raise click.ClickException("A reason should say something.")
    now = datetime.now(UTC)
    with writing.transaction() as tx:
        row = postures.set_posture(tx, _where(tx, repository), switch, by=by, reason=reason, now=now)
    click.echo(line(row, now))


def _where(tx: Transaction, name: str | None) -> Where:
    found = Where() if name is None else operator_settings.where(tx, name)
    if found is None:
        raise click.ClickException(
            f"Nothing is known of a repository {plain(name or '')!r} yet; write it as owner/repo."
        )
    return found
