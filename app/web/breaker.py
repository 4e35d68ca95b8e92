"""A circuit breaker: after a first failure all fail at once, but one at a time, which may find that it works again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Broken(Exception):
    """Something failed a moment ago, and another request is finding out whether it still does."""


class Breaker:
    """Open after a failure, closed by a success. While it is open, one request at a time goes through as a probe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = False
        self._probing = False

    @contextmanager
    def guarded(self, *failures: type[Exception]) -> Iterator[None]:
        """Run the block, and open if it raises one of `failures`. Raises `Broken` instead of running it while open."""
        probing = self._enter()
        try:
            yield
            self._open = False
        except failures:
            self._open = True
            raise
        finally:
            if probing:
                self._probing = False

    def _enter(self) -> bool:
        with self._lock:
            if not self._open:
                return False
            if self._probing:
                raise Broken
            self._probing = True
            return True
