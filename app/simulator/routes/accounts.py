"""Routes about people, organizations, limits and GitHub itself."""

from app.simulator.answers import Answer, Listing, Refusal
from app.simulator.call import Call
from app.simulator.records import Organization
from app.simulator.shapes import accounts, teams
from app.simulator.shapes.view import Json


def read_user(call: Call, *, login: str) -> Answer:
    user = call.state.users.get(login)
    if user is None:
        raise Refusal(404, "Not Found")
    return Answer(200, accounts.full_user(call.view, user))


def read_member(call: Call, *, org: str, login: str) -> Answer:
    if login not in _organization(call, org).members:
        raise Refusal(404, "Not Found")
    return Answer(204)


def read_team_membership(call: Call, *, org: str, team: str, login: str) -> Answer:
    members = _organization(call, org).teams.get(team, {})
    if login not in members:
        raise Refusal(404, "Not Found")
    url = f"{call.view.url}/orgs/{org}/teams/{team}/memberships/{login}"
    return Answer(200, {"url": url, "role": members[login], "state": "active"})


def read_team(call: Call, *, org: str, team: str) -> Answer:
    organization = _organization(call, org)
    if team not in organization.teams:
        raise Refusal(404, "Not Found")
    return Answer(200, teams.team(call.view, organization, team))


def list_members(call: Call, *, org: str) -> Listing:
    """`role` is all (the default), admin or member."""
    wanted = call.query.get("role", "all")
    found = [login for login, role in _organization(call, org).members.items() if wanted in ("all", role)]
    return Listing(sorted(found), lambda login: accounts.user(call.view, login))


def list_team_members(call: Call, *, org: str, team: str) -> Listing:
    """`role` is all (the default), maintainer or member."""
    organization = _organization(call, org)
    if team not in organization.teams:
        raise Refusal(404, "Not Found")
    wanted = call.query.get("role", "all")
    found = [login for login, role in organization.teams[team].items() if wanted in ("all", role)]
    return Listing(sorted(found), lambda login: accounts.user(call.view, login))


def read_rate_limit(call: Call) -> Answer:
    core, graphql = (_budget(call, resource) for resource in ("core", "graphql"))
    untouched = {**core, "used": 0, "remaining": core["limit"]}
    return Answer(200, {"resources": {"core": core, "search": untouched, "graphql": graphql}, "rate": core})


def read_meta(call: Call) -> Answer:
    del call
    return Answer(200, {"verifiable_password_authentication": False, "hooks": ["127.0.0.1/32"]})


def _budget(call: Call, resource: str) -> Json:
    budget = call.github.limits.budget(call.caller, call.github.verbs.now(), resource)
    reset = int(budget.resets_at.timestamp())
    return {"limit": budget.limit, "used": budget.used, "remaining": budget.remaining, "reset": reset}


def _organization(call: Call, login: str) -> Organization:
    """Seen only by an installation on that very organization."""
    found = call.state.organizations.get(login)
    installation = call.caller.installation
    if found is None or installation is None or installation.account != login:
        raise Refusal(404, "Not Found")
    return found
