"""The entries into the graph: a repository by name, a node by its id, the rate limit."""

import base64
import binascii
import re
from typing import Any

from app.simulator.call import Call
from app.simulator.graph import actors, permission, projects, repositories
from app.simulator.graph.connections import Info
from app.simulator.graph.cost import Cost
from app.simulator.graph.errors import GraphRefusal
from app.simulator.records import Pull, Repository
from app.simulator.shapes.view import Json, time


def query(call: Call, price: Cost) -> Json:
    def repository(_: Info, *, owner: str, name: str, **more: Any) -> Json:
        return _by_name(call, f"{owner}/{name}", more["followRenames"])

    def node(_: Info, *, id: str) -> Json:  # noqa: A002  # the argument's name is GitHub's
        return _node(call, id)

    def owner(info: Info, *, login: str) -> Json:
        return _owner(call, login, info.field_name.title())

    return {
        "repository": repository,
        "node": node,
        "organization": owner,
        "user": owner,
        "rateLimit": lambda *_, **__: _rate_limit(call, price),
    }


def _by_name(call: Call, full_name: str, follow: Any) -> Json:
    number = call.state.renamed.get(full_name.lower()) if follow else None
    found = call.state.find(full_name) or call.state.repositories.get(number or 0)
    if found is None or not permission.seen(call, found):
        raise GraphRefusal("NOT_FOUND", f"Could not resolve to a Repository with the name '{full_name}'.")
    return repositories.repository(call, found)


def _owner(call: Call, login: str, kind: str) -> Json:
    """`kind` is User or Organization."""
    found = next((user for user in call.state.users.values() if user.login.lower() == login.lower()), None)
    if found is None or found.kind != kind:
        raise GraphRefusal("NOT_FOUND", f"Could not resolve to a {kind} with the login of '{login}'.")
    return {**(actors.actor(call, found.login) or {}), "projectV2": projects.by_number(call, found.login)}


def _node(call: Call, identity: str) -> Json:
    kind, number = _decoded(identity)
    for repository in call.state.repositories.values():
        if not permission.seen(call, repository):
            continue
        if (kind, number) == ("R", repository.id):
            return repositories.repository(call, repository)
        pull = _pull(repository, number) if kind == "PR" else None
        if pull is not None:
            permission.demand(call, repository, "pull_requests:read")
            return repositories.pull_request(call, repository, pull)
    planned = projects.by_identity(call, identity)
    if planned is not None:
        return planned
    raise GraphRefusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{identity}'")


def _pull(repository: Repository, number: int) -> Pull | None:
    return next((pull for pull in repository.pulls.values() if pull.id == number), None)


def _decoded(identity: str) -> tuple[str, int]:
    try:
        found = re.fullmatch(r"([A-Z]+)(\d+)", base64.b64decode(identity, validate=True).decode())
    except (binascii.Error, UnicodeDecodeError):
        found = None
    return (found[1], int(found[2])) if found else ("", 0)


def _rate_limit(call: Call, price: Cost) -> Json:
    """As it is once this query is paid."""
    budget = call.github.limits.budget(call.caller, call.github.verbs.now(), "graphql")
    return {
        "cost": price.points,
        "limit": budget.limit,
        "nodeCount": price.nodes,
        "remaining": max(0, budget.remaining - price.points),
        "resetAt": time(budget.resets_at),
        "used": budget.used + price.points,
    }
