"""Who may do what in a repository, and through what: the repository itself, a team, or the organization (pure)."""

from app.simulator.records import Repository
from app.simulator.state import State, highest

Source = tuple[str, str, str]  # repository, team or organization; its name; the role that it gives


def sources(state: State, repository: Repository, login: str) -> list[Source]:
    """Every way in which somebody holds a role, without what everybody may in a public repository."""
    found = []
    organization = state.organizations.get(repository.owner)
    if login in repository.collaborators or login == repository.owner:
        found.append(("repository", repository.name, repository.collaborators.get(login, "admin")))
    for slug, role in repository.teams.items() if organization else ():
        if organization and login in organization.teams.get(slug, {}):
            found.append(("team", slug, role))
    given = organization.gives(login) if organization else "none"
    return found if given == "none" else [*found, ("organization", repository.owner, given)]


def collaborators(state: State, repository: Repository, affiliation: str) -> list[str]:
    """Logins, sorted: `all`, `direct` (through the repository or a team) or `outside` (no members)."""
    organization = state.organizations.get(repository.owner)
    people = {repository.owner: None} if organization is None else dict.fromkeys(organization.members)
    for slug in repository.teams if organization else ():
        people |= dict.fromkeys(organization.teams.get(slug, {}) if organization else ())
    people |= dict.fromkeys(repository.collaborators)
    return sorted(login for login in people if _wanted(state, repository, login, affiliation))


def best(found: list[Source]) -> str:
    return highest([role for _, _, role in found])


def four_words(role: str) -> str:
    """`permission` knows four words only."""
    return {"maintain": "write", "triage": "read"}.get(role, role)


def _wanted(state: State, repository: Repository, login: str, affiliation: str) -> bool:
    ways = sources(state, repository, login)
    organization = state.organizations.get(repository.owner)
    if affiliation == "direct":
        return any(kind != "organization" for kind, _, _ in ways)
    if affiliation == "outside":
        return bool(ways) and (organization is None or login not in organization.members)
    return bool(ways)
