"""The secondary limits: so much content in a minute and in an hour, so many requests at once, for each installation."""

import math
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.simulator.answers import Answer, error
from app.simulator.faults import SECONDARY_LIMIT

CONTENT_PER_MINUTE = 80
CONTENT_PER_HOUR = 500
REQUESTS_AT_ONCE = 100
SAYS = ("retry-after", "reset", "nothing")
TOO_MUCH_CONTENT = (
    "You have exceeded a secondary rate limit and have been temporarily blocked from content creation. "
    "Please retry your request again later."
)
_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What is refused, and how: with that status, saying `retry-after`, `reset` or `nothing` of when to ask again."""

    status: int = 403
    says: str = "retry-after"
    per_minute: int = CONTENT_PER_MINUTE
    per_hour: int = CONTENT_PER_HOUR
    at_once: int = REQUESTS_AT_ONCE

    def __post_init__(self) -> None:
        if self.status not in (403, 429) or self.says not in SAYS:
            raise ValueError(f"no such refusal: {self.status} {self.says}")


class Secondary:
    """`who` is the name of a caller, such as `installation 1004`. Requests at once are counted always."""

    def __init__(self) -> None:
        self.rule: Rule | None = None  # None: nothing is refused
        self.most_at_once: dict[str, int] = {}
        self._under_way: Counter[str] = Counter()
        self._content: dict[str, list[datetime]] = defaultdict(list)
        self._lock = threading.Lock()

    @contextmanager
    def under_way(self, who: str) -> Iterator[None]:
        """Around one request."""
        with self._lock:
            self._under_way[who] += 1
            self.most_at_once[who] = max(self.most_at_once.get(who, 0), self._under_way[who])
        try:
            yield
        finally:
            with self._lock:
                self._under_way[who] -= 1

    def refusal(self, who: str, now: datetime, kind: str) -> Answer | None:
        """`kind` is `content` or anything else; content that is not refused counts from now on."""
        if self.rule is None:
            return None
        with self._lock:
            if self._under_way[who] > self.rule.at_once:
                return _refused(self.rule, SECONDARY_LIMIT, now, now + _MINUTE)
            return self._content_refusal(self.rule, who, now) if kind == "content" else None

    def _content_refusal(self, rule: Rule, who: str, now: datetime) -> Answer | None:
        known = self._content[who] = [moment for moment in self._content[who] if now - moment < _HOUR]
        recent = [moment for moment in known if now - moment < _MINUTE]
        for moments, most, length in ((known, rule.per_hour, _HOUR), (recent, rule.per_minute, _MINUTE)):
            if len(moments) >= most:
                return _refused(rule, TOO_MUCH_CONTENT, now, moments[-most] + length)
        known.append(now)
        return None


def _refused(rule: Rule, message: str, now: datetime, again: datetime) -> Answer:
    said = {
        "retry-after": {"retry-after": str(math.ceil((again - now).total_seconds()))},
        "reset": {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(math.ceil(again.timestamp()))},
        "nothing": {},
    }
    return Answer(rule.status, error(rule.status, message).body, said[rule.says])
