"""Users, Apps, installations and memberships in GitHub's shapes."""

from app.simulator.records import App, Installation, User
from app.simulator.shapes.view import PAGES_URL, Json, View, node, time

_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}


def user(view: View, login: str) -> Json:
    account = view.state.users[login]
    url = f"{view.url}/users/{login}"
    return {
        "login": login,
        "id": account.id,
        "node_id": node("U", account.id),
        "avatar_url": f"{PAGES_URL}/avatars/{account.id}",
        "gravatar_id": "",
        "url": url,
        "html_url": f"{PAGES_URL}/{login}",
        **{key: url + suffix for key, suffix in _USER_LINKS.items()},
        "type": account.kind,
        "site_admin": False,
    }


def user_or_none(view: View, login: str | None) -> Json | None:
    return None if login is None else user(view, login)


def full_user(view: View, account: User) -> Json:
    return {
        **user(view, account.login),
        "name": account.login,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": 0,
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "created_at": time(account.created_at),
        "updated_at": time(account.created_at),
    }


def collaborator(view: View, login: str, role: str) -> Json:
    return {**user(view, login), "permissions": permissions(role), "role_name": role}


def permission(view: View, login: str, role: str) -> Json:
    """`permission` knows four words only; `role_name` is exact."""
    word = {"maintain": "write", "triage": "read"}.get(role, role)
    return {"permission": word, "role_name": role, "user": collaborator(view, login, role)}


def permissions(role: str) -> dict[str, bool]:
    order = ("none", "read", "triage", "write", "maintain", "admin")
    words = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
    return {word: order.index(role) >= order.index(least) for word, least in words.items()}


def app(view: View, record: App) -> Json:
    return {
        "id": record.id,
        "slug": record.slug,
        "node_id": node("A", record.id),
        "owner": user(view, record.owner),
        "name": record.slug,
        "description": "",
        "external_url": f"{PAGES_URL}/{record.slug}",
        "html_url": f"{PAGES_URL}/apps/{record.slug}",
        "created_at": time(record.created_at),
        "updated_at": time(record.created_at),
        "permissions": dict(record.permissions),
        "events": list(record.events),
    }


def authenticated_app(view: View, record: App) -> Json:
    """As the App itself sees it: with the number of its installations."""
    count = sum(i.app_id == record.id for i in view.state.installations.values())
    return {**app(view, record), "installations_count": count}


def installation(view: View, record: Installation) -> Json:
    account = view.state.users[record.account]
    holder = view.state.apps[record.app_id]
    return {
        "id": record.id,
        "account": user(view, record.account),
        "repository_selection": "all" if record.repository_ids is None else "selected",
        "access_tokens_url": f"{view.url}/app/installations/{record.id}/access_tokens",
        "repositories_url": f"{view.url}/installation/repositories",
        "html_url": f"{PAGES_URL}/settings/installations/{record.id}",
        "app_id": record.app_id,
        "app_slug": holder.slug,
        "target_id": account.id,
        "target_type": account.kind,
        "permissions": dict(record.permissions),
        "events": list(holder.events),
        "created_at": time(record.created_at),
        "updated_at": time(record.created_at),
        "single_file_name": None,
        "has_multiple_single_files": False,
        "single_file_paths": [],
        "suspended_by": None if record.suspended_at is None else user(view, record.account),
        "suspended_at": time(record.suspended_at),
    }
