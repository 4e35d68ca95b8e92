"""People, programs, organizations and teams as GraphQL has them."""

from app.simulator.call import Call
from app.simulator.shapes import teams
from app.simulator.shapes.view import Json, node

BOT = "[bot]"


def actor(call: Call, login: str | None) -> Json | None:
    """A bot's login is without its `[bot]` here; None: the account is gone."""
    if login is None:
        return None
    account = call.state.users[login]
    shape = {"__typename": account.kind, "login": login.removesuffix(BOT), "databaseId": account.id}
    return {**shape, "id": node("U", account.id)}


def user(call: Call, login: str | None) -> Json | None:
    """Where only people may stand: nobody in place of a program."""
    shape = actor(call, login)
    return shape if shape and shape["__typename"] == "User" else None


def team(call: Call, owner: str, slug: str) -> Json:
    shape = teams.team(call.view, call.state.organizations[owner], slug)
    return {
        "__typename": "Team",
        "databaseId": shape["id"],
        "id": shape["node_id"],
        "slug": slug,
        "name": slug,
        "combinedSlug": f"{owner}/{slug}",
        "organization": actor(call, owner),
    }
