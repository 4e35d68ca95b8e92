"""`mergegate settings`: what operators have set while the gate runs, what counts by it, and who changed it when."""

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import click

from app import operator_settings
from app import settings as environment
from app.cli import answers, reading, services, setting_tables, tables, writing
from app.cli.issue_options import AS_JSON
from app.cli.parts import MOST_SHOWN
from app.database import Transaction
from app.ledger import HIGHEST_SEQ
from app.operator_settings import Change, Setting, Shown
from app.records import operator_settings as recorded
from app.records.operator_settings import Where
from app.settings import Settings
from app.web.api import setting_shapes
from app.work import By
from policies.catalogue import OF_ALL
from policies.text import plain

LISTS = ("repositories", "merge_repositories", "kinds")
SWITCHED = {"on": True, "off": False}
UNUSED = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1/none",
    "REDIS_URL": "redis://127.0.0.1/0",
    "BROKER_URL": "redis://127.0.0.1/0",
    "WEBHOOK_SECRET": "nothing-is-received-by-a-command",
}
"""What settings of the environment have to hold, whether or not they count here."""
NAME = click.argument("name", metavar="NAME", type=click.Choice(OF_ALL))
REPOSITORY = click.option("--repository", metavar="OWNER/NAME", help="Of this one alone; by default of all.")
REASON = click.option("--reason", default="", help="Why; the audit keeps it, and whoever is held up is told.")
VERSION = click.option("--version", type=click.IntRange(0), help="Only if the settings are still at this version.")


@click.group("settings")
def settings_command() -> None:
    """See and set what counts while the gate runs; the environment stays the ceiling.

    What counts is told by the environment of this command: give it that of the workers.
    """


@settings_command.command("list")
@REPOSITORY
@AS_JSON
def list_settings(*, repository: str | None, as_json: bool) -> None:
    """Print every setting and what counts. And who decides that."""
    given = _given(os.environ)
    with reading.transaction() as tx:
        shown = operator_settings.shown(tx, given, _where(tx, repository), _now())
    if as_json:
        answers.tell(setting_shapes.settings(shown))
        return
    tables.show(setting_tables.counting(shown))
    click.echo(f"{plain(shown.where.full_name)}: version {shown.version}.")
    if shown.trouble:
        click.echo(plain(shown.trouble))


@settings_command.command()
@NAME
@REPOSITORY
@AS_JSON
def show(name: str, *, repository: str | None, as_json: bool) -> None:
    """Print one setting, whole. What it is for, what counts, who has said what, when and why."""
    given = _given(os.environ)
    with reading.transaction() as tx:
        _print(_one(operator_settings.shown(tx, given, _where(tx, repository), _now()), name), as_json=as_json)


@settings_command.command("set")
@NAME
@click.argument("value", metavar="VALUE")
@REPOSITORY
@REASON
@VERSION
@writing.as_option
@AS_JSON
def set_setting(name: str, value: str, *, repository: str | None, by: str, as_json: bool, **how: Any) -> None:
    """Set NAME to VALUE. That is on, off, a number, a word, a list with commas, or JSON."""
    _change(name, _value(name, value), repository=repository, by=by, as_json=as_json, how=how)


@settings_command.command()
@click.argument("name", metavar="NAME")
@REPOSITORY
@REASON
@VERSION
@writing.as_option
@AS_JSON
def unset(name: str, *, repository: str | None, by: str, as_json: bool, **how: Any) -> None:
    """Say nothing of NAME any more. What counts is what is said above it.

    NAME may be one that only another version of this gate knows.
    """
    _change(name, None, repository=repository, by=by, as_json=as_json, how=how)


@settings_command.command()
@REPOSITORY
@click.option("--limit", type=click.IntRange(1, MOST_SHOWN), default=50, show_default=True)
@click.option("--before", type=click.IntRange(1, HIGHEST_SEQ), help="Those before this entry of the audit.")
@AS_JSON
def history(*, repository: str | None, limit: int, before: int | None, as_json: bool) -> None:
    """Print the changes, newest first. Who, when, what it was before, and why."""
    with reading.transaction() as tx:
        found = recorded.history(tx, _where(tx, repository), limit=limit + 1, before=before)
    if as_json:
        answers.tell(setting_shapes.history(found, limit))
        return
    tables.show(setting_tables.history(found[:limit]))
    more = f"; more: --before {found[limit - 1].seq}" if len(found) > limit else ""
    click.echo(f"{len(found[:limit])} changes{more}.")


def _change(name: str, value: Any, *, repository: str | None, by: str, as_json: bool, how: Mapping[str, Any]) -> None:
    wanted, given = Change(values={name: value}, **how), _given(os.environ)
    with writing.transaction() as tx:
        shown = answers.demand(operator_settings.change(tx, given, _where(tx, repository), By(by, _now()), wanted))
    if name not in OF_ALL:
        click.echo(f"Nothing is said of {plain(name)} any more.")
        return
    _print(_one(shown, name), as_json=as_json)


def _value(name: str, text: str) -> Any:
    """What is meant by a text; whether it may be said is found out where it is said."""
    if name in LISTS and not text.startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    if text in SWITCHED:
        return SWITCHED[text]
    try:
        meant = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if meant is None else meant


def _where(tx: Transaction, repository: str | None) -> Where:
    return Where() if repository is None else answers.demand(operator_settings.find(tx, repository))


def _one(shown: Shown, name: str) -> Setting:
    found = next((each for each in shown.settings if each.name == name), None)
    if found is None:
        raise click.ClickException(f"INVALID: {name} is set for all repositories together, and not for one.")
    return found


def _given(environ: Mapping[str, str]) -> Settings:
    """The settings of the environment, without those that do not count here."""
    unused = {name: value for name, value in UNUSED.items() if not services.is_set(name, environ)}
    return environment.load({**environ, **unused})


def _print(setting: Setting, *, as_json: bool) -> None:
    if as_json:
        answers.tell(setting_shapes.setting(setting))
    else:
        tables.show(setting_tables.one(setting))


def _now() -> datetime:
    return datetime.now(UTC)
