"""Teams and their organization in GitHub's JSON."""

from app.simulator.records import Organization, Repository
from app.simulator.shapes import accounts
from app.simulator.shapes.view import PAGES_URL, Json, View, node, time

_SHORT_KEYS = (
    "id",
    "node_id",
    "name",
    "slug",
    "description",
    "privacy",
    "notification_setting",
    "permission",
    "type",
    "url",
    "html_url",
    "members_url",
    "repositories_url",
    "parent",
)
_ORGANIZATION_URLS = ("repos", "events", "hooks", "issues", "members", "public_members")


_WORDS = {"read": "pull", "triage": "triage", "write": "push", "maintain": "maintain", "admin": "admin"}


def of_repository(view: View, repository: Repository, slug: str) -> Json:
    """As a repository lists it: with what it may do there."""
    role = repository.teams[slug]
    shape = short(view, view.state.organizations[repository.owner], slug)
    return {**shape, "permission": _WORDS[role], "permissions": accounts.permissions(role)}


def short(view: View, holder: Organization, slug: str) -> Json:
    """As lists and webhooks have it."""
    whole = team(view, holder, slug)
    return {key: whole[key] for key in _SHORT_KEYS} | {"organization_id": view.state.users[holder.login].id}


def team(view: View, holder: Organization, slug: str) -> Json:
    place = list(holder.teams).index(slug) + 1
    account = view.state.users[holder.login]
    url = f"{view.url}/orgs/{holder.login}/teams/{slug}"
    return {
        "id": account.id * 1000 + place,
        "node_id": node("T", account.id * 1000 + place),
        "name": slug,
        "slug": slug,
        "description": None,
        "privacy": "closed",
        "notification_setting": "notifications_enabled",
        "permission": "pull",
        "type": "organization",
        "url": url,
        "html_url": f"{PAGES_URL}/orgs/{holder.login}/teams/{slug}",
        "members_url": f"{url}/members{{/member}}",
        "repositories_url": f"{url}/repos",
        "parent": None,
        "members_count": len(holder.teams[slug]),
        "repos_count": 0,
        "created_at": time(account.created_at),
        "updated_at": time(account.created_at),
        "organization": organization(view, holder),
    }


def organization(view: View, holder: Organization) -> Json:
    account = view.state.users[holder.login]
    url = f"{view.url}/orgs/{holder.login}"
    urls = {f"{name}_url": f"{url}/{name}" for name in _ORGANIZATION_URLS}
    return {
        **urls,
        "login": holder.login,
        "id": account.id,
        "node_id": node("O", account.id),
        "url": url,
        "html_url": f"{PAGES_URL}/{holder.login}",
        "avatar_url": accounts.user(view, holder.login)["avatar_url"],
        "description": None,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "type": "Organization",
        "created_at": time(account.created_at),
        "updated_at": time(account.created_at),
        "archived_at": None,
    }
