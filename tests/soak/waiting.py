"""Waiting for as long as something goes on: a busy machine may take its time, and one that stands still may not."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import psycopg

STILL_SECONDS = 420.0
"""Work that was under way when its worker died is taken up within two minutes, and tried again some minutes later."""
MOST_SECONDS = 14_400.0
LOOK_SECONDS = 0.5
WATCH_SECONDS = 5.0


class TooLong(Exception):
    """It does not come to an end; the message says how far it is."""


@dataclass
class Patience:
    """`progress`: what differs as soon as anything has come to its end; `story`: what is told where nothing does."""

    progress: Callable[[], Any]
    story: Callable[[], str]
    _seen: Any = None
    _began_at: float = field(default_factory=time.monotonic)
    _moved_at: float = field(default_factory=time.monotonic)
    _looked_at: float = 0.0
    _is_over: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def rounds(self, what: str) -> Iterator[None]:
        """Again and again, for whoever waits for that. Raises `TooLong` where nothing moves any more."""
        while True:
            yield
            time.sleep(LOOK_SECONDS)
            self._look()
            now = time.monotonic()
            if self._is_over or now - self._moved_at > STILL_SECONDS or now - self._began_at > MOST_SECONDS:
                raise TooLong(f"{what} does not end: {self._told()}")

    def until(self, is_over: Callable[[], bool], what: str) -> None:
        """Raises `TooLong`."""
        for _ in self.rounds(what):
            with suppress(psycopg.OperationalError):
                if is_over():
                    return

    @contextmanager
    def ending(self) -> Iterator[None]:
        """Whoever waits in other threads waits no more once something went wrong in this one."""
        try:
            yield
        except BaseException:
            self._is_over = True
            raise

    def _look(self) -> None:
        with self._lock, suppress(psycopg.OperationalError):
            if time.monotonic() - self._looked_at < WATCH_SECONDS:
                return
            self._looked_at = time.monotonic()
            seen = self.progress()
            if seen != self._seen:
                self._seen, self._moved_at = seen, time.monotonic()

    def _told(self) -> str:
        with suppress(psycopg.OperationalError):
            return self.story()
        return "Postgres does not answer"
