"""What every shape needs: the state to look things up in, with the addresses to write into the answer."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from app.simulator.frozen import node as node
from app.simulator.records import Repository
from app.simulator.state import State

Json = dict[str, Any]
PAGES_URL = "https://github.test"  # where the pages for people would be


@dataclass(frozen=True)
class View:
    state: State
    url: str  # of the API, no slash at the end

    def api(self, repository: Repository) -> str:
        return f"{self.url}/repos/{repository.full_name}"

    def html(self, repository: Repository) -> str:
        return f"{PAGES_URL}/{repository.full_name}"


def time(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
