"""A label that a pull request loses, once."""

import json
from collections.abc import Container
from dataclasses import dataclass
from urllib.parse import quote

from app.github.answers import NOT_FOUND
from app.github.client import Answer
from app.github.endings import Unknown, Written
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import OK
from app.permits import Request
from policies.contents import LabelRemoveContent

ABSENT = "label does not exist"
"""In GitHub's words: Label does not exist."""


@dataclass(frozen=True)
class LabelRemoveWrite:
    """https://docs.github.com/en/rest/issues/labels#remove-a-label-from-an-issue"""

    repository_id: int
    content: LabelRemoveContent

    def request(self) -> Request:
        """The name is one part of the path, whatever characters it has."""
        name = quote(self.content.label, safe="")
        path = f"/repositories/{self.repository_id}/issues/{self.content.number}/labels/{name}"
        return Request("DELETE", path, {})

    def ending(self, answer: Answer) -> Written | Unknown | None:
        """Confirmed by the list of labels that are left. That there is none is what was wanted, where it is true."""
        if answer.status == NOT_FOUND and ABSENT in json.dumps(answer.document).lower():
            return Unknown("GitHub says that the label is not there.")
        done = answer.status == OK and isinstance(answer.document, list)
        return Written(OK, self._remote_id) if done else None

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """It is not there, whoever took it away; GitHub does not mind the case of a label."""
        names = reader.labels(place, self.content.number)
        there = self.content.label.casefold() in {name.casefold() for name in names}
        return None if there else Written(None, self._remote_id)

    @property
    def _remote_id(self) -> str:
        return f"pull:{self.content.number}"
