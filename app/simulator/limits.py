"""The primary rate limit: a budget of requests per hour, shared by all tokens of an installation."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.simulator.answers import Answer, error
from app.simulator.auth import Caller

REQUESTS_PER_HOUR = 5000
WINDOW_SECONDS = 3600


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
        self._budgets: dict[str, Budget] = {}

    def budget(self, caller: Caller, now: datetime) -> Budget:
        return self._current(caller.name, now)

    def exhaust(self, installation_id: int, now: datetime) -> Budget:
        """Nothing is left for that installation until its window ends."""
        budget = self._current(f"installation {installation_id}", now)
        budget.used = budget.limit
        return budget

    def refusal(self, caller: Caller, now: datetime) -> Answer | None:
        if self.budget(caller, now).remaining > 0:
            return None
        return error(403, f"API rate limit exceeded for {caller.name}.")

    def headers(self, caller: Caller, now: datetime) -> dict[str, str]:
        budget = self.budget(caller, now)
        return {
            "x-ratelimit-limit": str(budget.limit),
            "x-ratelimit-remaining": str(budget.remaining),
            "x-ratelimit-used": str(budget.used),
            "x-ratelimit-reset": str(int(budget.resets_at.timestamp())),
            "x-ratelimit-resource": "core",
        }

    def _current(self, name: str, now: datetime) -> Budget:
        budget = self._budgets.get(name)
        if budget is None or now >= budget.resets_at:
            budget = Budget(self.requests_per_hour, 0, now + timedelta(seconds=WINDOW_SECONDS))
            self._budgets[name] = budget
        return budget
