"""The steps of a script: which request, checkpoint or run each one waits for, and whether it was reached."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.simulator.resources import Place
from tests.conformance.merge_names import Names
from tests.conformance.merge_words import FAULTS, GITHUB_VERBS, Record

EVERY = "every"
FIRST_PAGE = "1"
OF_THE_ITEM = 42


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A request as a scenario speaks of it. `run`: whose it is. `phase`: before or after the first merge PUT."""

    id: int
    method: str
    path: str
    query: Mapping[str, str]
    body: Mapping[str, Any]
    place: Place
    run: str
    phase: str
    at: datetime


def fits(match: Record, asked: Asked, names: Names) -> bool:
    """Whether a request is one of those that `match` means."""
    place, resource = asked.place, match.get("resource", "any")
    if resource not in ("any", place.resource):
        return False
    if place.number is not None and place.number != match.get("number", OF_THE_ITEM):
        return False
    if "number" in match and place.number is None:
        return False
    return _fits_rest(match, asked, names)


def _fits_rest(match: Record, asked: Asked, names: Names) -> bool:
    wanted = {"method": asked.method, "user": asked.place.user, "phase": asked.phase}
    if any(name in match and str(match[name]) != str(value) for name, value in wanted.items()):
        return False
    if "sha" in match and names.shown(asked.place.sha or "") != match["sha"]:
        return False
    if "path" in match and re.search(match["path"], names.shown(asked.path)) is None:
        return False
    query = {"page": FIRST_PAGE, **asked.query}
    return all(query.get(name) == str(value) for name, value in match.get("query", {}).items())


@dataclass(eq=False)
class Step:
    """One step. `met`: how many fitting requests or checkpoints came by; `first_used_at`: by the virtual clock."""

    place: int
    record: Record
    met: int = 0
    reached: bool = False
    first_used_at: datetime | None = field(default=None)

    @property
    def at(self) -> str:
        """Its point."""
        return str(self.record["at"])

    @property
    def verb(self) -> str:
        """What it does."""
        return str(self.record["do"])

    @property
    def run(self) -> str | None:
        """The only run that it is about."""
        return self.record.get("run")

    @property
    def is_fault(self) -> bool:
        """Whether it changes the answer."""
        return self.verb in FAULTS

    @property
    def is_at_github(self) -> bool:
        """Whether it changes GitHub."""
        return self.verb in GITHUB_VERBS

    @property
    def may_stay_away(self) -> bool:
        """A guard against requests that should not come."""
        nth = self.record.get("nth", 1)
        return self.is_fault and (nth == EVERY or int(nth) > 1)

    def meets(self, run: str) -> bool:
        """Count one more that fits, and tell whether it is the one that is meant."""
        if self.run not in (None, run):
            return False
        self.met += 1
        nth = self.record.get("nth", 1)
        return nth == EVERY or self.met == int(nth)

    def use(self, now: datetime) -> bool:
        """Reached; False where its time is over."""
        self.reached = True
        self.first_used_at = self.first_used_at or now
        lasting = self.record.get("for_seconds")
        return lasting is None or (now - self.first_used_at).total_seconds() < lasting

    def shown(self) -> str:
        """For a message."""
        return f"step {self.place} ({self.at}, {self.verb})"
