"""Projects with their fields and items as GraphQL has them."""

from typing import Any

from app.simulator.call import Call
from app.simulator.graph import actors, permission, repositories
from app.simulator.graph.connections import Info, Resolver, connection
from app.simulator.graph.errors import GraphRefusal
from app.simulator.projects import Field, Item, Project
from app.simulator.records import Pull, Repository
from app.simulator.shapes.view import Json, node, time


def by_number(call: Call, owner: str) -> Resolver:
    def one(_: Info, *, number: int) -> Json:
        for record in call.state.projects.values():
            if (record.owner.lower(), record.number) == (owner.lower(), number) and permission.planned(call, record):
                return project(call, record)
        raise GraphRefusal("NOT_FOUND", f"Could not resolve to a ProjectV2 with the number {number}.")

    return one


def by_identity(call: Call, identity: str) -> Json | None:
    """A project, a field or an item; None where the id is of none of these that may be seen."""
    for record in call.state.projects.values():
        if not permission.planned(call, record):
            continue
        if record.node_id == identity:
            return project(call, record)
        found_field, found_item = record.field_of(identity), record.item_of(identity)
        if found_field is not None:
            return field(call, record, found_field)
        if found_item is not None:
            return item(call, record, found_item)
    return None


def project(call: Call, record: Project) -> Json:
    def field_of(_: Info, *, name: str) -> Json | None:
        return next((field(call, record, one) for one in record.fields.values() if one.name == name), None)

    owner = actors.actor(call, record.owner) or {}
    return {
        "__typename": "ProjectV2",
        "id": record.node_id,
        "fullDatabaseId": str(record.id),
        "number": record.number,
        "title": record.title,
        "createdAt": time(record.created_at),
        "owner": {**owner, "projectV2": by_number(call, record.owner)},
        "field": field_of,
        "fields": connection(tuple(record.fields.values()), lambda one: field(call, record, one)),
        "items": connection(tuple(record.items.values()), lambda one: item(call, record, one)),
    }


def field(call: Call, record: Project, one: Field) -> Json:
    def options(_: Info, *, names: list[str] | None = None) -> list[Json]:
        return [{"id": o.id, "name": o.name} for o in one.options if names is None or o.name in names]

    return {
        "__typename": "ProjectV2SingleSelectField" if one.is_select else "ProjectV2Field",
        "id": one.node_id,
        "databaseId": one.id,
        "name": one.name,
        "dataType": "SINGLE_SELECT" if one.is_select else "TITLE",
        "createdAt": time(one.created_at),
        "updatedAt": time(one.created_at),
        "options": options,
        "project": lambda *_: project(call, record),
    }


def item(call: Call, record: Project, one: Item) -> Json:
    values = [value for found in record.fields.values() if (value := _value(call, record, one, found))]

    def value_of(_: Info, *, name: str) -> Json | None:
        return next((value for value in values if value["field"]["name"] == name), None)

    content = _content(call, one)
    kinds = {"PullRequest": "PULL_REQUEST", "DraftIssue": "DRAFT_ISSUE"}
    return {
        "__typename": "ProjectV2Item",
        "id": one.node_id,
        "fullDatabaseId": str(one.id),
        "type": kinds[content["__typename"]] if content else "REDACTED",
        "isArchived": False,
        "createdAt": time(one.created_at),
        "updatedAt": time(one.updated_at),
        "creator": actors.actor(call, one.creator),
        "project": lambda *_: project(call, record),
        "content": content,
        "fieldValues": connection(values, lambda value: value),
        "fieldValueByName": value_of,
    }


def _value(call: Call, record: Project, one: Item, of: Field) -> Json | None:
    """None: nothing was chosen."""
    common = {
        "id": node("PVTFV", f"{one.id}/{of.id}"),
        "createdAt": time(one.created_at),
        "updatedAt": time(one.updated_at),
        "creator": actors.actor(call, one.creator),
        "field": field(call, record, of),
        "item": lambda *_: item(call, record, one),
    }
    if not of.is_select:
        return {"__typename": "ProjectV2ItemFieldTextValue", **common, "text": one.title}
    chosen = of.option(one.chosen.get(of.id, ""))
    if chosen is None:
        return None
    named = {"name": chosen.name, "optionId": chosen.id}
    return {"__typename": "ProjectV2ItemFieldSingleSelectValue", **common, **named}


def _content(call: Call, one: Item) -> Json | None:
    """None: a pull request that the caller may not see."""
    if one.repository_id is None:
        moments = {"createdAt": time(one.created_at), "updatedAt": time(one.updated_at)}
        draft: Json = {"id": node("DI", one.id), "title": one.title, "body": "", **moments}
        return {"__typename": "DraftIssue", **draft, "creator": actors.actor(call, one.creator)}
    found = _pull(call, one.repository_id, one.number)
    return repositories.pull_request(call, *found) if found else None


def _pull(call: Call, repository_id: int, number: Any) -> tuple[Repository, Pull] | None:
    repository = call.state.repositories.get(repository_id)
    if repository is None or number not in repository.pulls or not permission.seen(call, repository):
        return None
    if repository.private and not call.caller.holds("pull_requests:read"):
        return None
    return repository, repository.pulls[number]
