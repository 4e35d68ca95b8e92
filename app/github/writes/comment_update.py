"""What our one comment says from now on; nobody else's comment is ever changed."""

from collections.abc import Container
from dataclasses import dataclass

from app.github.answers import NOT_FOUND
from app.github.client import Answer
from app.github.endings import Refused, Written
from app.github.reader import LiveReader, Place
from app.github.writes import marker
from app.github.writes.confirmation import changed
from app.permits import Request
from policies.contents import CommentUpdateContent


@dataclass(frozen=True)
class CommentUpdateWrite:
    """https://docs.github.com/en/rest/issues/comments#update-an-issue-comment"""

    repository_id: int
    content: CommentUpdateContent
    key: str

    def request(self) -> Request:
        """The comment is addressed by its own id."""
        path = f"/repositories/{self.repository_id}/issues/comments/{self.content.comment_id}"
        return Request("PATCH", path, {"body": marker.signed(self.content.body, self.key)})

    def obstacle(self, reader: LiveReader, place: Place) -> Refused | None:
        """An App may change anybody's comment, so whose it is and where it stands is read first."""
        wanted = self.content
        comment = reader.comment(place, wanted.comment_id)
        if comment is None:
            return Refused(NOT_FOUND, "COMMENT_GONE", f"The comment {wanted.comment_id} is not there any more.")
        if comment.number == wanted.number and marker.key_of(comment.body) and reader.is_ours(comment):
            return None
        said = f"The comment {wanted.comment_id} is not the one that was written here on #{wanted.number}."
        return Refused(None, "COMMENT_NOT_OURS", said)

    def ending(self, answer: Answer) -> Written | None:
        """Confirmed by its id."""
        return changed(answer)

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """The comment ends with this write's marker."""
        comment = reader.comment(place, self.content.comment_id)
        ours = comment is not None and reader.is_ours(comment) and marker.key_of(comment.body) == self.key
        return Written(None, str(self.content.comment_id)) if ours else None
