"""What an installation may see in the graph, as in the REST API."""

from app.simulator.call import Call
from app.simulator.graph.errors import GraphRefusal
from app.simulator.projects import Project
from app.simulator.records import Repository

_FORBIDDEN = "Resource not accessible by integration"


def seen(call: Call, repository: Repository) -> bool:
    installation = call.caller.installation
    covered = installation is not None and call.state.covers(installation, repository)
    return repository.visible and (not repository.private or covered)


def planned(call: Call, project: Project) -> bool:
    """Whether the project may be seen."""
    installation = call.caller.installation
    return installation is not None and installation.account == project.owner and _holds(call, project, "read")


def demand_planner(call: Call, project: Project) -> None:
    if not _holds(call, project, "write"):
        raise GraphRefusal("FORBIDDEN", _FORBIDDEN)


def demand(call: Call, repository: Repository, needs: str) -> None:
    """Reading public repositories is free to all."""
    if repository.private and not call.caller.holds(needs):
        raise GraphRefusal("FORBIDDEN", _FORBIDDEN)


def demand_writer(call: Call, repository: Repository, needs: str) -> None:
    installation = call.caller.installation
    covered = installation is not None and call.state.covers(installation, repository)
    if not covered or not call.caller.holds(needs):
        raise GraphRefusal("FORBIDDEN", _FORBIDDEN)


def _holds(call: Call, project: Project, level: str) -> bool:
    """A project belongs to an organization, or to a user."""
    kind = "organization" if project.owner in call.state.organizations else "repository"
    return call.caller.holds(f"{kind}_projects:{level}")
