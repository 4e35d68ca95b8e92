"""Lists of members: kept for a short time, dropped by a webhook, and never a reason to fail."""

import pytest
import redis

from app import rosters
from app.rosters import Roster, Rosters, RostersUnavailable

CORE = Roster(("alice", "Bob"))
NOWHERE = "redis://127.0.0.1:1/0"


def test_a_list_is_found_again(redis_db: str) -> None:
    kept = Rosters(redis_db)
    kept.keep(kept.place(1, "acme/core"), CORE)
    assert Rosters(redis_db).find(kept.place(1, "ACME/Core")) == CORE


def test_that_a_list_is_too_long_is_remembered_too(redis_db: str) -> None:
    kept = Rosters(redis_db)
    kept.keep(kept.place(1, "acme"), Roster(None))
    assert kept.find(kept.place(1, "acme")) == Roster(None)


@pytest.mark.parametrize("kept", [b"alice", b'"alice"', b"{}", b"\xff"])
def test_what_is_not_a_list_is_not_taken_for_one(redis_db: str, kept: bytes) -> None:
    found = Rosters(redis_db)
    place = found.place(1, "acme")
    assert place is not None
    redis.Redis.from_url(redis_db).set(place, kept)
    assert found.find(place) is None


@pytest.mark.parametrize(("login", "is_there"), [("alice", True), ("BOB", True), ("carol", False), ("", False)])
def test_a_login_is_looked_for_in_any_case(login: str, is_there: bool) -> None:
    assert CORE.has(login) is is_there


def test_nobody_is_in_a_list_that_was_not_read() -> None:
    assert not Roster(None).has("alice")


@pytest.mark.parametrize(
    ("installation", "group"), [(2, "acme/core"), (1, "acme/other"), (1, "acme"), (1, "elsewhere/core")]
)
def test_another_installation_or_group_has_a_list_of_its_own(redis_db: str, installation: int, group: str) -> None:
    kept = Rosters(redis_db)
    kept.keep(kept.place(1, "acme/core"), CORE)
    assert kept.find(kept.place(installation, group)) is None


def test_a_change_drops_all_lists_of_the_organization_and_no_others(redis_db: str) -> None:
    kept = Rosters(redis_db)
    for group in ("acme", "acme/core", "acme/parent", "other"):
        kept.keep(kept.place(1, group), CORE)
    kept.drop(1, "Acme")
    assert [kept.find(kept.place(1, group)) for group in ("acme", "acme/core", "acme/parent")] == [None, None, None]
    assert kept.find(kept.place(1, "other")) == CORE


def test_what_was_read_before_a_change_is_not_kept_after_it(redis_db: str) -> None:
    """One worker asks GitHub, the webhook comes, and only then does the worker keep what it was told."""
    kept = Rosters(redis_db)
    before = kept.place(1, "acme/core")
    kept.drop(1, "acme")
    kept.keep(before, CORE)
    assert kept.find(kept.place(1, "acme/core")) is None


def test_a_list_lives_as_long_as_it_says(redis_db: str) -> None:
    kept = Rosters(redis_db)
    place = kept.place(1, "acme/core")
    kept.keep(place, CORE)
    assert place is not None
    lives = redis.Redis.from_url(redis_db).ttl(place)
    assert 0 < int(str(lives)) <= rosters.ROSTER_SECONDS


def test_without_redis_nothing_is_known_and_nothing_fails() -> None:
    away = Rosters(NOWHERE)
    place = away.place(1, "acme/core")
    away.keep(place, CORE)
    away.keep("somewhere", CORE)
    assert (place, away.find(place), away.find("somewhere")) == (None, None, None)


def test_a_drop_that_redis_did_not_hear_is_told() -> None:
    with pytest.raises(RostersUnavailable):
        Rosters(NOWHERE).drop(1, "acme")
