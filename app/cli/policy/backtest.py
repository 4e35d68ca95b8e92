"""`mergegate policy backtest`: which recorded verdicts a changed policy would have changed, and why."""

import hashlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app import backtest, policy_json
from app.backtest import Plan, Tally, Trial
from app.cli.policy import given, shown
from app.records import evaluations
from app.records.evaluations import Each
from policies.comparison import RuleChange
from policies.mode import MODES, Mode
from policies.text import plain

FailOn = Literal["change", "stricter", "laxer", "never"]
RECORDED = "recorded"
FAIL_ON: dict[FailOn, tuple[backtest.Outcome, ...]] = {
    "change": ("stricter", "laxer"),
    "stricter": ("stricter",),
    "laxer": ("laxer",),
    "never": (),
}
CHANGED, OPEN = 1, 3
"""Exit codes: some verdict changes; none does, but of some it cannot be told."""
EACH: tuple[Each, ...] = ("pull", "head")
MOST_CHANGES = 10_000
MOST_FACTS_NAMED = 10


@dataclass(frozen=True)
class Asked:
    """The command line."""

    file: str
    since: datetime
    repos: tuple[str, ...]
    base: str | None
    mode: Mode | None
    against: str
    each: Each


@dataclass
class Report:
    """What came of it. `changes` holds at most `MOST_CHANGES`, so that memory stays bounded."""

    asked: policy_json.Document
    without_facts: int = 0
    tally: Tally = field(default_factory=Tally)
    changes: list[policy_json.Document] = field(default_factory=list)


@click.command("backtest", short_help="Say which recorded verdicts a changed policy would change.")
@click.option("--policy", "file", metavar="FILE", required=True, help="The changed policy; - is stdin.")
@click.option("--since", type=given.SINCE, default="30d", show_default=True, help="How far back: 30d, 12h, a date.")
@click.option("--repo", "repos", metavar="OWNER/REPO", multiple=True, help="Only of this repository; repeatable.")
@click.option("--base", metavar="BRANCH", help="Only pull requests into this branch.")
@click.option("--mode", type=click.Choice(MODES), help="Judge in this mode; by default as each was posted.")
@click.option("--against", metavar="recorded|FILE", default=RECORDED, show_default=True, help="What to compare with.")
@click.option("--each", type=click.Choice(EACH), default="pull", show_default=True, help="The newest verdict of each.")
@click.option(
    "--fail-on", type=click.Choice(tuple(FAIL_ON)), default="change", show_default=True, help="When to exit 1."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON document; docs/policy-json.md describes it.")
def backtest_command(*, fail_on: FailOn, as_json: bool, **asked: Any) -> None:
    """Say which recorded verdicts a changed policy would have changed, and why.

    It runs over the stored facts: nothing is read from GitHub, nothing is written. Without --repo it takes every
    repository that has verdicts, and without --base every branch: name those that would use the file.

    Exit code: 0 nothing changes, 1 something does (what --fail-on says), 2 it could not be run, 3 nothing does, but of
    some pull requests it cannot be told.
    """
    with given.unusable():
        report = _run(Asked(**asked))
    if as_json:
        written = policy_json.backtest(report.asked, report.tally, report.changes, without_facts=report.without_facts)
        shown.as_json(written)
    else:
        _show(report)
    sys.exit(_exit_code(report.tally, fail_on))


def _run(asked: Asked) -> Report:
    plan, report = _plan(asked)
    found: dict[str, None] = {}
    with given.transaction() as tx:
        expected, report.without_facts = evaluations.counted(
            tx, asked.since, asked.repos, asked.each, base_ref=asked.base
        )
        pulls = evaluations.newest(tx, asked.since, asked.repos, asked.each)
        concerned = (pull for pull in pulls if asked.base in (None, pull.base_ref))
        for trial in _watched(backtest.trials(plan, concerned), expected):
            found[trial.pull.repository.lower()] = None
            _note(report, trial)
    _demand(asked, tuple(found))
    return report


def _plan(asked: Asked) -> tuple[Plan, Report]:
    """What to judge by, and a report that says so."""
    server, text = given.server(), given.text(asked.file)
    against = None if asked.against == RECORDED else given.text(asked.against)
    said = {
        "policy": _source(asked.file, text),
        "against": RECORDED if against is None else _source(asked.against, against),
        "since": asked.since.isoformat(),
        "repositories": list(asked.repos),
        "base": asked.base,
        "mode": asked.mode,
        "each": asked.each,
    }
    then = None if against is None else given.parsed(asked.against, against, server)
    return Plan(given.parsed(asked.file, text, server), server, then, asked.mode), Report(said)


def _source(file: str, text: str) -> policy_json.Document:
    return {"file": file, "sha256": hashlib.sha256(text.encode()).hexdigest()}


def _watched(trials: Iterable[Trial], expected: int) -> Iterator[Trial]:
    """With a progress bar on the standard error, where that is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("judging"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(trials, total=expected)


def _note(report: Report, trial: Trial) -> None:
    report.tally.add(trial)
    if trial.outcome != "unchanged" and len(report.changes) < MOST_CHANGES:
        report.changes.append(policy_json.trial(trial))


def _demand(asked: Asked, found: tuple[str, ...]) -> None:
    """Nothing judged is no good news."""
    absent = [name for name in asked.repos if name.lower() not in found]
    if absent or not found:
        of = f" of {', '.join(map(plain, absent))}" if absent else ""
        raise given.Unusable(f"No facts{of} have been recorded since {asked.since.isoformat(timespec='seconds')}.")


def _exit_code(tally: Tally, fail_on: FailOn) -> int:
    if any(tally.outcomes[outcome] for outcome in FAIL_ON[fail_on]):
        return CHANGED
    return OPEN if tally.outcomes["unknown"] and fail_on != "never" else 0


def _show(report: Report) -> None:
    for change in report.changes:
        _show_change(change)
    hidden = report.tally.judged - report.tally.outcomes["unchanged"] - len(report.changes)
    if hidden:
        shown.line(f"... and {hidden} more.")
    counts = report.tally.outcomes
    shown.line(
        f"{report.tally.judged} judged: {counts['unchanged']} unchanged, {counts['stricter']} stricter,"
        f" {counts['laxer']} laxer, {counts['unknown']} cannot be told."
    )
    if report.tally.missing:
        facts = report.tally.missing.most_common(MOST_FACTS_NAMED)
        shown.line(f"Not recorded: {', '.join(f'{fact} (of {count})' for fact, count in facts)}.")
    if report.without_facts:
        shown.line(f"Left out, since none of their facts are recorded: {report.without_facts}.")


def _show_change(change: policy_json.Document) -> None:
    pull = f"{change['repository']}#{change['number']} at {change['headSha'][: shown.SHORT_SHA]}"
    if change["now"] is None:
        shown.line(f"{pull}: cannot be told for lack of {', '.join(change['missingFacts'])}")
    else:
        shown.line(f"{pull}: {change['outcome']}, {change['then']['state']} -> {change['now']['state']}")
    for rule in change["rules"]:
        shown.line(str(RuleChange.model_validate(rule)), 1)
    shown.line()
