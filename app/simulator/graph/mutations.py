"""What may be changed through the graph: one field of an item in a project, and the end of a merge queue."""

from app.simulator import mergeability, requirements
from app.simulator.call import Call
from app.simulator.graph import permission, projects, repositories
from app.simulator.graph.connections import Info
from app.simulator.graph.errors import GraphRefusal
from app.simulator.projects import Field, Option, Project
from app.simulator.records import Pull, Repository
from app.simulator.shapes.view import Json


def root(call: Call) -> Json:
    def update_field(_: Info, *, input: Json) -> Json:  # noqa: A002  # the argument's name is GitHub's
        return _update_field(call, input)

    def enqueue(_: Info, *, input: Json) -> Json:  # noqa: A002  # the same
        return _enqueue(call, input)

    return {"updateProjectV2ItemFieldValue": update_field, "enqueuePullRequest": enqueue}


def _update_field(call: Call, wanted: Json) -> Json:
    record = _project(call, wanted["projectId"])
    item = record.item_of(wanted["itemId"])
    if item is None:
        raise _unknown(wanted["itemId"])
    field = record.field_of(wanted["fieldId"])
    if field is None:
        raise _unknown(wanted["fieldId"])
    option = _option(field, wanted["value"])
    changed = call.github.verbs.choose(record.id, item.id, field.id, option.id)
    return {
        "clientMutationId": wanted.get("clientMutationId"),
        "projectV2Item": projects.item(call, record, changed),
    }


def _enqueue(call: Call, wanted: Json) -> Json:
    found = call.state.pull_of(wanted["pullRequestId"])
    if found is None or not permission.seen(call, found[0]):
        raise _unknown(wanted["pullRequestId"])
    repository, pull = found
    permission.demand_writer(call, repository, "merge_queues:write|pull_requests:write")
    _refuse_to_queue(call, repository, pull, wanted.get("expectedHeadOid") or pull.head_sha)
    made = call.github.verbs.enqueue(repository.full_name, pull.number, by=call.bot)
    return {
        "clientMutationId": wanted.get("clientMutationId"),
        "mergeQueueEntry": repositories.entry(call, repository, made),
    }


def _refuse_to_queue(call: Call, repository: Repository, pull: Pull, expected: str) -> None:
    waiting = [one.number for one in repository.queues.get(pull.base_ref, [])]
    unmet = requirements.unmet(call.state, repository, pull)
    reasons = (
        (not requirements.of(repository, pull.base_ref).queued, "Merge queue is not enabled for this branch"),
        (pull.state != "open" or pull.draft, "Pull request is not in an enqueueable state"),
        (expected != pull.head_sha, "Head branch was modified. Review and try again."),
        (mergeability.of(repository, pull) is False, "Pull request has merge conflicts"),
        (pull.number in waiting, "Pull request is already in the merge queue"),
        (unmet is not None and call.app.id not in repository.bypass_apps, str(unmet)),
    )
    for is_so, said in reasons:
        if is_so:
            raise GraphRefusal("UNPROCESSABLE", said)


def _project(call: Call, identity: str) -> Project:
    found = next((one for one in call.state.projects.values() if one.node_id == identity), None)
    if found is None or not permission.planned(call, found):
        raise _unknown(identity)
    permission.demand_planner(call, found)
    return found


def _option(field: Field, value: Json) -> Option:
    wanted = value.get("singleSelectOptionId")
    if not field.is_select:
        raise GraphRefusal("VALIDATION", "The field of type title is currently not supported.")
    if wanted is None:
        said = "Did not receive a single select option Id to update a field of type single_select"
        raise GraphRefusal("VALIDATION", said)
    found = field.option(wanted)
    if found is None:
        raise GraphRefusal("VALIDATION", "The single select option Id does not belong to the field")
    return found


def _unknown(identity: str) -> GraphRefusal:
    return GraphRefusal("NOT_FOUND", f"Could not resolve to a node with the global id of '{identity}'")
