"""The reader binding: documents of GitHub, all pages of them, or `Unavailable` with the reason."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from app.github import documents
from app.github.answers import Unavailable
from app.github.asking import Place
from app.github.check_reading import CheckReader
from app.github.client import PER_PAGE
from app.github.deployments import DeploymentReader
from app.github.git_objects import GitObjectReader
from app.github.merge_queue import MergeQueueReader
from app.github.merge_reading import MergeReader
from app.github.people import PeopleReader
from app.github.policy_files import PolicyFile, PolicyFileReader
from app.github.project_items import ProjectReader
from app.github.protection_reading import ProtectionReader
from app.github.review_requests import ReviewRequestReader
from app.github.setup_reading import SetupReader
from app.github.talk import TalkReader

__all__ = ["LiveReader", "LocalReader", "Place", "PolicyFile", "Reader"]

MOST_FILES = 3_000
_PREPOSITION = re.compile(r"_(?:of|on|for)$")


class LocalReader:
    """The default binding: it opens no socket and knows no fact."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(*_: object) -> Any:
            what = _PREPOSITION.sub("", name).replace("_", " ")
            sentence = f"The reader is local, so the {what} is not known; set GITHUB_READER=live."
            raise Unavailable("READER_LOCAL", sentence)

        return refuse


class LiveReader(
    TalkReader,
    ReviewRequestReader,
    PeopleReader,
    PolicyFileReader,
    MergeQueueReader,
    ProjectReader,
    CheckReader,
    DeploymentReader,
    GitObjectReader,
    MergeReader,
    ProtectionReader,
    SetupReader,
):
    """Reads with an installation's token. Every method raises `Unavailable`; None means GitHub has no such thing."""

    def pull(self, place: Place, number: int) -> documents.Pull | None:
        """One pull request."""
        return self._one(place, documents.Pull, f"/pulls/{number}", "the pull request")

    def name_of(self, place: Place) -> str | None:
        """What the repository is called now, owner/name."""
        found = self._one(place, documents.Repo, "", "the repository")
        return None if found is None else found.full_name

    def files(self, place: Place, pull: documents.Pull) -> tuple[documents.File, ...]:
        """All changed files; more than `MOST_FILES` are not listed by GitHub, so they are no evidence."""
        if pull.changed_files > MOST_FILES:
            raise Unavailable("EVIDENCE_INCOMPLETE", f"GitHub lists no more than {MOST_FILES} changed files.")
        found = self._all(place, documents.File, f"/pulls/{pull.number}/files", "the changed files")
        _demand_all(found, pull.changed_files, "the changed files")
        return found

    def reviews(self, place: Place, number: int) -> tuple[documents.Review, ...]:
        """All reviews, oldest first."""
        return self._all(place, documents.Review, f"/pulls/{number}/reviews", "the reviews")

    def review(self, place: Place, number: int, review_id: int) -> documents.Review | None:
        """One review, dismissed or not."""
        return self._one(place, documents.Review, f"/pulls/{number}/reviews/{review_id}", "the review")

    def requested_reviewers(self, place: Place, number: int) -> documents.RequestedReviewers:
        """Who is asked for a review now; a pull request that is not there has asked nobody."""
        path = f"/pulls/{number}/requested_reviewers"
        found = self._one(place, documents.RequestedReviewers, path, "the requested reviewers")
        return found or documents.RequestedReviewers(users=(), teams=())

    def oldest_status_at(self, place: Place, sha: str) -> datetime | None:
        """When the first status of a commit was made; None when it has none."""
        statuses = self._all(place, documents.CreatedStatus, f"/commits/{sha}/statuses", "the statuses")
        return min((status.created_at for status in statuses), default=None)

    def current_status(self, place: Place, sha: str, context: str) -> documents.Status | None:
        """The newest status of one context on a commit."""
        return next((status for status in self.newest_statuses(place, sha) if status.context == context), None)

    def newest_statuses(self, place: Place, sha: str) -> tuple[documents.Status, ...]:
        """The newest status of each context on a commit."""
        pages = self._pages(place, f"/commits/{sha}/status", "the combined status", {"per_page": 100})
        read = tuple(self._parsed(documents.CombinedStatus, page, "the combined status") for page in pages)
        found = tuple(status for page in read for status in page.statuses)
        _demand_all(found, read[0].total_count, "the statuses")
        return found

    def check_runs(self, place: Place, sha: str) -> tuple[documents.CheckRun, ...]:
        """The check runs of a commit; a name may stand there more than once."""
        pages = self._pages(place, f"/commits/{sha}/check-runs", "the check runs", {"per_page": 100})
        read = (self._parsed(documents.CheckRuns, page, "the check runs") for page in pages)
        return tuple(run for page in read for run in page.check_runs)

    def own_check_runs(self, place: Place, sha: str, name: str) -> tuple[documents.OwnCheckRun, ...]:
        """All check runs of one name that our App made on a commit, older ones too."""
        wanted = {"check_name": name, "app_id": self._app.app_id, "filter": "all", "per_page": 100}
        pages = self._pages(place, f"/commits/{sha}/check-runs", "our check runs", wanted)
        read = (self._parsed(documents.OwnCheckRuns, page, "our check runs") for page in pages)
        return tuple(run for page in read for run in page.check_runs)

    def statuses(self, place: Place, sha: str) -> tuple[documents.CreatedStatus, ...]:
        """All statuses of a commit, newest first, with who made them."""
        return self._all(place, documents.CreatedStatus, f"/commits/{sha}/statuses", "the statuses")

    def pulls_of_head(self, place: Place, sha: str) -> tuple[documents.ListedPull, ...]:
        """The open pull requests whose head is this commit, those of forks too."""
        pulls = self._all(place, documents.ListedPull, f"/commits/{sha}/pulls", "the pull requests of a commit")
        return tuple(pull for pull in pulls if pull.state == "open" and pull.head.sha == sha)

    def pulls_of_base(self, place: Place, branch: str) -> tuple[documents.ListedPull, ...]:
        """The open pull requests into a branch."""
        wanted = {"state": "open", "base": branch}
        return self._all(place, documents.ListedPull, "/pulls", "the pull requests of a branch", wanted)

    def open_pulls(self, place: Place) -> tuple[documents.ListedPull, ...]:
        """The open pull requests of a repository."""
        return self._all(place, documents.ListedPull, "/pulls", "the open pull requests", {"state": "open"})

    def newest_closed_pulls(self, place: Place) -> tuple[documents.ListedPull, ...]:
        """The hundred closed pull requests that changed last."""
        what = "the closed pull requests"
        wanted = {"state": "closed", "sort": "updated", "direction": "desc", "per_page": PER_PAGE}
        answer = self._ask(place, "/pulls", what, wanted)
        return self._rows(documents.ListedPull, [answer.document], what)

    def workflow_runs(self, place: Place, sha: str) -> tuple[documents.WorkflowRun, ...]:
        """The workflow runs of a commit, for whichever event."""
        wanted = {"head_sha": sha, "per_page": 100}
        pages = self._pages(place, "/actions/runs", "the workflow runs", wanted)
        read = (self._parsed(documents.WorkflowRuns, page, "the workflow runs") for page in pages)
        return tuple(run for page in read for run in page.workflow_runs)

    def custom_properties(self, place: Place) -> tuple[documents.PropertyValue, ...]:
        """The custom properties of the repository, those that are not set too."""
        return self._all(place, documents.PropertyValue, "/properties/values", "the custom properties")


def _demand_all(found: tuple[object, ...], count: int, what: str) -> None:
    """A page may get lost on the way, and a list may be of another moment than the count: both are read again."""
    if len(found) != count:
        raise Unavailable("GITHUB_API_ERROR", f"GitHub counts {count} of {what} and lists {len(found)}.")


Reader = LiveReader | LocalReader
