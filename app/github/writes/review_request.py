"""A request for reviews: set-like, so asking twice asks once."""

from collections.abc import Container
from dataclasses import dataclass

from app.github.client import Answer
from app.github.endings import Written
from app.github.reader import LiveReader, Place
from app.github.writes.confirmation import created
from app.permits import Request
from policies.contents import ReviewRequestContent


@dataclass(frozen=True)
class ReviewRequestWrite:
    """https://docs.github.com/en/rest/pulls/review-requests"""

    repository_id: int
    content: ReviewRequestContent

    def request(self) -> Request:
        """Users and teams at once; GitHub refuses all of them where one may not be asked."""
        wanted = self.content
        body = {"reviewers": list(wanted.users), "team_reviewers": list(wanted.teams)}
        return Request("POST", f"/repositories/{self.repository_id}/pulls/{wanted.number}/requested_reviewers", body)

    def ending(self, answer: Answer) -> Written | None:
        """Confirmed by the pull request's id."""
        return created(answer)

    def find(self, reader: LiveReader, place: Place, known: Container[str]) -> Written | None:
        """Everybody is on the list of those asked, or has reviewed the head since, which takes them off it."""
        wanted = self.content
        asked = reader.requested_reviewers(place, wanted.number)
        reviews = reader.reviews(place, wanted.number)
        seen = {user.login for user in asked.users}
        seen |= {review.user.login for review in reviews if review.user and review.commit_id == wanted.head_sha}
        there = seen.issuperset(wanted.users) and {team.slug for team in asked.teams}.issuperset(wanted.teams)
        return Written(None, f"pull:{wanted.number}") if there else None
