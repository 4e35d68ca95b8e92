"""Commits, comments and reviews of a pull request, read together by one query, all pages of them, at one head."""

from dataclasses import dataclass, field
from typing import Any

from app.github import queries
from app.github.answers import Unavailable
from app.github.asking import PAGES, Place
from app.github.documents import Pull
from app.github.nodes import Comment, Commit, Edited, PullCommit, Review, TalkNode
from app.github.pull_queries import PullQueries, Sofar

MOST_COMMITS = 249
WHAT = "the commits, comments and reviews"


@dataclass(frozen=True)
class Talk:
    """All of it, oldest first; `body` says who edited the pull request's own text, and when."""

    body: Edited
    commits: tuple[Commit, ...]
    comments: tuple[Comment, ...]
    reviews: tuple[Review, ...]


@dataclass(frozen=True)
class _Reading:
    """The three connections of one pull request, as far as they are read."""

    commits: Sofar[PullCommit] = field(default_factory=Sofar)
    comments: Sofar[Comment] = field(default_factory=Sofar)
    reviews: Sofar[Review] = field(default_factory=Sofar)

    @property
    def more(self) -> bool:
        return self.commits.more or self.comments.more or self.reviews.more

    def and_then(self, page: TalkNode) -> "_Reading":
        return _Reading(
            self.commits.and_then(page.commits),
            self.comments.and_then(page.comments),
            self.reviews.and_then(page.reviews),
        )

    def after(self) -> dict[str, Any]:
        """What to ask for next."""
        return {
            "moreCommits": self.commits.more,
            "commitsAfter": self.commits.after,
            "moreComments": self.comments.more,
            "commentsAfter": self.comments.after,
            "moreReviews": self.reviews.more,
            "reviewsAfter": self.reviews.after,
        }


class TalkReader(PullQueries):
    """One request for each hundred of whichever is longest."""

    def talk(self, place: Place, pull: Pull) -> Talk:
        """Everything at the pull request's head."""
        if pull.commits > MOST_COMMITS:
            raise Unavailable("EVIDENCE_INCOMPLETE", f"GitHub lists no more than {MOST_COMMITS + 1} commits.")
        reading = _Reading()
        for _ in range(PAGES):
            page = self._page_of_pull(place, pull, queries.TALK, after=reading.after(), kind=TalkNode, what=WHAT)
            reading = reading.and_then(page)
            if not reading.more:
                return _whole(pull, page, reading)
        raise Unavailable("EVIDENCE_INCOMPLETE", f"{WHAT} take more than {PAGES} pages.")


def _whole(pull: Pull, page: TalkNode, reading: _Reading) -> Talk:
    """Raise `Unavailable` where the head or a parent is missing: a chain with a gap proves nothing."""
    commits = tuple(node.commit for node in reading.commits.nodes)
    if pull.head.sha not in tuple(commit.oid for commit in commits):
        raise Unavailable("HEAD_MOVED", f"The head {pull.head.sha[:10]} is not among the commits any more.")
    if any(len(commit.parents.nodes) != commit.parents.total_count for commit in commits):
        raise Unavailable("EVIDENCE_INCOMPLETE", "A commit has more parents than are read.")
    return Talk(page, commits, reading.comments.nodes, reading.reviews.nodes)
