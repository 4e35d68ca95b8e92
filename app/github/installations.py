"""Where our App is installed: the people of another account are asked for with the installation that is there."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from app.github import documents
from app.github.answers import Unavailable, utc_now
from app.github.asking import Asking, Place
from app.github.client import App
from app.rosters import Rosters

INSTALLATIONS_SECONDS = 60
"""As long as a list of members is kept. An account that is not in the list is looked for anew."""


@dataclass(frozen=True)
class _Installed:
    """The installations by their account's login in lower case, as GitHub showed them then."""

    read_at: datetime
    ids: dict[str, int]


_NOTHING_READ = _Installed(datetime.min.replace(tzinfo=UTC), {})


class InstallationReader(Asking):
    """Keeps the list of installations in this process; whoever reads it finds a whole one, old or new."""

    def __init__(self, app: App, clock: Callable[[], datetime] = utc_now, rosters: Rosters | None = None) -> None:
        super().__init__(app, clock, rosters)
        self._installed = _NOTHING_READ

    def installation_for(self, place: Place, owner: str, group: str) -> int:
        """The installation that may show who is in a team (`org/slug`) or organization: the place's own if it is the
        owner's, else the one on that organization. Raises `Unavailable` where there is none, or a suspended one.
        """
        organization = group.partition("/")[0].lower()
        if organization == owner.lower():
            return place.installation_id
        found = self.installation_on(organization)
        if found is None:
            sentence = f"The App is not installed on {organization!r}, so who belongs to {group!r} can't be known."
            raise Unavailable("GITHUB_AUTH_FAILED", sentence)
        return found

    def installation_on(self, account: str) -> int | None:
        """The App's installation on an account, given in lower case; None where there is none, or a suspended one."""
        known = self._installed
        if account not in known.ids or self._clock() - known.read_at >= timedelta(seconds=INSTALLATIONS_SECONDS):
            known = self._installed = self._list()
        return known.ids.get(account)

    def _list(self) -> _Installed:
        now, what = self._clock(), "the App's installations"
        pages = self._pages_of(None, "/app/installations", what, {"per_page": 100})
        found = self._rows(documents.Installation, pages, what)
        return _Installed(
            now, {each.account.login.lower(): each.id for each in found if each.account and each.suspended_at is None}
        )
