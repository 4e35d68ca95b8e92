"""A policy may name the teams and organizations of another owner where our App is installed there, too."""

from dataclasses import dataclass, replace

import pytest

from app.events import Event
from app.github.reader import Place
from app.records import pulls
from app.simulator.records import Installation
from policies.document import parse
from policies.reviewers import Reviewers
from tasks import gathering
from tests.tasks.house import REPOSITORY, House

POLICY = """
policy: {approval: [they approve]}
approval_rules:
  - name: they approve
    requires: {count: 1, %s}
    options: {request_review: {enabled: true}}
"""
OF_THE_TEAM = "teams: [other/core]"
OF_THE_ORGANIZATION = "organizations: [other]"


@dataclass
class Other:
    """The organization `other`: alice is in it and in its team `core`; and our App's installation there."""

    house: House
    installation: Installation

    def deliver(self, name: str, action: str) -> None:
        """An event of that organization, which is of its own installation and names no repository."""
        event = Event(name=name, action=action, installation_id=self.installation.id, owner="other", team="other/core")
        self.house.deliver(event)

    def permit(self, **permissions: str) -> None:
        """From now on the installation has these permissions and no others."""
        with self.house.github.changing() as state:
            state.installations[self.installation.id] = replace(self.installation, permissions=permissions)


@pytest.fixture
def other(house: House) -> Other:
    house.github.add_organization("other", members={"alice": "member"}, teams={"core": {"alice": "member"}})
    (app,) = house.github.state.apps.values()
    return Other(house, house.github.install(app, "other"))


def _use(house: House, keys: str) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": POLICY % keys}, by="acme")


def _judge(house: House) -> str:
    """The state of the newest evaluation."""
    house.clock.forward(61)
    house.deliver_pull(action="edited")
    house.work()
    return _state(house)


def _state(house: House) -> str:
    newest: str = house.rows("SELECT state FROM evaluations ORDER BY seq")[-1]["state"]
    return newest


def _reason(house: House) -> str:
    newest: str = house.rows("SELECT description FROM evaluations ORDER BY seq")[-1]["description"]
    return newest


@pytest.mark.parametrize("keys", [OF_THE_TEAM, OF_THE_ORGANIZATION])
def test_only_a_member_over_there_approves(other: Other, keys: str) -> None:
    house = other.house
    _use(house, keys)
    house.github.review(REPOSITORY, 1, by="carol", state="approved")
    assert _judge(house) == "pending"
    house.approve()
    assert _state(house) == "success"


def test_a_member_of_a_team_of_the_same_name_here_does_not_approve(other: Other) -> None:
    house = other.house
    house.github.add_organization("acme", members={"carol": "member"}, teams={"core": {"carol": "member"}})
    _use(house, OF_THE_TEAM)
    house.github.review(REPOSITORY, 1, by="carol", state="approved")
    assert _judge(house) == "pending"


@pytest.mark.parametrize("keys", [OF_THE_TEAM, OF_THE_ORGANIZATION])
def test_it_is_an_error_where_the_app_is_not_installed(other: Other, keys: str) -> None:
    house = other.house
    _use(house, keys)
    house.github.uninstall(other.installation)
    house.approve()
    assert (_state(house), "not installed on" in _reason(house)) == ("error", True)


def test_it_is_an_error_where_the_installation_is_suspended(other: Other) -> None:
    _use(other.house, OF_THE_TEAM)
    other.house.github.suspend(other.installation)
    other.house.approve()
    assert (_state(other.house), "not installed on" in _reason(other.house)) == ("error", True)


@pytest.mark.parametrize("keys", [OF_THE_TEAM, OF_THE_ORGANIZATION])
def test_it_is_an_error_where_the_installation_may_not_see_members(other: Other, keys: str) -> None:
    _use(other.house, keys)
    other.permit(metadata="read")
    other.house.approve()
    assert (_state(other.house), "may lack a permission" in _reason(other.house)) == ("error", True)


def test_it_is_an_error_where_there_is_no_such_team(other: Other) -> None:
    _use(other.house, "teams: [other/nobody-made-this]")
    other.house.approve()
    assert (_state(other.house), "does not show" in _reason(other.house)) == ("error", True)


def test_trouble_with_the_list_of_installations_is_asked_for_again(other: Other) -> None:
    house = other.house
    _use(house, OF_THE_TEAM)
    house.github.fault("GET", "/app/installations", 502)
    house.approve()
    assert house.rows("SELECT state FROM evaluations") == []
    house.clock.forward(2)
    house.sweep()
    assert _state(house) == "success"


@pytest.mark.parametrize("keys", [OF_THE_TEAM, OF_THE_ORGANIZATION])
def test_who_leaves_over_there_counts_no_more_at_the_event_of_that_installation(other: Other, keys: str) -> None:
    house = other.house
    _use(house, keys)
    house.approve()
    house.github.remove_member("other", "alice")
    other.deliver("organization", "member_removed")
    house.work()
    assert house.states() == ["success", "pending"]


def test_the_event_of_that_installation_drops_its_lists_and_no_others(other: Other) -> None:
    house = other.house
    house.github.add_organization("acme", teams={"core": {"alice": "member"}})
    _use(house, "teams: [acme/core, other/core]")
    house.approve()
    house.github.remove_from_team("acme", "core", "alice")
    house.github.remove_from_team("other", "core", "alice")
    other.deliver("membership", "removed")
    house.work()
    assert _state(house) == "success"  # the list of acme's team is kept
    house.deliver(house.event("membership", "removed", owner="acme").model_copy(update={"repository": None}))
    house.work()
    assert _state(house) == "pending"


def test_an_event_of_our_own_installation_does_not_drop_the_lists_over_there(other: Other) -> None:
    house = other.house
    _use(house, OF_THE_TEAM)
    house.approve()
    house.github.remove_from_team("other", "core", "alice")
    house.deliver(house.event("membership", "removed", owner="acme").model_copy(update={"repository": None}))
    house.work()
    assert _state(house) == "success"
    other.deliver("membership", "removed")
    house.work()
    assert _state(house) == "pending"


def test_who_joins_over_there_has_approved(other: Other) -> None:
    house = other.house
    house.github.remove_from_team("other", "core", "alice")
    _use(house, OF_THE_TEAM)
    house.approve()
    assert _state(house) == "pending"
    house.github.add_to_team("other", "core", "alice")
    other.deliver("membership", "added")
    house.work()
    assert _state(house) == "success"


def test_an_installation_that_may_see_members_again_ends_the_error(other: Other) -> None:
    house = other.house
    _use(house, OF_THE_TEAM)
    house.github.suspend(other.installation)
    house.approve()
    assert _state(house) == "error"
    house.github.unsuspend(other.installation)
    other.deliver("installation", "unsuspend")
    house.work()
    assert _state(house) == "success"


def test_an_event_over_there_evaluates_nothing_whose_policy_does_not_name_it(other: Other) -> None:
    house = other.house
    house.approve()
    evaluated = len(house.rows("SELECT id FROM evaluations"))
    other.deliver("membership", "removed")
    house.work()
    assert len(house.rows("SELECT id FROM evaluations")) == evaluated


def test_events_over_there_keep_to_the_limit_of_the_installation_here(other: Other) -> None:
    house = other.house
    house.with_settings(reevaluations_per_minute=1)
    _use(house, OF_THE_TEAM)
    house.approve()
    evaluated = len(house.rows("SELECT id FROM evaluations"))
    for _ in range(3):
        other.deliver("membership", "added")
        house.work()
    assert len(house.rows("SELECT id FROM evaluations")) == evaluated + 1


def _named(house: House, organization: str, installation_id: int) -> list[int]:
    with house.context.pool.connection() as tx:
        return [row["number"] for row in pulls.with_policy_naming(tx, organization, installation_id)]


def test_it_finds_open_pull_requests_of_other_installations_by_their_newest_policy(other: Other) -> None:
    house, there = other.house, other.installation.id
    _use(house, OF_THE_TEAM)
    _judge(house)
    assert _named(house, "OTHER", there) == [1]
    assert _named(house, "other", house.installation_id) == []
    _use(house, "users: [alice]")
    _judge(house)
    assert _named(house, "other", there) == []
    _use(house, OF_THE_TEAM)
    _judge(house)
    house.github.close(REPOSITORY, 1)
    house.deliver_pull(action="closed")
    house.work()
    assert _named(house, "other", there) == []


def _reviewers(house: House, keys: str) -> Reviewers:
    place = Place(house.installation_id, house.repository_id)
    pull = house.context.reader.pull(place, 1)
    assert pull is not None
    return gathering.reviewers(house.context, place, pull, parse(POLICY % keys).rules)


def test_members_over_there_can_be_asked_for_a_review(other: Other) -> None:
    found = _reviewers(other.house, f"{OF_THE_TEAM}, {OF_THE_ORGANIZATION}")
    assert (found.teams, found.organizations) == ((("other/core", ("alice",)),), (("other", ("alice",)),))


def test_nobody_can_be_asked_where_the_app_is_not_installed(other: Other) -> None:
    other.house.github.uninstall(other.installation)
    found = _reviewers(other.house, f"{OF_THE_TEAM}, {OF_THE_ORGANIZATION}")
    assert (found.teams, found.organizations) == ((), ())
