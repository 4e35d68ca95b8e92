"""The word of a merge run that has to wait: put off, with no outcome yet."""

from datetime import datetime, timedelta
from typing import Any

from tasks.context import Context

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
