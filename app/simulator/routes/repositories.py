"""Routes about a repository, its branches, files and collaborators."""

from app.simulator import access
from app.simulator.answers import Answer, Listing, Refusal
from app.simulator.call import Call
from app.simulator.shapes import accounts, repositories, teams
from app.simulator.state import resolve


def read_repository(call: Call) -> Answer:
    return Answer(200, repositories.full(call.view, call.repository))


def list_branches(call: Call) -> Listing:
    names = sorted(call.repository.branches)
    return Listing(names, lambda name: repositories.short_branch(call.view, call.repository, name))


def read_branch(call: Call, *, branch: str) -> Answer:
    if branch not in call.repository.branches:
        raise Refusal(404, "Branch not found")
    return Answer(200, repositories.branch(call.view, call.repository, branch))


def read_contents(call: Call, *, path: str = "") -> Answer:
    """A file, or the list of what is in a folder."""
    ref = call.query.get("ref") or call.repository.default_branch
    commit = resolve(call.repository, ref)
    if commit is None:
        raise Refusal(404, f"No commit found for the ref {ref}")
    if path in commit.tree:
        return Answer(200, repositories.file(call.view, call.repository, commit, path, ref))
    entries = repositories.directory(call.view, call.repository, commit, path.strip("/"), ref)
    if not entries:
        raise Refusal(404, "Not Found")
    return Answer(200, entries)


def list_collaborators(call: Call) -> Listing:
    """By `affiliation` (all, direct, outside), with at least that `permission`."""
    logins = access.collaborators(call.state, call.repository, call.query.get("affiliation", "all"))
    roles = {login: call.state.role(call.repository, login) for login in logins}
    wanted = call.query.get("permission", "pull")
    found = [login for login in logins if accounts.permissions(roles[login]).get(wanted, False)]
    return Listing(found, lambda login: accounts.collaborator(call.view, login, roles[login]))


def list_teams(call: Call) -> Listing:
    organization = call.state.organizations.get(call.repository.owner)
    held = call.repository.teams if organization else {}
    return Listing(sorted(held), lambda slug: teams.of_repository(call.view, call.repository, slug))


def list_properties(call: Call) -> Answer:
    """Those without a value are in the list, too."""
    held = call.repository.properties
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in sorted(held.items())}
    return Answer(200, [{"property_name": name, "value": value} for name, value in values.items()])


def read_permission(call: Call, *, login: str) -> Answer:
    """Of somebody without access: `none`, or `read` where everybody may read."""
    if login not in call.state.users:
        raise Refusal(404, f"{login} is not a user")
    return Answer(200, accounts.permission(call.view, login, call.state.role(call.repository, login)))
