"""Who is meant: users by name, team, organization or repository permission."""

from collections.abc import Mapping

from policies.error import CannotJudge
from policies.facts import LEVELS, Frozen, Level, PullSnapshot
from policies.reading import Fields, Value

KEYS = ("users", "teams", "organizations", "permissions", "admins", "write_collaborators")


class Actors(Frozen):
    """Anybody who fits any of the four lists; four empty lists mean nobody.

    The empty login stands for nobody GitHub knows, who belongs to nothing.
    """

    users: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    organizations: tuple[str, ...] = ()
    permissions: tuple[Level, ...] = ()

    @property
    def is_empty(self) -> bool:
        return not (self.users or self.teams or self.organizations or self.permissions)

    def include(self, login: str, snapshot: PullSnapshot) -> bool:
        """Look no further than the first list that fits; raise `FactMissing` or `CannotJudge`."""
        return login in self.users or (bool(login) and self._include_known(login, snapshot))

    def need_lookup(self, login: str) -> bool:
        """Whether somebody must be asked about this login."""
        return bool(login) and login not in self.users and bool(self.teams or self.organizations or self.permissions)

    def _include_known(self, login: str, snapshot: PullSnapshot) -> bool:
        for team in self.teams:
            if snapshot.is_team_member(_checked(team), login):
                return True
        for organization in self.organizations:
            if snapshot.is_org_member(organization, login):
                return True
        return bool(self.permissions) and self._permit(snapshot.permission_of(login))

    def _permit(self, level: Level) -> bool:
        rank = LEVELS.index(level)
        return level != "none" and any(rank >= LEVELS.index(wanted) for wanted in self.permissions)


NOBODY = Actors()


def read(fields: Fields) -> Actors:
    """Take the keys of `KEYS` out of a map that may have others beside them."""
    levels = [level for item in fields["permissions"].items() or () if (level := _level(item))]
    shorthands: Mapping[str, Level] = {"admins": "admin", "write_collaborators": "write"}
    levels += [level for key, level in shorthands.items() if fields[key].boolean()]
    return Actors(
        users=fields["users"].texts() or (),
        teams=fields["teams"].texts() or (),
        organizations=fields["organizations"].texts() or (),
        permissions=tuple(levels),
    )


def is_team(team: str) -> bool:
    """Whether it is written as a team; who is in another one can't be asked, nor judged."""
    return team.count("/") == 1


def _level(value: Value) -> Level | None:
    for level in LEVELS:
        if value.text().lower() == level:
            return level
    value.refuse(f"{value.text()!r} is not a permission; use one of {', '.join(LEVELS)}", "permission")
    return None


def _checked(team: str) -> str:
    if not is_team(team):
        raise CannotJudge(f"the team {team!r} is not written as organization/team")
    return team
