"""The deployments of a commit, each with its latest status. Shapes: https://docs.github.com/en/rest/deployments."""

from pydantic import BaseModel, ConfigDict

from app.github.answers import Unavailable
from app.github.asking import Asking, Place
from app.github.documents import OptionalText, Text

MOST_DEPLOYMENTS = 50
"""Each takes a request of its own for its status."""
LONGEST_URL_CHARACTERS = 2_000


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Deployment(_Document):
    """One deployment, of whatever status."""

    id: int
    sha: str
    environment: Text


class DeploymentStatus(_Document):
    """One status of a deployment; ids rise with time."""

    id: int
    state: Text
    target_url: OptionalText = ""

    @property
    def address(self) -> str | None:
        """Where it points, if that is an address of the web."""
        url = self.target_url
        is_web = url.startswith(("https://", "http://")) and url.isprintable() and len(url) <= LONGEST_URL_CHARACTERS
        return url if is_web else None


class DeploymentReader(Asking):
    """All deployments of one commit."""

    def deployments(self, place: Place, sha: str) -> tuple[tuple[Deployment, DeploymentStatus | None], ...]:
        """Each with its newest status, which may be missing; empty where nothing was deployed."""
        found = self._all(place, Deployment, "/deployments", "the deployments", {"sha": sha})
        if len(found) > MOST_DEPLOYMENTS:
            raise Unavailable("EVIDENCE_INCOMPLETE", f"The commit has more than {MOST_DEPLOYMENTS} deployments.")
        return tuple((each, self._newest_status(place, each.id)) for each in found)

    def _newest_status(self, place: Place, deployment_id: int) -> DeploymentStatus | None:
        path = f"/deployments/{deployment_id}/statuses"
        statuses = self._all(place, DeploymentStatus, path, "the statuses of a deployment")
        return max(statuses, key=lambda each: each.id, default=None)
