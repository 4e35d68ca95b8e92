"""The word of a merge run that has to wait: put off, with no outcome yet."""

from datetime import datetime
from typing import Any


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
