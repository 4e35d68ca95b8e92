"""Our one comment on a pull request: each request would make another, so it carries our idempotency key."""

from collections.abc import Container
from dataclasses import dataclass

from app.github.client import Answer
from app.github.endings import Written
from app.github.reader import LiveReader, Place
from app.github.writes import marker
from app.github.writes.confirmation import created
from app.permits import Request
from policies.contents import CommentCreateContent


@dataclass(frozen=True)
class CommentCreateWrite:
    """https://docs.github.com/en/rest/issues/comments#create-an-issue-comment"""

    repository_id: int
    content: CommentCreateContent
    key: str

    def request(self) -> Request:
        """The text, and who we are in a line that nobody sees."""
        path = f"/repositories/{self.repository_id}/issues/{self.content.number}/comments"
        return Request("POST", path, {"body": marker.signed(self.content.body, self.key)})

    def ending(self, answer: Answer) -> Written | None:
        """Confirmed by its id."""
        return created(answer)

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """By the marker at its end and our App as its author: anybody can paste the marker."""
        comments = reader.own_comments(place, self.content.number)
        return next((Written(None, str(one.id)) for one in comments if marker.key_of(one.body) == self.key), None)
