"""Messages that arrive at their time, and a sweep every now and then: the clock goes on from one to the next."""

import heapq
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from tasks import names, sweep
from tests.tasks.house import House

MOST_STEPS = 3_000


class Timetable:
    """Takes over the messages of a house. `late_seconds`: by how much each one after the other comes late."""

    def __init__(self, house: House, late_seconds: Iterable[float] = ()) -> None:
        self._house = house
        self._late = iter(late_seconds)
        self._due: list[tuple[datetime, int, str, UUID | None]] = []
        self._steps = 0
        house.context = replace(house.context, send=self.send)

    def send(self, task: str, row_id: UUID | None, seconds: float) -> None:
        at = self._house.clock() + timedelta(seconds=seconds + next(self._late, 0))
        heapq.heappush(self._due, (at, len(self._due) + self._steps * 1_000, task, row_id))

    def run(self, seconds: int) -> None:
        """Whatever is due within so many seconds."""
        end = self._house.clock() + timedelta(seconds=seconds)
        for after in range(0, seconds, self._house.context.settings.sweep_seconds):
            self.send(names.ENQUEUE_DUE, None, after)
        while self._due and self._due[0][0] <= end:
            self._step()
        self._house.clock.now = end

    def _step(self) -> None:
        self._steps += 1
        assert self._steps < MOST_STEPS
        at, _, task, row_id = heapq.heappop(self._due)
        self._house.clock.now = max(self._house.clock.now, at)
        if row_id is None:
            sweep.enqueue_due(self._house.context)
        else:
            self._house.run(task, row_id)
