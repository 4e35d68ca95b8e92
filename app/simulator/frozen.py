"""What never changes in place, so that a snapshot of the simulated GitHub may share it."""

import base64
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Record:
    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


def node(kind: str, number: int | str) -> str:
    """The id in the graph of what has that number."""
    return base64.b64encode(f"{kind}{number}".encode()).decode()
