"""`mergegate policy explain`: why a pull request has its verdict, and where the other mode would differ."""

import json
from typing import Any

import click

from app import policy_json
from app.cli.policy import given, shown
from app.records import evaluations
from policies.mode import MODES, OTHER, Mode
from policies.result import Result


@click.command("explain", short_help="Print why a pull request has its verdict, as a tree.")
@click.argument("pull", type=given.PULL)
@click.option("--mode", type=click.Choice(MODES), help="Whose tree to print; that of the posted mode by default.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON, with the trees of both modes.")
def explain_command(pull: tuple[str, int], *, mode: Mode | None, as_json: bool) -> None:
    """Print the result tree of the newest verdict: who counted, who did not, and why."""
    with given.unusable():
        repository, row = _newest(pull)
    if as_json:
        shown.as_json(policy_json.evaluation(repository, row))
        return
    _show(repository, row, mode or row["mode"] or "compat")


def _newest(pull: tuple[str, int]) -> tuple[str, dict[str, Any]]:
    with given.transaction() as tx:
        known = given.pull_row(tx, pull)
        row = evaluations.last(tx, known["repository_id"], known["number"])
    if row is None:
        raise given.Unusable(f"{pull[0]}#{pull[1]} has no verdict yet; mergegate explain says what it waits for.")
    return known["full_name"], row


def _show(repository: str, row: dict[str, Any], mode: Mode) -> None:
    posted: Mode = row["mode"] or "compat"
    shown.line(f"{repository}#{row['number']}, head {row['head_sha'][: shown.SHORT_SHA]} into {row['base_ref']}")
    shown.labelled("judged", f"{row['evaluated_at'].isoformat(timespec='seconds')} in {posted} mode")
    shown.labelled("policy", row["policy_source"])
    shown.labelled("verdict", f"{row['state']}: {row['description']}")
    shown.line()
    _show_tree(row, mode, posted)
    _show_other(row, OTHER[posted])
    _show_approving(row["approving"])


def _show_tree(row: dict[str, Any], mode: Mode, posted: Mode) -> None:
    document = row["result"] if mode == posted else row["other_result"]
    if document is None:
        shown.line(f"There is no tree of {mode} mode: nothing was evaluated in it.")
        return
    if mode != posted:
        shown.line(f"What {mode} mode says, which was not posted:")
    shown.tree(Result.from_json(json.dumps(document)))


def _show_other(row: dict[str, Any], other: Mode) -> None:
    if row["other_state"] is None:
        return
    shown.line()
    if row["other_state"] == row["state"]:
        shown.line(f"{other} would say the same: {row['other_state']}.")
        return
    shown.line(f"{other} would say {row['other_state']}: {row['other_description']}")
    for sentence in row["differences"] or ():
        shown.line(f"- {sentence}", 1)


def _show_approving(said: dict[str, Any] | None) -> None:
    if said is None:
        return
    shown.line()
    shown.labelled("approve", f"{said['state'].replace('_', ' ')}: {said['sentence']}")
    shown.labelled("rules", said["source"] or "none")
    if said["result"] is not None:
        shown.tree(Result.from_json(json.dumps(said["result"])))
