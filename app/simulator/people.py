"""Who belongs to which organization and team, and what that lets them do in a repository, silently."""

from app.simulator.records import Organization
from app.simulator.world import World


class People(World):
    """Organizations and teams are named `acme` and (`acme`, `core`)."""

    def add_member(self, org: str, login: str, role: str = "member") -> None:
        """`role` is admin or member."""
        with self.changing():
            self._organization(org).members[self.user(login).login] = role

    def remove_member(self, org: str, login: str) -> None:
        """Who leaves the organization leaves its teams."""
        with self.changing():
            organization = self._organization(org)
            organization.members.pop(login, None)
            for people in organization.teams.values():
                people.pop(login, None)

    def create_team(self, org: str, slug: str) -> None:
        with self.changing():
            self._organization(org).teams.setdefault(slug, {})

    def delete_team(self, org: str, slug: str) -> None:
        with self.changing() as state:
            del self._organization(org).teams[slug]
            for repository in state.repositories.values():
                if repository.owner == org:
                    repository.teams.pop(slug, None)

    def add_to_team(self, org: str, slug: str, login: str, role: str = "member") -> None:
        """`role` is maintainer or member."""
        with self.changing():
            self._organization(org).teams[slug][self.user(login).login] = role

    def remove_from_team(self, org: str, slug: str, login: str) -> None:
        with self.changing():
            self._organization(org).teams[slug].pop(login, None)

    def add_team_to_repository(self, full_name: str, slug: str, role: str = "read") -> None:
        """Give a team of the owner the role admin, maintain, write, triage or read."""
        with self.changing() as state:
            state.repository(full_name).teams[slug] = role

    def remove_team_from_repository(self, full_name: str, slug: str) -> None:
        with self.changing() as state:
            state.repository(full_name).teams.pop(slug, None)

    def set_property(self, full_name: str, name: str, value: str | tuple[str, ...] | None) -> None:
        """A custom property of the repository; None: it has no value."""
        with self.changing() as state:
            state.repository(full_name).properties[name] = value

    def _organization(self, login: str) -> Organization:
        return self.state.organizations[login]
