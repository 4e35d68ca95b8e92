"""What is known about the people and teams who could be asked for a review."""

from typing import Literal

from policies.facts import NOT_FETCHED, Facts, Fetched, Frozen, Level, Text

Roster = tuple[Text, tuple[Text, ...]]


class Collaborator(Frozen):
    """`level` is the highest; `direct` are those held through the repository or a team, not the organization."""

    login: Text
    level: Level
    direct: tuple[Level, ...] = ()


class Requested(Frozen):
    """Who has been asked already; `removed`: somebody took the request back."""

    kind: Literal["user", "team"]
    name: Text
    removed: bool = False


class Reviewers(Facts):
    """The rosters hold (name, logins) of each team and organization that could be listed."""

    collaborators: Fetched[tuple[Collaborator, ...]] = NOT_FETCHED
    repository_teams: Fetched[tuple[tuple[Text, Level], ...]] = NOT_FETCHED
    """(slug, level)"""
    requested: Fetched[tuple[Requested, ...]] = NOT_FETCHED
    teams: tuple[Roster, ...] = ()
    organizations: tuple[Roster, ...] = ()
