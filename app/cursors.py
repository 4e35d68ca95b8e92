"""Where a list goes on: the key of the last row that was shown, as a word that means nothing to who carries it.

A list is ordered by a time and an id, both in one direction, over an index of exactly these; a part of it is read as

    rows = tx.execute("... WHERE (created_at, id) < (%(at)s, %(id)s) ORDER BY created_at DESC, id DESC LIMIT %(most)s",
                      {**after.key(), "most": limit + 1}).fetchall()
    return cursors.part(rows, limit, lambda row: Mark(row["created_at"], row["id"]))

with `after` = `NEWEST` for its beginning (`OLDEST` and `>` where the oldest comes first). At the door `cursors.read`
makes a `Mark` of a word, or raises `ValueError`; `str(mark)` is the word.
"""

import base64
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

PATTERN = r"[A-Za-z0-9_-]{32}"
TIME_BYTES = 8
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

T = TypeVar("T")


@dataclass(frozen=True)
class Mark:
    """A row of a list, by what it is ordered by."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        microseconds = (self.at - EPOCH) // MICROSECOND
        place = microseconds.to_bytes(TIME_BYTES, signed=True) + self.id.bytes
        return base64.urlsafe_b64encode(place).decode()

    def key(self) -> dict[str, Any]:
        """Its values, as a query names them."""
        return {"at": self.at, "id": self.id}


NEWEST = Mark(datetime.max.replace(tzinfo=UTC), UUID(int=2**128 - 1))
"""Before all rows of a list that begins with the newest."""
OLDEST = Mark(datetime.min.replace(tzinfo=UTC), UUID(int=0))
"""Before all rows of a list that begins with the oldest."""


@dataclass(frozen=True)
class Part(Generic[T]):
    """A part of a list; `after`: what the next part is asked for with, None at the end of the list."""

    rows: list[T]
    after: Mark | None

    @property
    def next(self) -> str | None:
        """The word for `after`."""
        return None if self.after is None else str(self.after)


def read(word: str) -> Mark:
    """The mark that a word stands for. Raises `ValueError` for any other word."""
    wrong = "should be what `next` of the part before says"
    if not re.fullmatch(PATTERN, word):
        raise ValueError(wrong)
    place = base64.urlsafe_b64decode(word)
    microseconds = int.from_bytes(place[:TIME_BYTES], signed=True)
    try:
        at = EPOCH + microseconds * MICROSECOND
    except OverflowError:
        raise ValueError(wrong) from None
    return Mark(at, UUID(bytes=place[TIME_BYTES:]))


def part(rows: Sequence[T], limit: int, mark: Callable[[T], Mark]) -> Part[T]:
    """What is shown of `limit` rows and one more, which tells only that the list goes on."""
    shown = list(rows[:limit])
    return Part(shown, mark(shown[-1]) if len(rows) > limit else None)
