"""Who is meant by users, teams, organizations and permissions."""

from typing import Any

import pytest

from policies.actors import NOBODY, Actors
from policies.error import CannotJudge
from policies.facts import LEVELS, FactMissing, Level


def test_nobody_is_meant_by_nothing(pull: Any) -> None:
    assert NOBODY.is_empty
    assert not NOBODY.include("bob", pull())
    assert not NOBODY.need_lookup("bob")


def test_it_takes_names_exactly_as_written(pull: Any) -> None:
    assert Actors(users=("bob",)).include("bob", pull())
    assert not Actors(users=("Bob",)).include("bob", pull())


def test_it_looks_no_further_than_the_first_hit(pull: Any) -> None:
    everything = Actors(users=("bob",), teams=("acme/core",), organizations=("acme",), permissions=("write",))
    assert everything.include("bob", pull())
    assert everything.include("cid", pull(team_members=(("acme/core", "cid", True),)))
    facts = {"team_members": (("acme/core", "cid", False),), "org_members": (("acme", "cid", True),)}
    assert everything.include("cid", pull(**facts))
    with pytest.raises(FactMissing, match="team:acme/core:cid"):
        everything.include("cid", pull())
    assert everything.need_lookup("cid")
    assert not everything.need_lookup("bob")


def test_it_looks_through_all_teams_and_organizations(pull: Any) -> None:
    facts = {
        "team_members": (("acme/core", "cid", False), ("acme/web", "cid", False), ("acme/web", "dan", True)),
        "org_members": (("acme", "cid", False), ("emca", "cid", True)),
        "permissions": (("cid", "write"),),
    }
    snapshot = pull(**facts)
    assert Actors(organizations=("acme", "emca")).include("cid", snapshot)
    assert not Actors(teams=("acme/core", "acme/web"), organizations=("acme",)).include("cid", snapshot)
    assert Actors(organizations=("acme",), permissions=("write",)).include("cid", snapshot)


@pytest.mark.parametrize("wanted", LEVELS)
@pytest.mark.parametrize("held", LEVELS)
def test_it_takes_a_permission_or_a_higher_one(pull: Any, wanted: Level, held: Level) -> None:
    allowed = held != "none" and LEVELS.index(held) >= LEVELS.index(wanted)
    assert Actors(permissions=(wanted,)).include("bob", pull(permissions=(("bob", held),))) is allowed


@pytest.mark.parametrize("team", ["core", "acme/core/x"])
def test_it_cannot_judge_a_team_written_otherwise(pull: Any, team: str) -> None:
    with pytest.raises(CannotJudge, match="organization/team"):
        Actors(teams=(team,)).include("bob", pull())
