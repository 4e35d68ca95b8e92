"""What an installation may see in the graph, as in the REST API."""

from app.simulator.call import Call
from app.simulator.graph.errors import GraphRefusal
from app.simulator.records import Repository

_FORBIDDEN = "Resource not accessible by integration"


def seen(call: Call, repository: Repository) -> bool:
    installation = call.caller.installation
    return not repository.private or (installation is not None and call.state.covers(installation, repository))


def demand(call: Call, repository: Repository, needs: str) -> None:
    """Reading public repositories is free to all."""
    if repository.private and not call.caller.holds(needs):
        raise GraphRefusal("FORBIDDEN", _FORBIDDEN)
