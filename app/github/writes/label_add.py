"""Labels that a pull request gets: set-like, so adding one twice adds it once."""

from collections.abc import Container
from dataclasses import dataclass

from app.github.client import Answer
from app.github.endings import Written
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import OK
from app.permits import Request
from policies.contents import LabelAddContent


@dataclass(frozen=True)
class LabelAddWrite:
    """https://docs.github.com/en/rest/issues/labels#add-labels-to-an-issue"""

    repository_id: int
    content: LabelAddContent

    def request(self) -> Request:
        """All at once, beside those that are there."""
        path = f"/repositories/{self.repository_id}/issues/{self.content.number}/labels"
        return Request("POST", path, {"labels": list(self.content.labels)})

    def ending(self, answer: Answer) -> Written | None:
        """Confirmed by the list of labels that GitHub answers."""
        listed = answer.document if isinstance(answer.document, list) else []
        names = [label["name"] for label in listed if isinstance(label, dict) and isinstance(label.get("name"), str)]
        return self._written(OK, names) if answer.status == OK else None

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """All of them are there, whoever put them there."""
        return self._written(None, reader.labels(place, self.content.number))

    def _written(self, status: int | None, names: list[str]) -> Written | None:
        """GitHub does not mind the case of a label."""
        there = {name.casefold() for name in names}
        missing = [label for label in self.content.labels if label.casefold() not in there]
        return None if missing else Written(status, f"pull:{self.content.number}")
