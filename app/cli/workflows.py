"""`mergegate workflows`: listed, shown and watched; started, cancelled, retried and paused."""

import json
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click
from psycopg import IsolationLevel

from app import workflows as work
from app.cli import answers, parts, reading, tables, workflow_options, workflow_tables, workflow_watch, writing
from app.cli.issue_options import AS_JSON
from app.cli.workflow_watch import Glance
from app.cursors import NEWEST, Mark
from app.definitions import Type
from app.records.workflows import TYPES, Which
from app.web.api import workflow_shapes
from app.web.api.bodies import Page
from app.web.api.workflow_shapes import WorkflowShape
from app.work import By
from app.workflows import Standing, Whole, cancelling, pausing, retrying, starting
from policies.text import plain

OF = click.argument("of", metavar="type|repository", type=click.Choice(("type", "repository")))
NAME = click.argument("name", metavar="NAME")


@click.group("workflows")
def workflows_command() -> None:
    """See what every workflow does, where it stands and what would unblock it; start, cancel, retry and pause.

    Exit codes: 0 where it was done, 1 where it was not, with a code and a sentence, 2 where the command was misused.
    """


@workflows_command.command("list")
@workflow_options.filters
@parts.LIMIT
@parts.AFTER
@AS_JSON
def list_workflows(*, limit: int, after: Mark | None, as_json: bool, **said: Any) -> None:
    """Print the workflows, newest first. Each with what would unblock it."""
    with reading.transaction() as tx:
        found = work.page(tx, workflow_options.which(**said), _now(), limit=limit, after=after or NEWEST)
    if as_json:
        following = None if found.after is None else str(found.after)
        items = tuple(map(workflow_shapes.summary, found.rows))
        answers.tell(Page[WorkflowShape](items=items, limit=limit, next=following))
        return
    tables.show(workflow_tables.brief(found.rows), workflow_tables.listed(found.rows))
    click.echo(parts.ending(found, "workflows"))


@workflows_command.command()
@workflow_options.ID
@AS_JSON
def show(beginning: str, *, as_json: bool) -> None:
    """Print a workflow, whole. What would unblock it comes first, then its steps and everything that happened."""
    with reading.transaction() as tx:
        whole = answers.demand(work.show(tx, workflow_options.found(tx, beginning), _now()))
    if as_json:
        answers.tell(workflow_shapes.whole(whole))
        return
    shown = (workflow_tables.steps(whole.steps), workflow_tables.history(whole.history))
    tables.show(workflow_tables.facts(whole))
    for table in shown:
        click.echo()
        tables.show(table)


@workflows_command.command()
@click.argument("of_type", metavar="TYPE", type=click.Choice(TYPES))
@click.argument("pairs", metavar="NAME=VALUE", nargs=-1)
@writing.as_option
@AS_JSON
def start(of_type: Type, *, pairs: tuple[str, ...], by: str, as_json: bool) -> None:
    """Start a workflow of a TYPE with its input. The workers take it up within SWEEP_SECONDS.

    \b
    policy_evaluation     repository=owner/name number=7
    pull_request_handoff  remote=owner/name base=main head=agent/limits
    merge                 prUrl=https://... | issueId=... [mode=dryRun] [whenReady=true]
    loop_step             issueId=... step=S4_REVIEW [mode=dryRun]
    reconciliation        what=deliveries|gates|merges [repository=owner/name]
    """
    wanted, who = workflow_options.wanted(of_type, pairs), By(by, _now())
    with writing.transaction() as tx:
        started = answers.demand(starting.start(tx, workflow_options.terms(), who, wanted, source="cli"))
        whole = answers.demand(work.show(tx, started.workflow_id, who.at))
    _tell_of(whole, as_json=as_json)


@workflows_command.command()
@workflow_options.ID
@writing.as_option
@AS_JSON
def cancel(beginning: str, *, by: str, as_json: bool) -> None:
    """Cancel a workflow. What was not sent is never sent, and what was is read to its end."""
    who = By(by, _now())
    with writing.transaction() as tx:
        cancelled = answers.demand(cancelling.cancel(tx, workflow_options.found(tx, beginning), who))
        whole = answers.demand(work.show(tx, cancelled.id, who.at))
    _tell_of(whole, as_json=as_json)


@workflows_command.command()
@workflow_options.ID
@click.option("--step", metavar="STEP", help="From which step of its line; by default from where it stands.")
@writing.as_option
@AS_JSON
def retry(beginning: str, *, step: str | None, by: str, as_json: bool) -> None:
    """Retry a stopped workflow. Of a merge and of an issue's step that is a new workflow, which is printed."""
    who = By(by, _now())
    with writing.transaction() as tx:
        workflow_id = workflow_options.found(tx, beginning)
        retried = answers.demand(retrying.retry(tx, workflow_options.terms(), workflow_id, who, step))
        whole = answers.demand(work.show(tx, retried.workflow_id, who.at))
    _tell_of(whole, as_json=as_json)


@workflows_command.command()
@OF
@NAME
@click.option("--reason", required=True, help="Why, in a sentence; whoever waits is told, and the audit too.")
@writing.as_option
@AS_JSON
def pause(of: str, *, name: str, reason: str, by: str, as_json: bool) -> None:
    """Pause a type or a repository. What is under way goes on, nothing new of it begins, nothing else is held up."""
    if not plain(reason):
        raise click.ClickException("INVALID: A reason should say something.")
    with writing.transaction() as tx:
        paused = answers.demand(pausing.pause(tx, workflow_options.scope(of, name), By(by, _now()), reason))
    if as_json:
        answers.tell(workflow_shapes.pause(paused))
        return
    click.echo(f"Paused {plain(paused.scope)}, by {paused.paused_by}: {plain(paused.reason)}")


@workflows_command.command()
@OF
@NAME
@writing.as_option
def resume(of: str, *, name: str, by: str) -> None:
    """Go on with what was paused. The workers take it up within a minute."""
    scope = workflow_options.scope(of, name)
    with writing.transaction() as tx:
        was_paused = pausing.resume(tx, scope, By(by, _now()))
    if not was_paused:
        raise click.ClickException(f"NOT_PAUSED: {scope} is not paused.")
    click.echo(f"Resumed {scope}.")


@workflows_command.command()
@parts.LIMIT
@parts.AFTER
@AS_JSON
def pauses(*, limit: int, after: Mark | None, as_json: bool) -> None:
    """Print what is paused, and why. The newest first."""
    with reading.transaction() as tx:
        found = pausing.page(tx, limit=limit, after=after or NEWEST)
    if as_json:
        answers.tell(workflow_shapes.pauses(found, limit))
    elif found.rows or after:
        tables.show(workflow_tables.pauses(found.rows))
        click.echo(parts.ending(found, "pauses"))
    else:
        click.echo("Nothing is paused.")


@workflows_command.command()
@workflow_options.filters
@AS_JSON
def watch(*, as_json: bool, **said: Any) -> None:
    """Watch all of them, until Ctrl-C. How many of what stand where, what has stopped, the newest; every 2 s anew.

    Where nobody looks at a terminal, and with --json, it is printed once.
    """
    which = workflow_options.which(**said)
    if sys.stdout.isatty() and not as_json:
        workflow_watch.follow(tables.terminal(), _looks(which), time.sleep)
        return
    glance = next(_looks(which))
    click.echo(json.dumps(workflow_watch.document(glance), indent=2) if as_json else workflow_watch.printed(glance))


def _looks(which: Which) -> Iterator[Glance]:
    """Each of one moment, on one connection."""
    with reading.connection() as connection:
        connection.isolation_level = IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        while True:
            with connection.transaction():
                glance = workflow_watch.look(connection, which, _now())
            yield glance


def _tell_of(whole: Whole, *, as_json: bool) -> None:
    """The workflow as it stands after what was done."""
    if as_json:
        answers.tell(workflow_shapes.summary(Standing(whole.workflow, whole.unblock)))
    else:
        tables.show(workflow_tables.facts(whole))


def _now() -> datetime:
    return datetime.now(UTC)
