"""Read the checks of one commit: check runs and commit statuses, each whole, on that commit, and by which App."""

from urllib.parse import quote

from app.github.answers import NOT_FOUND, Unavailable
from app.github.asking import PAGES, Place
from app.github.merge_documents import (
    BOT,
    Account,
    CheckSuites,
    MergeCheckRun,
    MergeCheckRuns,
    MergeStatus,
    PublicApp,
    StandingStatuses,
)
from app.github.paging import next_page
from app.github.written import WrittenReader

MOST_SUITES = 1_000
"""GitHub leaves the check runs of older suites out, and says nothing of that."""
BOT_SUFFIX = "[bot]"


class CheckReader(WrittenReader):
    """Rows that are missing, or of another commit, are `Unavailable`: they may be the ones that failed."""

    def latest_check_runs(self, place: Place, sha: str) -> tuple[MergeCheckRun, ...]:
        """The newest run of each name in each suite."""
        self._demand_few_suites(place, sha)
        wanted, what = {"filter": "latest", "per_page": 100}, "the check runs"
        pages = self._pages(place, f"/commits/{sha}/check-runs", what, wanted)
        read = [self._parsed(MergeCheckRuns, page, what) for page in pages]
        found = tuple(run for page in read for run in page.check_runs)
        _demand_all(len({run.id for run in found}), max(page.total_count for page in read), what)
        if any(run.head_sha != sha for run in found):
            raise _of_another_commit(what)
        return found

    def latest_statuses(self, place: Place, sha: str) -> tuple[MergeStatus, ...]:
        """The newest status of each context, with its creator."""
        standing = self._standing(place, sha)
        found = self._status_rows(place, sha, standing)
        if any(not status.url.endswith(f"/{sha}") for status in found):
            raise _of_another_commit("the statuses")
        newest = {status.context: status for status in sorted(found, key=lambda status: status.id)}
        return tuple(newest[context] for context in sorted(newest))

    def apps_of(self, place: Place, statuses: tuple[MergeStatus, ...]) -> dict[str, int]:
        """The Apps behind the bots that made statuses, by login; those that GitHub doesn't show us are left out.

        A status names its creator and no App. The login of a bot is the slug of its App, by which GitHub shows Apps.
        """
        bots = {_login(status.creator) for status in statuses if status.creator and status.creator.kind == BOT}
        if not bots:
            return {}
        ours = self.bot_login()
        found = {login: self._app_behind(place, login) for login in sorted(bots - {ours})}
        return {login: app_id for login, app_id in {**found, ours: self._app.app_id}.items() if app_id is not None}

    def _demand_few_suites(self, place: Place, sha: str) -> None:
        what = "the check suites"
        answer = self._ask(place, f"/commits/{sha}/check-suites", what, {"per_page": 1})
        count = self._parsed(CheckSuites, answer.document, what).total_count
        if count > MOST_SUITES:
            sentence = f"The commit has {count} check suites, and GitHub shows the runs of {MOST_SUITES} only."
            raise Unavailable("EVIDENCE_INCOMPLETE", sentence)

    def _standing(self, place: Place, sha: str) -> frozenset[int]:
        """The ids in the combined status, which has a count but no creators."""
        what = "the combined status"
        pages = self._pages(place, f"/commits/{sha}/status", what, {"per_page": 100})
        read = [self._parsed(StandingStatuses, page, what) for page in pages]
        if any(page.sha != sha for page in read):
            raise _of_another_commit("the statuses")
        ids = frozenset(status.id for page in read for status in page.statuses)
        _demand_all(len(ids), max(page.total_count for page in read), "the statuses")
        return ids

    def _status_rows(self, place: Place, sha: str, standing: frozenset[int]) -> tuple[MergeStatus, ...]:
        """All statuses, newest first, as far as the last of those that stand."""
        if not standing:
            return ()
        what, found, missing = "the statuses", list[MergeStatus](), set(standing)
        answer = self._ask(place, f"/commits/{sha}/statuses", what, {"per_page": 100})
        for _ in range(PAGES):
            rows = self._rows(MergeStatus, [answer.document], what)
            found.extend(rows)
            missing -= {row.id for row in rows}
            following = next_page(answer)
            if not missing or following is None:
                break
            answer = self._get(place.installation_id, following, what, {})
        _demand_all(len(standing) - len(missing), len(standing), what)
        return tuple(found)

    def _app_behind(self, place: Place, login: str) -> int | None:
        slug, what = login.removesuffix(BOT_SUFFIX), f"the App {login}"
        answer = self._get(place.installation_id, f"/apps/{quote(slug, safe='')}", what, {})
        found = None if answer.status == NOT_FOUND else self._parsed(PublicApp, answer.document, what)
        return found.id if found is not None and found.slug == slug else None


def _login(creator: Account | None) -> str:
    return creator.login if creator else ""


def _demand_all(found: int, count: int, what: str) -> None:
    if found != count:
        raise Unavailable("EVIDENCE_INCOMPLETE", f"GitHub counts {count} of {what} and lists {found}.")


def _of_another_commit(what: str) -> Unavailable:
    return Unavailable("GITHUB_API_ERROR", f"GitHub gave {what} of another commit than the one asked for.")
