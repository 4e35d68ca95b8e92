"""Verbs about people, teams and properties with the webhooks that tell of them."""

from app.simulator import memberships
from app.simulator.mailbox import Mailbox
from app.simulator.shapes.view import Json


class PeopleHooks(Mailbox):
    """`by` is who did it, the sender."""

    def add_to_team(self, org: str, slug: str, login: str, *, by: str, role: str = "member") -> None:
        self.github.add_to_team(org, slug, login, role)
        self._tell_membership("added", org, slug, login=login, by=by)

    def remove_from_team(self, org: str, slug: str, login: str, *, by: str) -> None:
        self.github.remove_from_team(org, slug, login)
        self._tell_membership("removed", org, slug, login=login, by=by)

    def add_member(self, org: str, login: str, *, by: str, role: str = "member") -> None:
        self.github.add_member(org, login, role)
        self._tell_organization("member_added", org, login, by=by)

    def remove_member(self, org: str, login: str, *, by: str) -> None:
        """GitHub tells of the teams that somebody leaves with the organization, too."""
        left = [slug for slug, people in self.github.state.organizations[org].teams.items() if login in people]
        self.github.remove_member(org, login)
        self._tell_organization("member_removed", org, login, by=by)
        for slug in left:
            self._tell_membership("removed", org, slug, login=login, by=by)

    def create_team(self, org: str, slug: str, *, by: str) -> None:
        self.github.create_team(org, slug)
        self._tell_team("created", org, slug, by=by)

    def delete_team(self, org: str, slug: str, *, by: str) -> None:
        body = memberships.team(self.view(), self.github.state.organizations[org], slug)
        self.github.delete_team(org, slug)
        self.tell_organization("team", {"action": "deleted", **body}, org=org, by=by)

    def add_team_to_repository(self, full_name: str, slug: str, role: str = "read", *, by: str) -> None:
        """`edited` where the team was there with another role."""
        action = "edited" if slug in self.github.state.repository(full_name).teams else "added_to_repository"
        self.github.add_team_to_repository(full_name, slug, role)
        changes: Json = {"changes": {"repository": {"permissions": {"from": {}}}}} if action == "edited" else {}
        self._tell_team(action, full_name.partition("/")[0], slug, by=by, full_name=full_name, changes=changes)

    def remove_team_from_repository(self, full_name: str, slug: str, *, by: str) -> None:
        self.github.remove_team_from_repository(full_name, slug)
        self._tell_team("removed_from_repository", full_name.partition("/")[0], slug, by=by, full_name=full_name)

    def grant(self, full_name: str, login: str, role: str, *, by: str) -> None:
        """`member` added, edited, or removed (role `none`)."""
        before = self.github.state.repository(full_name).collaborators.get(login, "none")
        self.github.grant(full_name, login, role)
        action = "removed" if role == "none" else "added" if before == "none" else "edited"
        body = {"action": action, **memberships.member(self.view(), login, before=before, after=role)}
        self.tell("member", body, full_name=full_name, by=by)

    def set_property(self, full_name: str, name: str, value: str | tuple[str, ...] | None, *, by: str) -> None:
        repository = self.github.state.repository(full_name)
        before = repository.properties.get(name)
        self.github.set_property(full_name, name, value)
        body = {"action": "updated", **memberships.properties(repository, name, before)}
        self.tell("custom_property_values", body, full_name=full_name, by=by)

    def _tell_membership(self, action: str, org: str, slug: str, *, login: str, by: str) -> None:
        shape = memberships.membership(self.view(), self.github.state.organizations[org], slug, login)
        self.tell_organization("membership", {"action": action, **shape}, org=org, by=by)

    def _tell_organization(self, action: str, org: str, login: str, *, by: str) -> None:
        shape = memberships.organization(self.view(), self.github.state.organizations[org], login)
        self.tell_organization("organization", {"action": action, **shape}, org=org, by=by)

    def _tell_team(
        self, action: str, org: str, slug: str, *, by: str, full_name: str | None = None, changes: Json | None = None
    ) -> None:
        shape = memberships.team(self.view(), self.github.state.organizations[org], slug)
        body = {"action": action, **shape, **(changes or {})}
        if full_name is None:
            self.tell_organization("team", body, org=org, by=by)
        else:
            self.tell("team", body, full_name=full_name, by=by)
