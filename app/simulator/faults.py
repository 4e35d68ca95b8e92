"""The fault script: which coming request goes wrong, and how."""

import re
import threading
from dataclasses import dataclass, field
from typing import Any

HANG_SECONDS = 30
WORDS = ("hang", "cut", "drop", "stale", "part")
LOST_FIELD = "Something went wrong while executing your query. Please try again."
SECONDARY_LIMIT = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."


@dataclass
class Fault:
    """`what` is a status code, or one word:

    hang   silence until `Faults.release()` or HANG_SECONDS, then the connection is closed
    cut    the head of the answer and half of its body, then the connection is closed
    drop   the connection is closed without an answer
    stale  a read is answered as of before the last change
    part   a GraphQL answer lacks `field` wherever it stands, with an error that says so
    """

    method: str
    pattern: str  # a regular expression found anywhere in the path
    when: str  # before or after the effect
    what: int | str
    times: int
    skip: int  # so many matching requests pass first
    message: str
    headers: dict[str, str] = field(default_factory=dict)
    body: dict[str, Any] | None = None  # in place of GitHub's usual one for that status
    field: str = ""

    def __post_init__(self) -> None:
        if self.when not in ("before", "after") or (isinstance(self.what, str) and self.what not in WORDS):
            raise ValueError(f"no such fault: {self.when} {self.what}")

    def fits(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method == method and re.search(self.pattern, path) is not None


class Faults:
    def __init__(self) -> None:
        self.script: list[Fault] = []
        self._released = threading.Event()
        self._hanging = threading.Semaphore(0)
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        self.script.append(fault)

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that fits this request, used up by one."""
        with self._lock:
            for fault in self.script:
                if fault.fits(method, path):
                    if fault.skip > 0:
                        fault.skip -= 1
                        return None
                    fault.times -= 1
                    return fault
        return None

    def wait(self) -> None:
        self._hanging.release()
        self._released.wait(HANG_SECONDS)

    def until_hanging(self, count: int = 1) -> None:
        """Return once so many more requests hang; TimeoutError where they don't."""
        for _ in range(count):
            if not self._hanging.acquire(timeout=HANG_SECONDS):
                raise TimeoutError("no request hangs")

    def release(self) -> None:
        """Let every hanging request, now and later, go on to its end."""
        self._released.set()

    @property
    def unused(self) -> list[Fault]:
        return [fault for fault in self.script if fault.times > 0]
