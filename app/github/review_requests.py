"""Who was asked for a review of a pull request, by whomever, and whose request was taken back."""

from app.github import queries
from app.github.answers import Unavailable
from app.github.asking import PAGES, Place
from app.github.documents import Pull
from app.github.nodes import ReviewRequest, ReviewRequestsNode
from app.github.pull_queries import PullQueries, Sofar

WHAT = "the review requests"


class ReviewRequestReader(PullQueries):
    """GitHub's REST tells of the requests that stand, and only GraphQL of those that were taken back."""

    def review_requests(self, place: Place, pull: Pull) -> tuple[tuple[ReviewRequest, ...], tuple[ReviewRequest, ...]]:
        """Those that stand, and those that somebody removed."""
        requested, removed = Sofar[ReviewRequest](), Sofar[ReviewRequest]()
        for _ in range(PAGES):
            page = self._page_of_pull(
                place,
                pull,
                queries.REVIEW_REQUESTS,
                after=_after(requested, removed),
                kind=ReviewRequestsNode,
                what=WHAT,
            )
            requested, removed = requested.and_then(page.review_requests), removed.and_then(page.timeline_items)
            if not (requested.more or removed.more):
                return requested.nodes, removed.nodes
        raise Unavailable("EVIDENCE_INCOMPLETE", f"{WHAT} take more than {PAGES} pages.")


def _after(requested: Sofar[ReviewRequest], removed: Sofar[ReviewRequest]) -> dict[str, object]:
    return {
        "moreRequested": requested.more,
        "requestedAfter": requested.after,
        "moreRemoved": removed.more,
        "removedAfter": removed.after,
    }
