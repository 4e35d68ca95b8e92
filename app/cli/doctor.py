"""`mergegate doctor`: can a merge go around the gate, do webhooks arrive, are permissions right; and how to mend it."""

import json
import os
import re
from datetime import UTC, datetime
from typing import Any

import click

from app import doctor as doctoring
from app import settings
from app.cli import reading, writing
from app.doctor import Own, Report
from app.github.answers import Unavailable
from app.github.bindings import reader
from app.github.reader import LiveReader
from app.governor import Governor
from app.records import gate_findings, operator_settings
from app.settings import Settings
from policies.catalogue import MOST_REASON_CHARACTERS
from policies.doctor.facts import Finding
from policies.text import plain

FULL_NAME = re.compile(r"[A-Za-z0-9_-]+/[A-Za-z0-9._-]+")
SHOWN = {"ok": "ok", "warning": "WARNING", "error": "ERROR"}


class FullName(click.ParamType[str]):
    """The owner and the name of a repository."""

    name = "OWNER/REPO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not FULL_NAME.fullmatch(value):
            self.fail(f"{plain(value)!r} should be written as owner/repo.", param, ctx)
        return str(value)


@click.group(invoke_without_command=True)
@click.option(
    "--repository", "repositories", multiple=True, type=FullName(), metavar="OWNER/REPO", help="Only this; repeatable."
)
@click.option("--base", "bases", multiple=True, metavar="BRANCH", help="Look at this branch too; repeatable.")
@click.option("--no-record", is_flag=True, help="Do not keep what is found.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
@click.pass_context
def doctor(
    ctx: click.Context, *, repositories: tuple[str, ...], bases: tuple[str, ...], no_record: bool, as_json: bool
) -> None:
    """Look how GitHub is set up for this gate, with the settings of a worker (GITHUB_READER=live).

    Merges are made only into branches on which this finds the gate's status required, from our App; what was found
    counts for a day. Exit code 0: all is well; 1: there are warnings; 2: there are errors.
    """
    if ctx.invoked_subcommand is not None:
        return
    given = settings.load(os.environ)
    report = _inspect(given, repositories, bases)
    if not no_record:
        with writing.transaction() as tx:
            doctoring.record(tx, report, given.github_app_id or 0)
    click.echo(_json(report) if as_json else _text(report))
    ctx.exit(report.exit_code)


@doctor.command()
@click.option("--repository", required=True, metavar="OWNER/REPO")
@click.option("--base", required=True, metavar="BRANCH")
@click.option("--reason", help="Why; the audit keeps it.")
@click.option("--withdraw", is_flag=True, help="Take it back.")
@writing.as_option
def override(*, repository: str, base: str, reason: str | None, withdraw: bool, by: str) -> None:
    """Let merges be made into a branch that can be merged into without the gate."""
    if (reason is None) != withdraw:
        raise click.UsageError("Say either why (--reason), or --withdraw.")
    now = datetime.now(UTC)
    with writing.transaction() as tx:
        where = operator_settings.where(tx, repository)
        if where is None:
            raise click.ClickException(
                f"This gate has never seen {plain(repository)}; open a pull request there first."
            )
        if reason is not None:
            said = plain(reason)[:MOST_REASON_CHARACTERS]
            if not said:
                raise click.UsageError("A reason is needed.")
            gate_findings.override(tx, where.repository_id, base, by=by, reason=said, now=now)
        elif not gate_findings.withdraw(tx, where.repository_id, base, by=by, now=now):
            raise click.ClickException("There is no override of that branch.")
    done = "is not overridden any more" if withdraw else "is overridden"
    click.echo(f"What doctor finds of {plain(where.full_name)}:{plain(base)} {done}.")


def _inspect(given: Settings, names: tuple[str, ...], bases: tuple[str, ...]) -> Report:
    live = _reader(given)
    with reading.transaction() as tx:
        wanted = names or doctoring.repositories(tx, given)
        owned: list[Own] = [doctoring.own(tx, given, name, bases) for name in wanted]
        received_at = doctoring.last_received_at(tx)
    try:
        return doctoring.inspect(live, given, owned, received_at=received_at, clock=lambda: datetime.now(UTC))
    except Unavailable as trouble:
        raise click.ClickException(f"GitHub could not be asked: {trouble.sentence}") from None


def _reader(given: Settings) -> LiveReader:
    bound = reader(given, Governor.of(given))
    if not isinstance(bound, LiveReader):
        raise click.ClickException("GITHUB_READER is local, and this needs to read GitHub; set GITHUB_READER=live.")
    return bound


def _json(report: Report) -> str:
    shown = {
        "findings": [finding.model_dump(mode="json") for finding in report.findings],
        "exit_code": report.exit_code,
        "looked_at": report.looked_at.isoformat(),
    }
    return json.dumps(shown, indent=2)


def _text(report: Report) -> str:
    counted = {name: sum(finding.severity == name for finding in report.findings) for name in SHOWN}
    end = f"Errors: {counted['error']}; warnings: {counted['warning']}; findings that are well: {counted['ok']}."
    return "\n".join([*(line for finding in report.findings for line in _lines(finding)), end])


def _lines(finding: Finding) -> list[str]:
    first = f"{SHOWN[finding.severity]:<7}  {finding.code:<22}  {plain(finding.subject)}: {plain(finding.sentence)}"
    return [first, *([f"{'':<9}{plain(finding.mend)}"] if finding.mend else [])]
