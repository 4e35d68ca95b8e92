"""`mergegate policy modes`: which open pull requests the mode that is not posted would judge otherwise."""

from typing import Any

import click

from app import policy_json
from app.cli.policy import given, shown
from app.records import mode_differences, pulls
from policies.mode import OTHER, Mode
from policies.text import plain

MOST_LISTED = 10


@click.command(short_help="List the verdicts that the other mode would change.")
@click.option("--repo", metavar="OWNER/REPO", help="Only of this repository.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def modes(*, repo: str | None, as_json: bool) -> None:
    """List the open pull requests whose verdict the other mode would change, and why.

    Look here before setting POLICY_MODE=strict or naming a repository in STRICT_REPOSITORIES.
    """
    with given.unusable(), given.transaction() as tx:
        if repo is not None and not pulls.knows_repository(tx, repo):
            raise given.Unusable(f"Nothing is known of {plain(repo)}: this gate has never seen a pull request of it.")
        differing, unknown = mode_differences.that_differ(tx, repo), mode_differences.judged_in_one_mode(tx, repo)
    if as_json:
        shown.as_json(policy_json.modes(differing, unknown))
        return
    for row in differing:
        _show(row)
    count = "No" if not differing else len(differing)
    shown.line(f"{count} open pull request{'s' * (len(differing) > 1)} would get another verdict in the other mode.")
    if unknown:
        shown.line(f"Of {len(unknown)} it cannot be told, since nothing was evaluated: {_listed(unknown)}.")


def _show(row: dict[str, Any]) -> None:
    posted: Mode = row["mode"] or "compat"
    other = OTHER[posted]
    shown.line(f"{row['repository']}#{row['number']}: {row['state']} in {posted}, {row['other_state']} in {other}")
    for sentence in row["differences"] or (row["other_description"],):
        shown.line(f"- {sentence}", 1)
    shown.line()


def _listed(rows: list[dict[str, Any]]) -> str:
    names = [f"{row['repository']}#{row['number']}" for row in rows[:MOST_LISTED]]
    return ", ".join(names) + (" ..." if len(rows) > MOST_LISTED else "")
