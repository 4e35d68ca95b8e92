"""What was asked of GitHub: every request, and the writes held against those that a test expects."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.simulator.shapes.view import Json


@dataclass(frozen=True)
class Asked:
    """One request of any kind, in the order of the answers."""

    method: str
    path: str  # as in `Write`
    status: int  # what was answered, 304 for what has not changed; 0: no answer
    query: dict[str, str]


@dataclass(frozen=True)
class Write:
    method: str
    path: str  # always /repos/{owner}/{name}/..., also where the request named the repository by id
    body: Json
    auth: str  # who asked: `installation 1004`, `app 1002` or `nobody`
    at: datetime  # when it came
    effect: str  # yes or no
    status: int  # what was answered; 0: no answer
    message: str = ""  # of the answer


@dataclass
class Expectation:
    method: str
    pattern: str  # a regular expression found anywhere in the path
    times: int
    body: dict[str, Any] = field(default_factory=dict)  # these keys with these values, others don't matter

    def fits(self, write: Write) -> bool:
        if self.method != write.method or re.search(self.pattern, write.path) is None:
            return False
        return all(write.body.get(key) == value for key, value in self.body.items())


class Journal:
    """Requests for installation tokens are kept but need no expectation."""

    def __init__(self) -> None:
        self.writes: list[Write] = []
        self.expected: list[Expectation] = []

    def faults(self) -> list[str]:
        """One sentence for each write too many or too few; empty when all is as expected."""
        left = [w for w in self.writes if not w.path.endswith("/access_tokens")]
        missing = []
        for expectation in self.expected:
            fitting = [w for w in left if expectation.fits(w)][: expectation.times]
            left = [w for w in left if not any(w is taken for taken in fitting)]
            if len(fitting) < expectation.times:
                missing.append(f"expected {expectation.times} of {expectation}, saw {len(fitting)}")
        return missing + [f"unexpected write: {write}" for write in left]
