"""Routes about deployments and their statuses."""

from app.simulator.answers import Answer, Listing, Refusal
from app.simulator.call import Call
from app.simulator.deployments import Deployment
from app.simulator.shapes import deployments

_FILTERS = ("sha", "ref", "environment")


def list_deployments(call: Call) -> Listing:
    """Newest first."""
    wanted = {name: call.query[name] for name in _FILTERS if call.query.get(name)}
    found = [
        one for one in call.repository.deployments if all(getattr(one, name) == text for name, text in wanted.items())
    ]
    return Listing(found[::-1], lambda one: deployments.deployment(call.view, call.repository, one))


def read_deployment(call: Call, *, deployment: int) -> Answer:
    return Answer(200, deployments.deployment(call.view, call.repository, _find(call, deployment)))


def list_statuses(call: Call, *, deployment: int) -> Listing:
    """Newest first."""
    number = _find(call, deployment).id
    found = [one for one in call.repository.deployment_statuses if one.deployment_id == number]
    return Listing(found[::-1], lambda one: deployments.status(call.view, call.repository, one))


def _find(call: Call, number: int) -> Deployment:
    found = next((one for one in call.repository.deployments if one.id == number), None)
    if found is None:
        raise Refusal(404, "Not Found")
    return found
