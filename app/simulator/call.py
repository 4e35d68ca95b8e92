"""One request as the routes see it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from app.simulator.answers import Answer, Listing, Refusal
from app.simulator.auth import Caller
from app.simulator.deploying import Deploying
from app.simulator.limits import Limits
from app.simulator.records import App, Pull, Repository
from app.simulator.shapes.view import Json, View
from app.simulator.state import State
from app.simulator.tokens import Tokens


class Simulated(Protocol):
    """The parts of the simulated GitHub that routes may touch."""

    @property
    def verbs(self) -> Deploying: ...

    @property
    def tokens(self) -> Tokens: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def unknown_requests(self) -> list[str]: ...

    def redeliver(self, sent_id: int) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Call:
    github: Simulated
    view: View  # of the state now, or of the one before the last change when the read is to be stale
    caller: Caller
    query: dict[str, str]
    body: Json
    found: Repository | None = None

    @property
    def state(self) -> State:
        return self.view.state

    @property
    def repository(self) -> Repository:
        if self.found is None:
            raise Refusal(404, "Not Found")
        return self.found

    @property
    def filled(self) -> Repository:
        """The repository, which must have a commit."""
        if not self.repository.commits:
            raise Refusal(409, "Git Repository is empty.")
        return self.repository

    @property
    def app(self) -> App:
        """Whose installation is calling."""
        if self.caller.installation is None:
            raise Refusal(403, "Resource not accessible by integration")
        return self.state.apps[self.caller.installation.app_id]

    @property
    def bot(self) -> str:
        """Login of the author of what the installation writes."""
        return self.state.bot(self.app.id).login

    def pull(self, number: int) -> Pull:
        pull = self.repository.pulls.get(number)
        if pull is None:
            raise Refusal(404, "Not Found")
        return pull


Handler = Callable[..., Answer | Listing]  # takes the `Call`, with the variable parts of the path by name
