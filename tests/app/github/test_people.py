"""Memberships and people: a list where it is short, one login at a time where it is long, and never a guess."""

from typing import Any

import pytest

from app.github import facts
from app.github.answers import Unavailable
from app.github.documents import Collaborator, RepositoryTeam
from app.github.reader import LiveReader
from app.rosters import Rosters
from policies import reviewers
from tests.app.github.ground import REPOSITORY, Ground


@pytest.fixture
def people(ground: Ground, redis_db: str) -> LiveReader:
    members = {"alice": "member", "bob": "admin"}
    ground.github.add_organization("acme", members=members, teams={"core": {"alice": "maintainer"}})
    return LiveReader(ground.app, rosters=Rosters(redis_db))


def _asked(ground: Ground) -> list[str]:
    return [one.path for one in ground.github.requests if one.path.startswith("/orgs/")]


def test_a_list_answers_for_everybody_until_it_is_dropped(ground: Ground, people: LiveReader, redis_db: str) -> None:
    assert people.is_team_member(ground.place, "acme", "acme/core", "Alice")
    assert not people.is_team_member(ground.place, "acme", "acme/core", "bob")
    assert len(_asked(ground)) == 1
    ground.github.remove_from_team("acme", "core", "alice")
    assert people.is_team_member(ground.place, "acme", "acme/core", "alice")
    Rosters(redis_db).drop(ground.place.installation_id, "acme")
    assert not people.is_team_member(ground.place, "acme", "acme/core", "alice")


def test_a_list_that_was_asked_for_before_a_change_is_not_believed_after_it(
    ground: Ground, people: LiveReader, redis_db: str
) -> None:
    class Slow(LiveReader):
        """Between its question and the end of the answer, alice leaves and the webhook comes."""

        def _all_of(self, *arguments: Any) -> tuple[str, ...]:
            read = super()._all_of(*arguments)
            ground.github.remove_from_team("acme", "core", "alice")
            Rosters(redis_db).drop(ground.place.installation_id, "acme")
            return read

    assert Slow(ground.app, rosters=Rosters(redis_db)).is_team_member(ground.place, "acme", "acme/core", "alice")
    assert not people.is_team_member(ground.place, "acme", "acme/core", "alice")


def test_a_long_list_is_not_read_to_find_one_login(
    ground: Ground, people: LiveReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.github.people.LONGEST_ROSTER_PAGES", 1)
    for number in range(101):
        ground.github.add_to_team("acme", "core", f"u{number}")
        ground.github.add_member("acme", f"u{number}")
    assert people.is_team_member(ground.place, "acme", "acme/core", "u100")
    assert not people.is_team_member(ground.place, "acme", "acme/core", "bob")
    assert people.is_member(ground.place, "acme", "acme", "u100")
    assert not people.is_member(ground.place, "acme", "acme", "carol")
    assert sum(path.endswith("/members") for path in _asked(ground)) == 2


def test_members_of_an_organization_are_those_of_its_list(ground: Ground, people: LiveReader) -> None:
    assert people.is_member(ground.place, "Acme", "acme", "alice")
    assert not people.is_member(ground.place, "acme", "acme", "carol")
    assert people.members(ground.place, "acme", "acme") == ("alice", "bob")


def test_a_list_of_public_members_is_not_taken_for_all(ground: Ground, people: LiveReader) -> None:
    """GitHub answers 302 to the question for one member where we may not see them all."""
    ground.github.fault("GET", "/orgs/acme/members/alice", 302)
    with pytest.raises(Unavailable):
        people.is_member(ground.place, "acme", "acme", "alice")
    assert _asked(ground) == ["/orgs/acme/members/alice"]


@pytest.mark.parametrize("team", ["acme/nobody-made-this", "elsewhere/core", "acme/", "/core"])
def test_a_team_that_cannot_be_seen_is_no_answer(ground: Ground, people: LiveReader, team: str) -> None:
    with pytest.raises(Unavailable):
        people.is_team_member(ground.place, "acme", team, "alice")
    with pytest.raises(Unavailable):
        LiveReader(ground.app).is_team_member(ground.place, "acme", team, "alice")


def test_members_of_another_organization_cannot_be_known(ground: Ground, people: LiveReader) -> None:
    with pytest.raises(Unavailable):
        people.is_member(ground.place, "acme", "elsewhere", "alice")


def test_who_could_be_asked_is_listed(ground: Ground, people: LiveReader) -> None:
    ground.github.add_team_to_repository(REPOSITORY, "core", "triage")
    assert [row.login for row in people.collaborators(ground.place, "direct")] == ["alice", "bob"]
    assert [facts.collaborator_level(row) for row in people.collaborators(ground.place, "direct")] == [
        "maintain",
        "admin",
    ]
    assert [(row.slug, facts.team_level(row)) for row in people.repository_teams(ground.place)] == [("core", "triage")]


def test_who_was_asked_and_who_was_taken_back_is_read(ground: Ground, people: LiveReader) -> None:
    ground.github.request_review(REPOSITORY, 1, "alice")
    ground.github.request_review(REPOSITORY, 1, team="core")
    ground.github.request_review(REPOSITORY, 1, "carol")
    ground.github.unrequest_review(REPOSITORY, 1, "carol")
    found = facts.requested(*people.review_requests(ground.place, ground.pull()))
    assert found == (
        reviewers.Requested(kind="user", name="alice"),
        reviewers.Requested(kind="team", name="core"),
        reviewers.Requested(kind="user", name="carol", removed=True),
    )


@pytest.mark.parametrize(
    ("role", "permissions", "level"),
    [
        ("maintain", {"pull": True}, "maintain"),
        ("our own role", {"pull": True, "push": True, "triage": True}, "write"),
        ("", {"admin": True}, "admin"),
        ("", {"admin": False}, "none"),
    ],
)
def test_a_level_is_the_standard_role_or_the_highest_permission(
    role: str, permissions: dict[str, bool], level: str
) -> None:
    assert facts.collaborator_level(Collaborator(login="a", role_name=role, permissions=permissions)) == level


@pytest.mark.parametrize(("permission", "level"), [("push", "write"), ("pull", "read"), ("our own role", "none")])
def test_a_team_without_a_map_of_permissions_has_its_word(permission: str, level: str) -> None:
    assert facts.team_level(RepositoryTeam(slug="core", permission=permission)) == level


def test_what_comes_from_the_organization_is_not_held_directly() -> None:
    def row(login: str, role: str) -> Collaborator:
        return Collaborator(login=login, role_name=role, permissions={})

    everybody = (row("alice", "write"), row("bob", "admin"), row("carol", "write"))
    found = facts.collaborators(everybody, (row("alice", "read"),), (("alice", "write"), ("carol", "triage")))
    assert found == (
        reviewers.Collaborator(login="alice", level="write", direct=("read", "write")),
        reviewers.Collaborator(login="bob", level="admin"),
        reviewers.Collaborator(login="carol", level="write", direct=("triage",)),
    )
