"""A simulated GitHub with one repository, and our App on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from app import permits, simulator
from app.github import documents, egress
from app.github.answers import utc_now
from app.github.client import Answer, App
from app.github.reader import LiveReader, Place
from app.governor import Governor
from app.permits import Permit, Request
from app.simulator.keys import key_pair
from tests.tasks.house import forget_clients

REPOSITORY = "acme/widget"


class Ground:
    """A simulated GitHub with one repository, and our App on it."""

    def __init__(self, redis_url: str) -> None:
        self.github = simulator.GitHub()
        self.github.add_repository(REPOSITORY, collaborators={"alice": "maintain", "bob": "write"})
        self.installation = self.github.install(self.github.add_app(), "acme")
        self.place = Place(self.installation.id, self.github.state.repository(REPOSITORY).id)
        self.head = self.github.push(REPOSITORY, "feature", {"a": "1"}, by="bob").sha
        self.github.open_pull(REPOSITORY, "feature", by="bob")
        self.governor = Governor(
            redis_url,
            evaluations_per_minute=100,
            write_spacing_seconds=0,
            notifying_spacing_seconds=0,
            request_seconds=12,
        )
        self.app = self.at("")

    def at(self, api_url: str) -> App:
        """Our App where the API is."""
        return App(api_url, self.installation.app_id, key_pair().private, self.governor, utc_now)

    @property
    def path(self) -> str:
        return f"/repositories/{self.place.repository_id}/statuses/{self.head}"

    def post(self) -> Answer:
        body = {"state": "success", "context": "c", "description": "d", "target_url": "https://g.example"}
        permit = Permit(permits._SEAL, uuid4(), "status", Request("POST", self.path, body))
        with egress.holding(permit):
            return self.app.client(self.installation.id).request("POST", self.path, body=body, pace="quiet")

    def pull(self) -> documents.Pull:
        """The pull request as GitHub shows it now."""
        found = LiveReader(self.app).pull(self.place, 1)
        assert found is not None
        return found


@contextmanager
def standing(redis_url: str) -> Iterator[Ground]:
    made = Ground(redis_url)
    forget_clients()
    with simulator.serve(made.github) as url:
        made.app = made.at(url)
        yield made
