"""The one clock of a scenario: it moves only when it is told to, and does on its way what is due."""

import heapq
import itertools
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

BEGINNING = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Clock:
    """`passed` is told of every move, in seconds."""

    def __init__(self, passed: Callable[[float], None] = lambda seconds: None) -> None:
        self.now = BEGINNING
        self._passed = passed
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._lock = threading.RLock()

    def __call__(self) -> datetime:
        return self.now

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Do that when the clock gets there."""
        with self._lock:
            heapq.heappush(self._due, (moment, next(self._order), action))

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Do that so many seconds from now."""
        self.at(self.now + timedelta(seconds=seconds), action)

    def forward(self, seconds: float) -> None:
        """Let so many seconds pass."""
        self.forward_to(self.now + timedelta(seconds=seconds))

    def forward_to(self, moment: datetime) -> None:
        """Let the time pass until then; what is due meanwhile is done at its moment. Never backwards."""
        with self._lock:
            while self._due and self._due[0][0] <= moment:
                due, _, action = heapq.heappop(self._due)
                self._move(due)
                action()
            self._move(moment)

    def _move(self, moment: datetime) -> None:
        seconds = (moment - self.now).total_seconds()
        if seconds > 0:
            self.now = moment
            self._passed(seconds)
