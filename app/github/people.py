"""Who may do what in a repository, who belongs to a team or an organization, and who was asked for a review."""

from collections.abc import Callable
from urllib.parse import quote

from app.github import documents
from app.github.answers import NOT_FOUND, Unavailable
from app.github.asking import NO_CONTENT, Asking, Place
from app.github.client import Answer, last_page
from app.rosters import Roster

LONGEST_ROSTER_PAGES = 10
"""Longer lists are not read to find one login in them."""


UNLISTED = Roster(None)


class PeopleReader(Asking):
    """Without a place to keep lists, and where they are long, it asks for one login at a time."""

    def permission(self, place: Place, login: str) -> documents.Permission:
        """A user's permission; `none` for a login that GitHub does not know."""
        path = f"/collaborators/{quote(login, safe='')}/permission"
        found = self._one(place, documents.Permission, path, f"the permission of {login}")
        return found or documents.Permission(permission="none", role_name="none")

    def is_team_member(self, place: Place, team: str, login: str) -> bool:
        """Whether a user is an active member of a team, given as `org/slug`; a team we can't see is no answer."""
        roster = self._roster(place, team, lambda: self._listed(place, team))
        return self._is_active(place, team, login) if roster.members is None else roster.has(login)

    def is_member(self, place: Place, owner: str, org: str, login: str) -> bool:
        """Whether a user is a member of the organization that owns the repository; of no other can we know."""
        if org.lower() != owner.lower():
            raise Unavailable("GITHUB_AUTH_FAILED", f"Who is a member of {org} can only be seen by its own Apps.")
        roster = self._roster(place, org, lambda: self._organization(place, org, login))
        return self._belongs(place, org, login) if roster.members is None else roster.has(login)

    def members(self, place: Place, group: str) -> tuple[str, ...]:
        """Everybody in a team (`org/slug`) or an organization."""
        return self._all_of(place, group, self._first_page(place, group))

    def collaborators(self, place: Place, affiliation: str) -> tuple[documents.Collaborator, ...]:
        """The collaborators: `all` of them, or those whom the repository names itself (`direct`)."""
        wanted = {"affiliation": affiliation}
        return self._all(place, documents.Collaborator, "/collaborators", "the collaborators", wanted)

    def repository_teams(self, place: Place) -> tuple[documents.RepositoryTeam, ...]:
        """The teams that have access to the repository."""
        return self._all(place, documents.RepositoryTeam, "/teams", "the teams of the repository")

    def _roster(self, place: Place, group: str, ask: Callable[[], Roster]) -> Roster:
        """Its place is taken before GitHub is asked, so that a change meanwhile drops what comes of that."""
        if self._rosters is None:
            return UNLISTED
        kept_at = self._rosters.place(place.installation_id, group)
        if (known := self._rosters.find(kept_at)) is not None:
            return known
        roster = ask()
        self._rosters.keep(kept_at, roster)
        return roster

    def _organization(self, place: Place, org: str, login: str) -> Roster:
        """GitHub lists only the public members to those who may not see all, so that is found out first."""
        self._belongs(place, org, login)
        return self._listed(place, org)

    def _listed(self, place: Place, group: str) -> Roster:
        first = self._first_page(place, group)
        return UNLISTED if last_page(first) > LONGEST_ROSTER_PAGES else Roster(self._all_of(place, group, first))

    def _first_page(self, place: Place, group: str) -> Answer:
        what = f"the members of {group}"
        answer = self._get(place.installation_id, f"{_path(group)}/members", what, {"per_page": 100})
        if answer.status == NOT_FOUND:
            raise _hidden(what)
        return answer

    def _all_of(self, place: Place, group: str, first: Answer) -> tuple[str, ...]:
        what = f"the members of {group}"
        users = self._rows(documents.User, self._following(place.installation_id, first, what), what)
        return tuple(user.login for user in users)

    def _is_active(self, place: Place, team: str, login: str) -> bool:
        path = f"{_path(team)}/memberships/{quote(login, safe='')}"
        answer = self._get(place.installation_id, path, f"the team {team}", {})
        if answer.status == NOT_FOUND:
            self._demand(place, team)
        return isinstance(answer.document, dict) and answer.document.get("state") == "active"

    def _demand(self, place: Place, team: str) -> None:
        """404 says "no" only of a team that we can see otherwise."""
        if self._get(place.installation_id, _path(team), f"the team {team}", {}).status == NOT_FOUND:
            raise _hidden(f"the team {team}")

    def _belongs(self, place: Place, org: str, login: str) -> bool:
        path = f"{_path(org)}/members/{quote(login, safe='')}"
        answer = self._get(place.installation_id, path, f"the members of {org}", {})
        return answer.status == NO_CONTENT


def _hidden(what: str) -> Unavailable:
    return Unavailable("GITHUB_AUTH_FAILED", f"GitHub does not show {what}; it is not there, or hidden from us.")


def _path(group: str) -> str:
    org, slash, slug = group.partition("/")
    return f"/orgs/{quote(org, safe='')}" + (f"/teams/{quote(slug, safe='')}" if slash else "")
