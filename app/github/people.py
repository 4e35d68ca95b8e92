"""Who may do what in a repository, who belongs to a team or an organization, and who was asked for a review."""

from collections.abc import Callable
from urllib.parse import quote

from app.github import documents
from app.github.answers import NOT_FOUND, Unavailable
from app.github.asking import NO_CONTENT, Place
from app.github.client import Answer
from app.github.installations import InstallationReader
from app.github.paging import last_page
from app.rosters import Roster

LONGEST_ROSTER_PAGES = 10
"""Longer lists are not read to find one login in them."""


UNLISTED = Roster(None)


class PeopleReader(InstallationReader):
    """`owner` is the repository's: a group of anybody else is asked for with our installation there.

    Without a place to keep lists, and where they are long, it asks for one login at a time.
    """

    def permission(self, place: Place, login: str) -> documents.Permission:
        """A user's permission; `none` for a login that GitHub does not know."""
        path = f"/collaborators/{quote(login, safe='')}/permission"
        found = self._one(place, documents.Permission, path, f"the permission of {login}")
        return found or documents.Permission(permission="none", role_name="none")

    def is_team_member(self, place: Place, owner: str, team: str, login: str) -> bool:
        """Whether a user is an active member of a team, given as `org/slug`; a team we can't see is no answer."""
        installation_id = self.installation_for(place, owner, team)
        roster = self._roster(installation_id, team, lambda: self._listed(installation_id, team))
        return self._is_active(installation_id, team, login) if roster.members is None else roster.has(login)

    def is_member(self, place: Place, owner: str, org: str, login: str) -> bool:
        """Whether a user is a member of an organization: of the one that owns the repository, or of another."""
        installation_id = self.installation_for(place, owner, org)
        roster = self._roster(installation_id, org, lambda: self._organization(installation_id, org, login))
        return self._belongs(installation_id, org, login) if roster.members is None else roster.has(login)

    def members(self, place: Place, owner: str, group: str) -> tuple[str, ...]:
        """Everybody in a team (`org/slug`) or an organization."""
        installation_id = self.installation_for(place, owner, group)
        return self._all_of(installation_id, group, self._first_page(installation_id, group))

    def collaborators(self, place: Place, affiliation: str) -> tuple[documents.Collaborator, ...]:
        """The collaborators: `all` of them, or those whom the repository names itself (`direct`)."""
        wanted = {"affiliation": affiliation}
        return self._all(place, documents.Collaborator, "/collaborators", "the collaborators", wanted)

    def repository_teams(self, place: Place) -> tuple[documents.RepositoryTeam, ...]:
        """The teams that have access to the repository."""
        return self._all(place, documents.RepositoryTeam, "/teams", "the teams of the repository")

    def _roster(self, installation_id: int, group: str, ask: Callable[[], Roster]) -> Roster:
        """Its place is taken before GitHub is asked, so that a change meanwhile drops what comes of that."""
        if self._rosters is None:
            return UNLISTED
        kept_at = self._rosters.place(installation_id, group)
        if (known := self._rosters.find(kept_at)) is not None:
            return known
        roster = ask()
        self._rosters.keep(kept_at, roster)
        return roster

    def _organization(self, installation_id: int, org: str, login: str) -> Roster:
        """GitHub lists only the public members to those who may not see all, so that is found out first."""
        self._belongs(installation_id, org, login)
        return self._listed(installation_id, org)

    def _listed(self, installation_id: int, group: str) -> Roster:
        first = self._first_page(installation_id, group)
        if last_page(first) > LONGEST_ROSTER_PAGES:
            return UNLISTED
        return Roster(self._all_of(installation_id, group, first))

    def _first_page(self, installation_id: int, group: str) -> Answer:
        what = f"the members of {group}"
        answer = self._get(installation_id, f"{_path(group)}/members", what, {"per_page": 100})
        if answer.status == NOT_FOUND:
            raise _hidden(what)
        return answer

    def _all_of(self, installation_id: int, group: str, first: Answer) -> tuple[str, ...]:
        what = f"the members of {group}"
        users = self._rows(documents.User, self._following(installation_id, first, what), what)
        return tuple(user.login for user in users)

    def _is_active(self, installation_id: int, team: str, login: str) -> bool:
        path = f"{_path(team)}/memberships/{quote(login, safe='')}"
        answer = self._get(installation_id, path, f"the team {team}", {})
        if answer.status == NOT_FOUND:
            self._demand(installation_id, team)
        return isinstance(answer.document, dict) and answer.document.get("state") == "active"

    def _demand(self, installation_id: int, team: str) -> None:
        """404 says "no" only of a team that we can see otherwise."""
        if self._get(installation_id, _path(team), f"the team {team}", {}).status == NOT_FOUND:
            raise _hidden(f"the team {team}")

    def _belongs(self, installation_id: int, org: str, login: str) -> bool:
        path = f"{_path(org)}/members/{quote(login, safe='')}"
        answer = self._get(installation_id, path, f"the members of {org}", {})
        return answer.status == NO_CONTENT


def _hidden(what: str) -> Unavailable:
    return Unavailable("GITHUB_AUTH_FAILED", f"GitHub does not show {what}; it is not there, or hidden from us.")


def _path(group: str) -> str:
    org, slash, slug = group.partition("/")
    return f"/orgs/{quote(org, safe='')}" + (f"/teams/{quote(slug, safe='')}" if slash else "")
