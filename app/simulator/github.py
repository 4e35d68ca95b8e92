"""The simulated GitHub: state and verbs, with the script of its faults and the journal of what was written to it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Self

from app.simulator import pace
from app.simulator.deploying import Deploying
from app.simulator.echoes import Done
from app.simulator.faults import LOST_FIELD, SECONDARY_LIMIT, Fault, Faults
from app.simulator.journal import Asked, Expectation, Journal, Write
from app.simulator.limits import Limits
from app.simulator.records import Installation
from app.simulator.scripting import Script
from app.simulator.secondary import Rule, Secondary
from app.simulator.tokens import Tokens
from app.simulator.world import real_time


class GitHub(Deploying):
    def __init__(self, clock: Callable[[], datetime] = real_time) -> None:
        super().__init__(clock)
        self.tokens = Tokens()
        self.limits = Limits()
        self.secondary = Secondary()
        self.faults = Faults()
        self.journal = Journal()
        self.requests: list[Asked] = []  # all of them, oldest first
        self.unknown_requests: list[str] = []
        self.open_requests: list[str] = []  # not answered yet, or never: the simulator itself broke
        self.redeliverer: Callable[[int], None] = _nobody_redelivers
        self.echo: Callable[[Done], None] | None = None  # told of each write through the API
        self.script: Script | None = None  # watches every request, and may have a say in it

    @property
    def verbs(self) -> Self:
        return self

    def fault(
        self,
        method: str,
        pattern: str,
        what: int | str,
        *,
        when: str = "before",
        times: int = 1,
        skip: int = 0,
        message: str = "Server Error",
        headers: dict[str, str] | None = None,
    ) -> None:
        """Let the next `times` requests go wrong that fit method and path pattern (see `faults.Fault`).

        A mutation is fitted by its name as well: its path reads `/graphql updateProjectV2ItemFieldValue`.
        """
        self.faults.add(Fault(method, pattern, when, what, times, skip, message, headers or {}))

    def fail_query(self, kind: str | None, message: str, *, times: int = 1, skip: int = 0) -> None:
        """The next GraphQL queries are answered with HTTP 200 and one error of that `type`, without data."""
        body = {"data": None, "errors": [{**({"type": kind} if kind else {}), "message": message}]}
        self.faults.add(Fault("POST", "^/graphql$", "before", 200, times, skip, message, body=body))

    def fail_mutation(self, name: str, kind: str, message: str, *, times: int = 1, skip: int = 0) -> None:
        """The next such mutations are refused with HTTP 200 and one error of that `type`; nothing changes."""
        body = {"data": {name: None}, "errors": [{"type": kind, "path": [name], "message": message}]}
        self.faults.add(Fault("POST", f"^/graphql {name}$", "before", 200, times, skip, message, body=body))

    def lose_field(self, name: str, *, times: int = 1, skip: int = 0) -> None:
        """The next GraphQL answers have null in place of that field, and an error beside the rest of the data."""
        self.faults.add(Fault("POST", "^/graphql$", "before", "part", times, skip, LOST_FIELD, field=name))

    def limit_secondary(self, method: str, pattern: str, *, status: int = 403, retry_after: int | None = None) -> None:
        """The next such request hits a secondary limit, with or without a Retry-After (in seconds)."""
        headers = {} if retry_after is None else {"retry-after": str(retry_after)}
        self.fault(method, pattern, status, message=SECONDARY_LIMIT, headers=headers)

    def exhaust(self, installation: Installation, resource: str = "core") -> None:
        """Use up the primary limit of that installation, for REST (`core`) or for GraphQL (`graphql`)."""
        self.limits.exhaust(installation.id, self.now(), resource)

    def enforce(self, **rule: Any) -> None:
        """Refuse from now on what exceeds the secondary limits; `rule` is a `secondary.Rule`."""
        self.secondary.rule = Rule(**rule)

    def most_at_once(self, installation: Installation) -> int:
        """The most requests of that installation that were under way together."""
        return self.secondary.most_at_once.get(f"installation {installation.id}", 0)

    def most_writes(self, seconds: int, kind: str = "content") -> int:
        """The most that one installation asked for in any so many seconds; `kind` is as in `pace.fits`."""
        return pace.most_within(self.journal.writes, kind, seconds)

    def closest_writes(self, kind: str = "all") -> float | None:
        """The fewest seconds between two writes of one installation."""
        return pace.closest(self.journal.writes, kind)

    def expect(self, method: str, pattern: str, *, times: int = 1, **body: Any) -> None:
        """Declare that so many requests to write will come, with these values in the body."""
        self.journal.expected.append(Expectation(method, pattern, times, body))

    def writes(self, pattern: str = "/statuses/") -> list[Write]:
        """The writes asked for so far at such a path, oldest first."""
        return [write for write in self.journal.writes if pattern in write.path]

    def finish(self) -> None:
        """Raise AssertionError for an unknown request, a broken one, an unexpected write or a missing one."""
        unknown = [f"unknown request: {request}" for request in self.unknown_requests]
        broken = [f"the simulator broke at: {request}" for request in self.open_requests]
        found = unknown + broken + self.journal.faults()
        if found:
            raise AssertionError("\n".join(found))

    def redeliver(self, sent_id: int) -> None:
        self.redeliverer(sent_id)


def _nobody_redelivers(sent_id: int) -> None:
    raise LookupError(f"delivery {sent_id} can't be sent again: no Hooks stand at this GitHub")
