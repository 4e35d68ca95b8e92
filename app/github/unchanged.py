"""The newest answer of each resource with its ETag, so that asking again for what is unchanged costs a 304."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

from cachetools import LRUCache

from app.github.client import PER_PAGE, Answer
from app.github.paging import next_page

MOST_BYTES = 16 * 2**20
LARGEST_ANSWER_BYTES = 2**20
OVERHEAD_BYTES = 1024
"""What an entry takes besides its text."""

Question = tuple[int | None, str, tuple[tuple[str, str], ...]]
"""Installation, path and parameters: what another installation may see is another answer."""


@dataclass(frozen=True)
class Known:
    """One answer, as text: its document is read anew for each who asks, so nobody can change another's."""

    etag: str
    answer: Answer

    def again(self) -> Answer:
        """The answer, whole. Only GitHub's 304 says that it still holds."""
        return replace(self.answer, document=json.loads(self.answer.text))


class Unchanged:
    """Bounded in bytes, the least recently used goes first; shared by all threads of a process."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._known: LRUCache[Question, Known] = LRUCache(most_bytes, getsizeof=_size)
        self._lock = Lock()

    def find(self, question: Question) -> Known | None:
        """What was answered last, to be asked whether it still holds; never to be used without asking."""
        with self._lock:
            return self._known.get(question)

    def keep(self, question: Question, answer: Answer) -> None:
        """Remember an answer that has an ETag and a body of moderate size."""
        etag = answer.headers.get("etag")
        if not etag or answer.document is None or len(answer.text) > LARGEST_ANSWER_BYTES or _may_get_a_next(answer):
            return
        headers = {name: answer.headers[name] for name in ("etag", "link") if name in answer.headers}
        with self._lock:
            self._known[question] = Known(etag, replace(answer, headers=headers, document=None))


class NothingKept(Unchanged):
    """Knows no answer, so that each question is asked for the whole one."""

    def find(self, question: Question) -> None:
        """Nothing is known."""

    def keep(self, question: Question, answer: Answer) -> None:
        """Nothing is remembered."""


def question(installation_id: int | None, path: str, parameters: Mapping[str, object]) -> Question:
    """What is asked, in a form that can be looked up."""
    return installation_id, path, tuple(sorted((name, str(value)) for name, value in parameters.items()))


def _may_get_a_next(answer: Answer) -> bool:
    """A full last page stays word for word what it was when another page follows it, so its 304 would hide that."""
    rows = answer.document
    return isinstance(rows, list) and len(rows) >= PER_PAGE and next_page(answer) is None


def _size(known: Known) -> int:
    return sys.getsizeof(known.answer.text) + OVERHEAD_BYTES
