"""The word of a merge run that has to wait: put off, with no outcome yet."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from app.github.answers import NOT_FOUND, Unavailable
from tasks.context import Context

POLL_SECONDS = (5, 10, 15)
"""When GitHub is asked again whether it can be merged, while it works on that."""
READ_AGAIN_SECONDS = (2, 5)
"""When all is read again after GitHub failed in the middle of it."""
SLOT_SECONDS = 2
"""A wait this short is for one of our own places at GitHub, and no limit of GitHub's: the run goes on after it."""


class Later(Exception):
    """The run goes on at `due_at`; the message is one sentence.

    `memory`: what it has to know again then; None leaves that as it is. `holds_base`: nobody else may merge into the
    base branch meanwhile, since it is not known what has become of it.
    """

    def __init__(
        self, due_at: datetime, sentence: str, memory: dict[str, Any] | None = None, *, holds_base: bool = False
    ) -> None:
        super().__init__(sentence)
        self.due_at = due_at
        self.sentence = sentence
        self.memory = memory
        self.holds_base = holds_base


def for_a_slot(context: Context, not_before: datetime | None) -> None:
    """Raises `Later` where all that is missing is a place for one more request."""
    if not_before is not None and not_before - context.clock() <= timedelta(seconds=SLOT_SECONDS):
        raise Later(not_before, "All places for requests to GitHub are taken.")


def for_mergeability(context: Context, memory: Mapping[str, Any]) -> None:
    """Raises `Later` while there are readings left that may show whether it can be merged."""
    _while_left(context, memory, "polls", POLL_SECONDS, "GitHub works out whether it can be merged.")


def to_read_again(context: Context, memory: Mapping[str, Any], trouble: Unavailable) -> None:
    """Raises `Later` where GitHub may have failed for a moment only, a few times."""
    if trouble.code == "GITHUB_API_ERROR" and trouble.status != NOT_FOUND:
        _while_left(context, memory, "readings", READ_AGAIN_SECONDS, trouble.sentence)


def _while_left(
    context: Context, memory: Mapping[str, Any], what: str, seconds: tuple[int, ...], sentence: str
) -> None:
    """`memory`: of the run, which counts how often it has waited for what."""
    before = int(memory.get(what, 0))
    if before < len(seconds):
        due = context.clock() + timedelta(seconds=seconds[before])
        raise Later(due, sentence, {**memory, what: before + 1})
