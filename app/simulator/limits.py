"""The primary rate limits: a budget per hour for REST and one for GraphQL, shared by all tokens of an installation."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.simulator.answers import Answer, error
from app.simulator.auth import Caller
from app.simulator.shapes.view import Json

REQUESTS_PER_HOUR = 5000
WINDOW_SECONDS = 3600
ENTRIES_PER_TREE = 100_000  # what is beyond is left out, and the answer says so


def rate_limited(message: str) -> Json:
    """GraphQL's answer when no points are left; its HTTP status is 200."""
    return {"errors": [{"type": "RATE_LIMIT", "code": "graphql_rate_limit", "message": message}]}


@dataclass
class Budget:
    limit: int
    used: int
    resets_at: datetime

    @property
    def remaining(self) -> int:
        return max(0, self.limit - self.used)


class Limits:
    def __init__(self, requests_per_hour: int = REQUESTS_PER_HOUR) -> None:
        self.requests_per_hour = requests_per_hour
        self.tree_entries = ENTRIES_PER_TREE
        self._budgets: dict[tuple[str, str], Budget] = {}

    def budget(self, caller: Caller, now: datetime, resource: str = "core") -> Budget:
        """`resource` is core or graphql."""
        return self._current(caller.name, now, resource)

    def exhaust(self, installation_id: int, now: datetime, resource: str = "core") -> Budget:
        """Nothing is left for that installation until its window ends."""
        budget = self._current(f"installation {installation_id}", now, resource)
        budget.used = budget.limit
        return budget

    def refusal(self, caller: Caller, now: datetime, resource: str = "core") -> Answer | None:
        if self.budget(caller, now, resource).remaining > 0:
            return None
        if resource == "graphql":
            return Answer(200, rate_limited(f"API rate limit already exceeded for {caller.name}."))
        return error(403, f"API rate limit exceeded for {caller.name}.")

    def headers(self, caller: Caller, now: datetime, resource: str = "core") -> dict[str, str]:
        budget = self.budget(caller, now, resource)
        return {
            "x-ratelimit-limit": str(budget.limit),
            "x-ratelimit-remaining": str(budget.remaining),
            "x-ratelimit-used": str(budget.used),
            "x-ratelimit-reset": str(int(budget.resets_at.timestamp())),
            "x-ratelimit-resource": resource,
        }

    def _current(self, name: str, now: datetime, resource: str) -> Budget:
        budget = self._budgets.get((name, resource))
        if budget is None or now >= budget.resets_at:
            budget = Budget(self.requests_per_hour, 0, now + timedelta(seconds=WINDOW_SECONDS))
            self._budgets[(name, resource)] = budget
        return budget
