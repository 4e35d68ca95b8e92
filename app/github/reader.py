"""The reader binding: documents of GitHub, all pages of them, or `Unavailable` with the reason."""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import quote

from pydantic import BaseModel, TypeAdapter, ValidationError

from app.github import documents
from app.github.answers import NOT_FOUND, UNAUTHORIZED, Unavailable, unavailable, utc_now
from app.github.client import Answer, App, NoAnswer, NotAuthenticated, next_page
from app.github.egress import EgressRefused

T = TypeVar("T", bound=BaseModel)

PAGES = 30
MOST_FILES = 3_000
MOST_COMMITS = 249
OK, NO_CONTENT = 200, 204


@dataclass(frozen=True)
class Place:
    """A repository as an installation sees it."""

    installation_id: int
    repository_id: int


@dataclass(frozen=True)
class PolicyFile:
    """A policy as it stands on a base branch: `sha` is the commit it was read at. `text` None: no such file."""

    sha: str
    path: str
    text: str | None


class LocalReader:
    """The default binding: it opens no socket and knows no fact."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def refuse(*_: object) -> Any:
            sentence = f"The reader is local, so {name.replace('_', ' ')} is not known; set GITHUB_READER=live."
            raise Unavailable("READER_LOCAL", sentence)

        return refuse


class LiveReader:
    """Reads with an installation's token. Every method raises `Unavailable`; None means GitHub has no such thing."""

    def __init__(self, app: App, clock: Callable[[], datetime] = utc_now) -> None:
        self._app = app
        self._clock = clock

    def pull(self, place: Place, number: int) -> documents.Pull | None:
        """One pull request."""
        return self._one(place, documents.Pull, f"/pulls/{number}", "the pull request")

    def policy_file(self, place: Place, branch: str, path: str) -> PolicyFile | None:
        """The policy at the tip of `branch`, bound to that commit; None when there is no such branch.

        The branch is resolved first, since `?ref=` would prefer a tag of the same name.
        """
        tip = self._one(place, documents.Tip, f"/branches/{quote(branch, safe='')}", f"the branch {branch}")
        if tip is None:
            return None
        sha = tip.commit.sha
        found = self._one(place, documents.Contents, f"/contents/{quote(path)}", f"the file {path}", {"ref": sha})
        return PolicyFile(sha, path, None if found is None else _decoded(found, path))

    def files(self, place: Place, pull: documents.Pull) -> tuple[documents.File, ...]:
        """All changed files; more than `MOST_FILES` are not listed by GitHub, so they are no evidence."""
        if pull.changed_files > MOST_FILES:
            raise Unavailable("EVIDENCE_INCOMPLETE", f"GitHub lists no more than {MOST_FILES} changed files.")
        return self._all(place, documents.File, f"/pulls/{pull.number}/files", "the changed files")

    def commits(self, place: Place, pull: documents.Pull) -> tuple[documents.Commit, ...]:
        """All commits, oldest first; the head must be among them, else a push came between."""
        if pull.commits > MOST_COMMITS:
            raise Unavailable("EVIDENCE_INCOMPLETE", f"GitHub lists no more than {MOST_COMMITS + 1} commits.")
        commits = self._all(place, documents.Commit, f"/pulls/{pull.number}/commits", "the commits")
        if pull.head.sha not in {commit.sha for commit in commits}:
            raise Unavailable("HEAD_MOVED", f"The head {pull.head.sha[:10]} is not among the commits any more.")
        return commits

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

    def comments(self, place: Place, number: int) -> tuple[documents.Comment, ...]:
        """All comments in the conversation, oldest first."""
        return self._all(place, documents.Comment, f"/issues/{number}/comments", "the comments")

    def permission(self, place: Place, login: str) -> documents.Permission:
        """A user's permission; `none` for a login that GitHub does not know."""
        path = f"/collaborators/{quote(login, safe='')}/permission"
        found = self._one(place, documents.Permission, path, f"the permission of {login}")
        return found or documents.Permission(permission="none", role_name="none")

    def is_team_member(self, place: Place, team: str, login: str) -> bool:
        """Whether a user is an active member of a team, given as `org/slug`; a team we can't see is no answer."""
        org, _, slug = team.partition("/")
        path = f"/orgs/{quote(org, safe='')}/teams/{quote(slug, safe='')}"
        answer = self._get(place.installation_id, f"{path}/memberships/{quote(login, safe='')}", f"the team {team}", {})
        if answer.status == NOT_FOUND:
            self._demand(place, path, f"the team {team}")
        return isinstance(answer.document, dict) and answer.document.get("state") == "active"

    def is_member(self, place: Place, owner: str, org: str, login: str) -> bool:
        """Whether a user is a member of the organization that owns the repository; of no other can we know."""
        if org.lower() != owner.lower():
            raise Unavailable("GITHUB_AUTH_FAILED", f"Who is a member of {org} can only be seen by its own Apps.")
        path = f"/orgs/{quote(org, safe='')}/members/{quote(login, safe='')}"
        answer = self._get(place.installation_id, path, f"the members of {org}", {})
        return answer.status == NO_CONTENT

    def _demand(self, place: Place, path: str, what: str) -> None:
        """404 says "no" only of what we can see otherwise."""
        if self._get(place.installation_id, path, what, {}).status == NOT_FOUND:
            raise Unavailable("GITHUB_AUTH_FAILED", f"GitHub does not show {what}; it is not there, or hidden from us.")

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
        read = (self._parsed(documents.CombinedStatus, page, "the combined status") for page in pages)
        return tuple(status for page in read for status in page.statuses)

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

    def bot_login(self) -> str:
        """The login under which our App writes."""
        answer = self._ask(None, "/app", "the App", {})
        return f"{self._parsed(documents.OurApp, answer.document, 'the App').slug}[bot]"

    def _one(
        self, place: Place, kind: type[T], path: str, what: str, parameters: dict[str, Any] | None = None
    ) -> T | None:
        answer = self._ask(place, path, what, parameters or {})
        return None if answer.status == NOT_FOUND else self._parsed(kind, answer.document, what)

    def _all(
        self, place: Place, kind: type[T], path: str, what: str, parameters: dict[str, Any] | None = None
    ) -> tuple[T, ...]:
        pages = self._pages(place, path, what, {"per_page": 100, **(parameters or {})})
        rows = TypeAdapter(tuple[kind, ...])  # type: ignore[valid-type]
        return tuple(row for page in pages for row in self._rows(rows, page, what))

    def _pages(self, place: Place, path: str, what: str, parameters: dict[str, Any]) -> list[Any]:
        answer = self._ask(place, path, what, parameters)
        if answer.status == NOT_FOUND:
            raise Unavailable("GITHUB_API_ERROR", f"GitHub has no {what.removeprefix('the ')} here (404).")
        pages = [answer.document]
        while (following := next_page(answer)) is not None:
            if len(pages) >= PAGES:
                raise Unavailable("EVIDENCE_INCOMPLETE", f"{what} take more than {PAGES} pages.")
            answer = self._get(place.installation_id, following, what, {})
            pages.append(answer.document)
        return pages

    def _ask(self, place: Place | None, path: str, what: str, parameters: dict[str, Any]) -> Answer:
        if place is None:
            return self._get(None, path, what, parameters)
        return self._get(place.installation_id, f"/repositories/{place.repository_id}{path}", what, parameters)

    def _get(self, installation_id: int | None, path: str, what: str, parameters: dict[str, Any]) -> Answer:
        try:
            answer = self._app.client(installation_id).request("GET", path, parameters=parameters)
        except NoAnswer:
            raise Unavailable("GITHUB_API_ERROR", f"GitHub gave no answer when asked for {what}.") from None
        except EgressRefused:
            raise Unavailable("FACT_UNREADABLE", f"GitHub can't be asked for {what}: the name is impossible.") from None
        except NotAuthenticated as refused:
            self._app.forget(installation_id)
            raise _no_token(refused, self._clock()) from None
        if answer.status == UNAUTHORIZED:
            self._app.forget(installation_id)
            raise Unavailable("GITHUB_TOKEN_REFUSED", f"GitHub did not accept our token for {what}.")
        if answer.status not in (OK, NO_CONTENT, NOT_FOUND):
            raise unavailable(what, answer, self._clock())
        return answer

    def _parsed(self, kind: type[T], document: object, what: str) -> T:
        try:
            return kind.model_validate(document)
        except ValidationError:
            raise Unavailable("GITHUB_API_ERROR", f"GitHub's answer for {what} was not understood.") from None

    def _rows(self, rows: TypeAdapter[tuple[T, ...]], document: object, what: str) -> tuple[T, ...]:
        try:
            return rows.validate_python(document)
        except ValidationError:
            raise Unavailable("GITHUB_API_ERROR", f"GitHub's answer for {what} was not understood.") from None


def _no_token(refused: NotAuthenticated, now: datetime) -> Unavailable:
    trouble = unavailable("an installation token", refused.answer, now)
    return trouble if trouble.not_before else Unavailable("GITHUB_TOKEN_REFUSED", f"{refused}.")


def _decoded(found: documents.Contents, path: str) -> str:
    try:
        return base64.b64decode(found.content).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        raise Unavailable("POLICY_UNREADABLE", f"{path} is not UTF-8 text.") from None


Reader = LiveReader | LocalReader
