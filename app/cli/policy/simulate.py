"""`mergegate policy simulate`: the verdict on a pull request as it would be."""

import json
from datetime import UTC, datetime
from typing import Any

import click

from app import policy_json, simulation, simulation_request
from app.cli.policy import given, shown
from app.records import evaluations
from app.records.evaluations import Stored
from app.simulation import CannotSimulate, Simulated
from app.simulation_request import Request, Unclear
from policies.facts import LEVELS
from policies.mode import MODES, Mode

COMMENT = given.Pair("LOGIN:TEXT", ":")
REVIEW = given.Pair("LOGIN:STATE", ":")
PERMISSION = given.Pair("LOGIN=LEVEL", "=")
TEAM = given.Pair("ORG/TEAM=LOGIN", "=")
ORGANIZATION = given.Pair("ORG=LOGIN", "=")


@click.command(short_help="Judge a pull request as it would be.")
@click.argument("pull", type=given.PULL)
@click.option("--policy", "file", metavar="FILE", help="Judge by this policy; by default the recorded one. - is stdin.")
@click.option("--mode", type=click.Choice(MODES), help="Judge in this mode; by default the posted one.")
@click.option("--base", metavar="BRANCH", help="As if it went into this branch.")
@click.option("--add-comment", "comments", type=COMMENT, multiple=True, help="As if LOGIN had said this now.")
@click.option(
    "--add-review",
    "reviews",
    type=REVIEW,
    multiple=True,
    help="As if LOGIN had reviewed the head now: approved, changes_requested or commented.",
)
@click.option("--ignore-comments-of", "silent", metavar="LOGIN", multiple=True, help="Leave these comments out.")
@click.option("--ignore-reviews-of", "unheard", metavar="LOGIN", multiple=True, help="Leave these reviews out.")
@click.option("--permission", "permissions", type=PERMISSION, multiple=True, help=f"LEVEL: {', '.join(LEVELS)}.")
@click.option("--team", "teams", type=TEAM, multiple=True, help="LOGIN is in this team.")
@click.option("--organization", "organizations", type=ORGANIZATION, multiple=True, help="LOGIN is in it.")
@click.option("--body", metavar="FILE", help="A body of policy-bot's POST /api/simulate; the other options add to it.")
@click.option("--json", "as_json", is_flag=True, help="The same as JSON.")
def simulate(pull: tuple[str, int], *, as_json: bool, **given_options: Any) -> None:
    """Judge the newest stored facts of a pull request with other remarks, another base or another policy.

    Nothing is read from GitHub or written anywhere. Of whom --permission, --team or --organization says anything,
    everything else that the policy asks is taken to be no.
    """
    with given.unusable():
        request, server = _request(**given_options), given.server()
        try:
            simulated = simulation.run(request, _stored(pull), server, datetime.now(UTC))
        except CannotSimulate as trouble:
            raise given.Unusable(str(trouble)) from None
    if as_json:
        shown.as_json(policy_json.simulation(simulated))
    else:
        _show(simulated)


def _request(*, body: str | None, file: str | None, mode: Mode | None, base: str | None, **lists: Any) -> Request:
    document = _document(body)
    _add(document, "add_comments", [{"author": login, "body": text} for login, text in lists["comments"]])
    _add(document, "add_reviews", [{"author": login, "state": state} for login, state in lists["reviews"]])
    _add_users(document, "ignore_comments", lists["silent"])
    _add_users(document, "ignore_reviews", lists["unheard"])
    _add_rights(document, lists)
    document |= {"base_branch": base} if base else {}
    document |= {"mode": mode} if mode else {}
    document |= {"policy": given.text(file)} if file else {}
    try:
        return simulation_request.parse(json.dumps(document))
    except Unclear as wrong:
        raise given.Unusable(str(wrong)) from None


def _document(body: str | None) -> dict[str, Any]:
    try:
        document = json.loads(given.text(body)) if body else {}
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise given.Unusable("The body should be a JSON object, such as policy-bot's POST /api/simulate takes.")
    return document


def _add(document: dict[str, Any], key: str, entries: list[Any]) -> None:
    """A list that is there grows; what is no list is left to be refused."""
    before = document.get(key) or []
    if entries and isinstance(before, list):
        document[key] = [*before, *entries]


def _add_users(document: dict[str, Any], key: str, logins: tuple[str, ...]) -> None:
    people = document.setdefault(key, {}) if logins else None
    if isinstance(people, dict):
        _add(people, "users", list(logins))


def _add_rights(document: dict[str, Any], lists: dict[str, Any]) -> None:
    for login, level in lists["permissions"]:
        levels = document.setdefault("permissions", {})
        if isinstance(levels, dict):
            levels[login] = level
    for key in ("teams", "organizations"):
        for group, login in lists[key]:
            groups = document.setdefault(key, {})
            if isinstance(groups, dict):
                _add(groups, group, [login])


def _stored(pull: tuple[str, int]) -> Stored:
    with given.transaction() as tx:
        known = given.pull_row(tx, pull)
        stored = evaluations.newest_of_pull(tx, known["repository_id"], known["number"])
    if stored is None:
        raise given.Unusable(f"No facts of {pull[0]}#{pull[1]} are recorded; mergegate explain says why.")
    return stored


def _show(simulated: Simulated) -> None:
    pull = simulated.pull
    shown.line(f"{pull.repository}#{pull.number}, head {pull.head_sha[: shown.SHORT_SHA]} into {pull.base_ref}")
    shown.labelled("facts", f"{pull.evaluated_at.isoformat(timespec='seconds')}, {pull.policy_source}")
    shown.labelled("then", f"{pull.state}: {pull.description}")
    shown.labelled("now", _now(simulated))
    for note in simulated.notes:
        shown.labelled("note", note)
    shown.line()
    shown.tree(simulated.result)
    if simulated.missing:
        shown.line()
        _show_missing(simulated.missing)


def _now(simulated: Simulated) -> str:
    if simulated.missing:
        return "cannot be told: the verdict hangs on facts that are not recorded"
    return f"{simulated.verdict.state}: {simulated.verdict.summary}"


def _show_missing(missing: tuple[str, ...]) -> None:
    shown.line("Not recorded:")
    for fact in missing:
        way = simulation.how_to_tell(fact)
        shown.line(f"- {fact}" + (f"; tell it, for example with {way}" if way else ""), 1)
