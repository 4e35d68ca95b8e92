"""What never changes in place, so that a snapshot of the simulated GitHub may share it."""

from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Record:
    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self
