"""Title and text of a pull request; whether it is open, and into which branch it goes, is never touched."""

from collections.abc import Container
from dataclasses import dataclass

from app.github.client import Answer
from app.github.endings import Written
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import OK, read
from app.permits import Request
from policies.contents import PullRequestUpdateContent


@dataclass(frozen=True)
class PullRequestUpdateWrite:
    """https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request"""

    repository_id: int
    content: PullRequestUpdateContent

    def request(self) -> Request:
        """Both, since what was approved is both."""
        wanted = self.content
        path = f"/repositories/{self.repository_id}/pulls/{wanted.number}"
        return Request("PATCH", path, {"title": wanted.title, "body": wanted.body})

    def ending(self, answer: Answer) -> Written | None:
        """Confirmed by its number."""
        number = self.content.number
        return Written(OK, str(number)) if answer.status == OK and read(answer).get("number") == number else None

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """By what the pull request says now."""
        pull = reader.pull(place, self.content.number)
        wanted = (self.content.title, self.content.body)
        same = pull is not None and (pull.title, pull.body) == wanted
        return Written(None, str(self.content.number)) if same else None
