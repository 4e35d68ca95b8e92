"""`mergegate policy modes`: which open pull requests the mode that is not posted would judge otherwise."""

from typing import Any

import click

from app import policy_json
from app.cli.policy import given, shown
from app.records import evaluations
from policies.mode import OTHER, Mode


@click.command(short_help="List the verdicts that the other mode would change.")
@click.option("--repo", metavar="OWNER/REPO", help="Only of this repository.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def modes(*, repo: str | None, as_json: bool) -> None:
    """List the open pull requests whose verdict the other mode would change, and why.

    Look here before setting POLICY_MODE=strict or naming a repository in STRICT_REPOSITORIES.
    """
    with given.unusable(), given.transaction() as tx:
        rows = evaluations.that_differ(tx, repo)
    if as_json:
        shown.as_json(policy_json.modes(rows))
        return
    for row in rows:
        _show(row)
    count = "No open pull request" if not rows else f"{len(rows)} open pull request{'s' * (len(rows) > 1)}"
    shown.line(f"{count} would get another verdict in the other mode.")


def _show(row: dict[str, Any]) -> None:
    posted: Mode = row["mode"] or "compat"
    other = OTHER[posted]
    shown.line(f"{row['repository']}#{row['number']}: {row['state']} in {posted}, {row['other_state']} in {other}")
    for sentence in row["differences"] or (row["other_description"],):
        shown.line(f"- {sentence}", 1)
    shown.line()
