"""The dismissal of a review: a state that a review can take once."""

import json
from collections.abc import Container
from dataclasses import dataclass

from app.github.client import Answer
from app.github.documents import GHOST, Review
from app.github.endings import Refused, Unknown, Written
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import changed
from app.permits import Request
from policies.contents import OUR_APP, ReviewDismissContent

UNPROCESSABLE = 422
DISMISSED = "DISMISSED"
TWICE = "dismiss a dismissed"
"""In GitHub's words: Can not dismiss a dismissed pull request review."""


@dataclass(frozen=True)
class ReviewDismissWrite:
    """https://docs.github.com/en/rest/pulls/reviews#dismiss-a-review-for-a-pull-request"""

    repository_id: int
    content: ReviewDismissContent

    def request(self) -> Request:
        """The review is addressed by its own id."""
        wanted = self.content
        path = f"/repositories/{self.repository_id}/pulls/{wanted.number}/reviews/{wanted.review_id}/dismissals"
        return Request("PUT", path, {"message": wanted.message, "event": "DISMISS"})

    def obstacle(self, reader: LiveReader, place: Place) -> Refused | None:
        """It is the review of whom the wish says: that is what an operator has approved.

        Of one that is not shown (yet) the answer to the request itself tells.
        """
        wanted = self.content
        review = reader.review(place, wanted.number, wanted.review_id)
        if review is None:
            return None
        author, said = _author(review), reader.bot_login() if wanted.login == OUR_APP else wanted.login
        if author.casefold() == said.casefold():
            return None
        return Refused(None, "REVIEW_OF_ANOTHER", f"The review {wanted.review_id} is {author}'s, and not {said}'s.")

    def ending(self, answer: Answer) -> Written | Unknown | None:
        """A second dismissal is answered 422; whether the first one is there, only the review itself tells."""
        if answer.status == UNPROCESSABLE and TWICE in json.dumps(answer.document).lower():
            return Unknown("GitHub says that the review is dismissed already.")
        return changed(answer)

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """The review itself says it, whoever dismissed it."""
        review = reader.review(place, self.content.number, self.content.review_id)
        return Written(None, str(review.id)) if review is not None and review.state.upper() == DISMISSED else None


def _author(review: Review) -> str:
    return GHOST if review.user is None else review.user.login
