"""`mergegate issues`: made, set, held and shown, their evidence given and their steps run."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import click

from app import issues as work
from app.cli import answers, issue_options, parts, reading, writing
from app.cli.awaiting import ended
from app.cursors import NEWEST, Mark
from app.issues import Ask, Started
from app.records import issue_evidence, issues, timeline
from app.records.issues import Issue
from app.web.api import issue_shapes
from app.web.api.bodies import Window
from app.web.api.issue_shapes import HoldRequest, IssueEvidenceRequest
from app.work import By
from policies.lifecycle import STATES, WAYS, State, Step
from policies.text import plain

ID = click.argument("issue_id", metavar="ID", type=click.UUID)


@click.group("issues")
def issues_command() -> None:
    """Make issues, run their steps and look at what became of them."""


@issues_command.command()
@issue_options.said
@writing.as_option
@issue_options.AS_JSON
def create(*, by: str, as_json: bool, **said: Any) -> None:
    """Make an issue, in CREATED."""
    who = By(by, datetime.now(UTC))
    with writing.transaction() as tx:
        made = answers.demand(work.create(tx, issue_options.terms(), who, issue_options.given(said)))
    _show(_document(made), as_json=as_json)


@issues_command.command("set")
@ID
@issue_options.said
@writing.as_option
@issue_options.AS_JSON
def set_issue(issue_id: UUID, *, by: str, as_json: bool, **said: Any) -> None:
    """Set what is given, and leave the rest; a new draft is neither committed nor validated unless that is said."""
    who = By(by, datetime.now(UTC))
    with writing.transaction() as tx:
        changed = answers.demand(work.patch(tx, issue_options.terms(), issue_id, who, issue_options.given(said)))
    _show(_document(changed), as_json=as_json)


@issues_command.command()
@ID
@issue_options.AS_JSON
def show(issue_id: UUID, *, as_json: bool) -> None:
    """Print an issue."""
    with reading.transaction() as tx:
        found = answers.demand(issues.get(tx, issue_id) or work.not_found(issue_id))
    _show(_document(found), as_json=as_json)


@issues_command.command("list")
@click.option("--status", type=click.Choice(STATES))
@parts.LIMIT
@parts.AFTER
@issue_options.AS_JSON
def list_issues(*, status: State | None, limit: int, after: Mark | None, as_json: bool) -> None:
    """Print the issues, newest first."""
    with reading.transaction() as tx:
        found = issues.page(tx, status, after=after or NEWEST, limit=limit)
    if as_json:
        _show(answers.document(issue_shapes.page(found, limit)), as_json=True)
        return
    for each in found.rows:
        click.echo(f"{each.id}  {plain(each.status):<17}  {plain(each.pr_url or each.github_url or '')}")
    click.echo(parts.ending(found, "shown"))


@issues_command.command()
@ID
@click.option("--reason", required=True)
@writing.as_option
@issue_options.AS_JSON
def hold(issue_id: UUID, *, reason: str, by: str, as_json: bool) -> None:
    """Hold an issue for good: no step follows, and nothing of it is merged."""
    asked = issue_options.parsed(HoldRequest, {"reason": reason})
    with writing.transaction() as tx:
        held = answers.demand(work.hold(tx, issue_id, By(by, datetime.now(UTC)), asked.reason))
    _show(_document(held), as_json=as_json)


@issues_command.command()
@ID
@click.option("--kind", required=True)
@click.option("--verdict", type=click.Choice(["PASS", "FAIL"]), required=True)
@click.option("--sha", required=True, help="The commit that it is about.")
@click.option("--at", metavar="TIME", help="When it was found out, as 2026-01-31T18:00:00+00:00; by default now.")
@writing.as_option
def evidence(issue_id: UUID, *, by: str, **said: str | None) -> None:
    """Say what was found out about the merged commit."""
    now = datetime.now(UTC)
    asked = issue_options.parsed(IssueEvidenceRequest, {**said, "at": said["at"] or now.isoformat()})
    given = issue_evidence.Given(
        issue_id=issue_id,
        kind=asked.kind,
        verdict=asked.verdict,
        sha=asked.sha,
        at=asked.at.astimezone(UTC),
        given_by=by,
    )
    with writing.transaction() as tx:
        answers.demand(work.give_evidence(tx, given, By(by, now)))
    click.echo(f"{by} says {asked.verdict} of {asked.sha}.")


@issues_command.command("next")
@ID
@issue_options.AS_JSON
def next_step(issue_id: UUID, *, as_json: bool) -> None:
    """Print the step that can be run next; where none can, what is in the way, with exit code 1."""
    with reading.transaction() as tx:
        issue = answers.demand(issues.get(tx, issue_id) or work.not_found(issue_id))
        facts = work.facts(tx, issue_options.terms(), issue, By("", datetime.now(UTC)))
    said = issue_shapes.next_step(issue, facts)
    if as_json:
        _show(answers.document(said), as_json=True)
    elif said.blocked:
        raise click.ClickException(f"{said.blocker_code}: {plain(said.blocker_message or '')}")
    else:
        click.echo(said.next_step)
    if said.blocked:
        raise SystemExit(1)


@issues_command.command()
@click.argument("run_id", metavar="RUN_ID", type=click.UUID)
@issue_options.WAIT
@issue_options.AS_JSON
def outcome(run_id: UUID, *, wait: int, as_json: bool) -> None:
    """Print what became of a run that was asked for; exit code 1 where it was blocked."""
    _tell(run_id, wait, as_json=as_json)


@issues_command.command()
@ID
@click.option("--limit", type=click.IntRange(1, parts.MOST_SHOWN), default=50, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0)
@issue_options.AS_JSON
def events(issue_id: UUID, *, limit: int, offset: int, as_json: bool) -> None:
    """Print the timeline of an issue, newest first."""
    with reading.transaction() as tx:
        answers.demand(issues.get(tx, issue_id) or work.not_found(issue_id))
        found, total = timeline.page(tx, issue_id, limit=limit, offset=offset)
    if as_json:
        window = Window(limit=limit, offset=offset)
        _show(answers.document(issue_shapes.events(issue_id, found, window, total)), as_json=True)
        return
    for each in found:
        click.echo(f"{each.at.isoformat()}  {each.type}  {json.dumps(each.payload)}")
    click.echo(f"{len(found)} of {total}.")


@issues_command.command()
@ID
@click.option("--step", type=click.Choice(sorted(WAYS)), help="By default whichever comes next.")
@issue_options.asking
def run(issue_id: UUID, *, step: Step | None, **how: Any) -> None:
    """Run a step of an issue; the workers take it up within SWEEP_SECONDS."""
    _ask(issue_id, step, **how)


@issues_command.command()
@ID
@issue_options.asking
def review(issue_id: UUID, **how: Any) -> None:
    """Request the review of an issue's pull request (S4)."""
    _ask(issue_id, "S4_REVIEW", **how)


@issues_command.command()
@ID
@click.option("--when-ready", is_flag=True, help="Try again with each event of the pull request until it is merged.")
@issue_options.asking
def merge(issue_id: UUID, **how: Any) -> None:
    """Merge an issue's pull request, if the gate says PASS (S5)."""
    _ask(issue_id, "S5_MERGE", **how)


def _ask(issue_id: UUID, step: Step | None, *, when_ready: bool = False, **how: Any) -> None:
    request_id = how["request_id"] or uuid4()
    asked = Ask(step=step, mode=how["mode"], request_id=request_id, source="cli", waits=when_ready)
    with writing.transaction() as tx:
        started = work.ask(tx, issue_options.terms(), issue_id, By(how["by"], datetime.now(UTC)), asked)
        if not isinstance(started, Started):
            raise click.ClickException(answers.sentence(started))
    _tell(started.run_id, how["wait"], as_json=how["as_json"])


def _tell(run_id: UUID, seconds: int, *, as_json: bool) -> None:
    said = ended(run_id, seconds)
    if not said:
        raise click.ClickException("RUN_NOT_FOUND: There is no such run.")
    _show(said, as_json=as_json)
    if said.get("blocked"):
        raise SystemExit(1)


def _document(found: Issue) -> dict[str, Any]:
    return answers.document(issue_shapes.issue(found))


def _show(document: dict[str, Any], *, as_json: bool) -> None:
    """Without JSON a line for each field, in JSON all the same, so that none can look like something else."""
    rows = (f"{name}: {json.dumps(value)}" for name, value in document.items())
    click.echo(json.dumps(document, indent=2) if as_json else "\n".join(rows))
