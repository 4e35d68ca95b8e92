"""The bodies of webhooks about who belongs where, and what that lets them do."""

from app.simulator.records import Organization, Repository
from app.simulator.shapes import accounts, teams
from app.simulator.shapes.view import Json, View

_WORDS = {"maintain": "write", "triage": "read"}


def membership(view: View, holder: Organization, slug: str, login: str) -> Json:
    return {"scope": "team", "member": accounts.user(view, login), "team": teams.short(view, holder, slug)}


def organization(view: View, holder: Organization, login: str) -> Json:
    """The body of member_added and member_removed."""
    url = f"{view.url}/orgs/{holder.login}"
    found = {
        "url": f"{url}/memberships/{login}",
        "state": "active",
        "role": holder.members.get(login, "unaffiliated"),
        "organization_url": url,
        "user": accounts.user(view, login),
    }
    return {"membership": found}


def team(view: View, holder: Organization, slug: str) -> Json:
    return {"team": teams.short(view, holder, slug)}


def member(view: View, login: str, *, before: str, after: str) -> Json:
    """A collaborator of a repository; roles are told in the four old words."""
    changes: Json = {"old_permission": {"from": _WORDS.get(before, before)}}
    if before == "none":
        changes = {"permission": {"to": _WORDS.get(after, after)}}
    shape: Json = {"member": accounts.user(view, login)}
    return shape if after == "none" else {**shape, "changes": changes}


def properties(repository: Repository, name: str, before: str | tuple[str, ...] | None) -> Json:
    """One property that changed, as it is and as it was."""
    return {
        "new_property_values": [_property(name, repository.properties.get(name))],
        "old_property_values": [_property(name, before)],
    }


def _property(name: str, value: str | tuple[str, ...] | None) -> Json:
    return {"property_name": name, "value": list(value) if isinstance(value, tuple) else value}
