"""An approving review: each request would add another, so it carries our idempotency key, and the commit it is of."""

from collections.abc import Container
from dataclasses import dataclass

from app.github.client import Answer
from app.github.endings import Written
from app.github.reader import LiveReader, Place
from app.github.writes import marker
from app.github.writes.confirmation import changed, read
from app.permits import Request
from policies.contents import ReviewApproveContent

APPROVED, DISMISSED = "APPROVED", "DISMISSED"


@dataclass(frozen=True)
class ReviewApproveWrite:
    """https://docs.github.com/en/rest/pulls/reviews#create-a-review-for-a-pull-request"""

    repository_id: int
    content: ReviewApproveContent
    key: str

    def request(self) -> Request:
        """Of exactly this commit, whatever the head is when it arrives."""
        wanted = self.content
        body = {"commit_id": wanted.head_sha, "event": "APPROVE", "body": marker.signed(wanted.body, self.key)}
        return Request("POST", f"/repositories/{self.repository_id}/pulls/{wanted.number}/reviews", body)

    def ending(self, answer: Answer) -> Written | None:
        """200, not 201, with its id: https://docs.github.com/en/rest/pulls/reviews; and it approves this commit."""
        document = read(answer)
        shown = (str(document.get("state")).upper(), document.get("commit_id"))
        return changed(answer) if shown == (APPROVED, self.content.head_sha) else None

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """By our App as its author, its commit and the marker at its end; one that was dismissed since was written."""
        login = reader.bot_login()
        for review in reader.reviews(place, self.content.number):
            ours = review.user is not None and review.user.login == login and marker.key_of(review.body) == self.key
            stands = review.state.upper() in (APPROVED, DISMISSED) and review.commit_id == self.content.head_sha
            if ours and stands:
                return Written(None, str(review.id))
        return None
