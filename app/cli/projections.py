"""`mergegate projections`: what our writes became at GitHub, as far as GitHub could have made it more than one."""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import click

from app import duplicates, settings
from app.cli import reading
from app.duplicates import Finding
from app.github.bindings import reader
from app.github.reader import LiveReader
from app.governor import Governor
from policies.text import plain

MOST_TARGETS = 1_000
MOST_DAYS = 3_650


@click.group()
def projections() -> None:
    """Hold what was written against what GitHub shows."""


@projections.command("duplicates")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), default=30, show_default=True, help="How far back.")
@click.option("--limit", type=click.IntRange(1, MOST_TARGETS), default=200, show_default=True, help="Newest first.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def show_duplicates(*, days: int, limit: int, as_json: bool) -> None:
    """Print where GitHub shows more than one comment, review or check run of ours; exit code 1 where it does.

    GitHub is read, one to three requests for each place, with the settings of a worker (GITHUB_READER=live).
    """
    live = _reader()
    with reading.transaction() as tx:
        sought = duplicates.targets(tx, datetime.now(UTC) - timedelta(days=days), limit)
        found = list(duplicates.find(tx, live, sought))
    shown = json.dumps([asdict(finding) for finding in found], indent=2) if as_json else _text(found, len(sought))
    click.echo(shown)
    if found:
        raise click.exceptions.Exit(1)


def _reader() -> LiveReader:
    given = settings.load(os.environ)
    bound = reader(given, Governor.of(given))
    if not isinstance(bound, LiveReader):
        raise click.ClickException("GITHUB_READER is local, and this needs to read GitHub; set GITHUB_READER=live.")
    return bound


def _text(found: list[Finding], count: int) -> str:
    unread = sum(finding.trouble is not None for finding in found)
    end = f"{len(found) - unread} of {count} places show more than was meant; {unread} could not be read."
    return "\n".join([*(line for finding in found for line in _lines(finding)), end])


def _lines(finding: Finding) -> list[str]:
    name = plain(finding.target.name)
    if finding.trouble is not None:
        return [f"{name}: {finding.trouble}"]
    return [f"{name}:", *(f"  {one.remote_id}  intent {one.intent or 'not known here'}" for one in finding.shown)]
