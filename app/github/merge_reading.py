"""Read what a merge depends on: the pull request with its mergeability, its reviewers, its repository, its commits."""

from copy import copy
from typing import Self
from urllib.parse import quote

from app.github import queries
from app.github.answers import NOT_FOUND, Unavailable
from app.github.asking import NO_CONTENT, Asking, Place
from app.github.merge_documents import (
    CommitAuthors,
    GrantedPermission,
    MergeCommit,
    MergePull,
    MergeRepository,
    MergeReview,
    ReviewDecisionNode,
)
from app.github.pull_queries import PullQueries
from app.github.unchanged import NothingKept

NOBODY = GrantedPermission(permission="none", role_name="none")


class Afresh(Asking):
    """Reads for a final decision: a cache on the way may say "unchanged" of what is not, so it is never asked that."""

    def afresh(self) -> Self:
        """The same reader, which asks for everything whole."""
        fresh = copy(self)
        fresh._unchanged = NothingKept()
        return fresh

    def unbounded(self) -> Self:
        """The same reader, which asks also while Redis can't say what GitHub's limits allow: a write was made, and what
        came of it is worth the few readings.
        """
        reader = self.afresh()
        reader._needs_limits = False
        return reader


class MergeReader(PullQueries, Afresh):
    """One request each but for the reviews, which come in pages."""

    def merge_pull(self, place: Place, number: int) -> MergePull | None:
        """The pull request; asking for it starts GitHub's work on whether it can be merged."""
        return self._one(place, MergePull, f"/pulls/{number}", "the pull request")

    def merge_repository(self, place: Place) -> MergeRepository | None:
        """The repository, None where it is gone or hidden from us."""
        return self._one(place, MergeRepository, "", "the repository")

    def has_issue(self, place: Place, number: int) -> bool:
        """Whether there is an issue of that number, which a pull request is too."""
        return self._ask(place, f"/issues/{number}", f"the issue #{number}", {}).status != NOT_FOUND

    def merge_reviews(self, place: Place, number: int) -> tuple[MergeReview, ...]:
        """All reviews, oldest first."""
        return self._all(place, MergeReview, f"/pulls/{number}/reviews", "the reviews")

    def permission_of(self, place: Place, login: str, user_id: int) -> GrantedPermission:
        """What somebody may do here now; `none` for a stranger. `user_id`: whom we mean by that login."""
        path = f"/collaborators/{quote(login, safe='')}/permission"
        found = self._one(place, GrantedPermission, path, f"the permission of {login}")
        if found is None:
            return NOBODY
        if found.user is None:
            raise Unavailable("GITHUB_API_ERROR", f"GitHub does not say whose permission it shows for {login}.")
        if found.user.id != user_id:
            raise Unavailable("GITHUB_API_ERROR", f"{login} is somebody else by now; the reviews were read too early.")
        return found

    def review_decision(self, place: Place, pull: MergePull) -> ReviewDecisionNode:
        """What GitHub itself makes of the reviews, which only GraphQL tells."""
        kind, what = ReviewDecisionNode, "GitHub's review decision"
        return self._page_of_pull(place, pull, queries.REVIEW_DECISION, after={}, kind=kind, what=what)

    def is_merged(self, place: Place, number: int) -> bool:
        """Whether it was merged: 204 says yes and 404 no, and anything else says nothing."""
        return self._ask(place, f"/pulls/{number}/merge", "whether it was merged", {}).status == NO_CONTENT

    def merge_commit(self, place: Place, sha: str) -> MergeCommit | None:
        """A commit's tree and parents."""
        return self._one(place, MergeCommit, f"/git/commits/{sha}", f"the commit {sha[:10]}")

    def commit_authors(self, place: Place, sha: str) -> CommitAuthors | None:
        """Whose accounts GitHub sees behind a commit's author and committer."""
        return self._one(place, CommitAuthors, f"/commits/{sha}", f"the commit {sha[:10]}")
