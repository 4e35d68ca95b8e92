"""Repositories, who may work in them and their merge queues as GraphQL has them."""

from collections.abc import Callable
from typing import Any

from app.simulator import access, requirements
from app.simulator.call import Call
from app.simulator.graph import actors, commits, permission, pulls
from app.simulator.graph.connections import Info, Resolver, connection
from app.simulator.graph.errors import GraphRefusal
from app.simulator.records import Pull, QueueEntry, Repository
from app.simulator.shapes.view import Json, node, time


def repository(call: Call, record: Repository) -> Json:
    def numbered(_: Info, *, number: int) -> Json:
        permission.demand(call, record, "pull_requests:read")
        if number not in record.pulls:
            raise GraphRefusal("NOT_FOUND", f"Could not resolve to a PullRequest with the number of {number}.")
        return pull_request(call, record, record.pulls[number])

    def merge_queue(_: Info, *, branch: str | None = None) -> Json | None:
        permission.demand(call, record, "merge_queues:read")
        wanted = branch or record.default_branch
        return queue(call, record, wanted) if requirements.of(record, wanted).queued else None

    return {
        "__typename": "Repository",
        "databaseId": record.id,
        "id": node("R", record.id),
        "isPrivate": record.private,
        "name": record.name,
        "nameWithOwner": record.full_name,
        "owner": actors.actor(call, record.owner),
        "pullRequest": numbered,
        "mergeQueue": merge_queue,
        "collaborators": _collaborators(call, record),
    }


def pull_request(call: Call, record: Repository, pull: Pull) -> Json:
    def queued(_: Info) -> Json | None:
        permission.demand(call, record, "merge_queues:read")
        found = [one for one in record.queues.get(pull.base_ref, []) if one.number == pull.number]
        return entry(call, record, found[0]) if found else None

    mine = {"repository": lambda *_: repository(call, record), "mergeQueueEntry": queued}
    return {**pulls.pull(call, record, pull), **mine}


def queue(call: Call, record: Repository, branch: str) -> Json:
    waiting = record.queues.get(branch, [])
    return {
        "__typename": "MergeQueue",
        "id": node("MQ", f"{record.id}/{branch}"),
        "entries": connection(waiting, lambda one: entry(call, record, one)),
    }


def entry(call: Call, record: Repository, one: QueueEntry) -> Json:
    base = record.pulls[one.number].base_ref
    return {
        "__typename": "MergeQueueEntry",
        "id": node("MQE", one.id),
        "position": record.queues[base].index(one) + 1,
        "state": one.state,
        "enqueuedAt": time(one.at),
        "enqueuer": actors.actor(call, one.by),
        "jump": False,
        "solo": False,
        "headCommit": commits.commit(call, record, record.commits[one.head_sha]),
        "baseCommit": commits.commit(call, record, record.commits[one.base_sha]),
        "pullRequest": lambda *_: pull_request(call, record, record.pulls[one.number]),
    }


def _collaborators(call: Call, record: Repository) -> Resolver:
    def page(info: Info, **arguments: Any) -> Json:
        wanted = (arguments.get("affiliation") or "ALL").lower()
        logins = access.collaborators(call.state, record, wanted)
        shape = connection(
            logins, lambda login: actors.actor(call, login) or {}, lambda login: _edge(call, record, login)
        )
        found: Json = shape(info, **arguments)
        return found

    return page


def _edge(call: Call, record: Repository, login: str) -> Json:
    """What each source gives: the repository, its teams, the organization."""
    sources = access.sources(call.state, record, login)
    organization = actors.actor(call, record.owner)
    granters: dict[str, Callable[[str], Json | None]] = {
        "organization": lambda _: organization,
        "repository": lambda _: repository(call, record),
        "team": lambda slug: actors.team(call, record.owner, slug),
    }
    return {
        "permission": call.state.role(record, login).upper(),
        "permissionSources": [
            {
                "organization": organization,
                "permission": access.four_words(role).upper(),
                "roleName": role,
                "source": granters[kind](name),
            }
            for kind, name, role in sources
        ],
    }
