"""Waiting for an answer that others are at: a few requests at once, none of them with a connection in its hand."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

MOST_WAITING = 2
THREADS_OF_OTHERS = 6
"""Of each process: who waits has a thread, and the receiver, pages and other requests need some, too."""
POLL_SECONDS = 0.5

T = TypeVar("T")


class Waiting:
    """The places of those who wait, none where `threads` are few; `pause` sleeps for so many seconds."""

    def __init__(self, threads: int, pause: Callable[[float], None] = time.sleep) -> None:
        places = min(MOST_WAITING, max(0, threads - THREADS_OF_OTHERS))
        self._places, self._pause = threading.BoundedSemaphore(places), pause

    def until(self, look: Callable[[], T | None], seconds: int) -> T | None:
        """What `look` finds within so many seconds; None where it finds nothing, or no place is free."""
        if not self._places.acquire(blocking=False):
            return None
        try:
            return self._look(look, seconds)
        finally:
            self._places.release()

    def _look(self, look: Callable[[], T | None], seconds: int) -> T | None:
        for _ in range(int(seconds / POLL_SECONDS)):
            if (found := look()) is not None:
                return found
            self._pause(POLL_SECONDS)
        return look()
