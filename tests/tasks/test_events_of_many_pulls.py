"""Events that concern many pull requests: each is evaluated, no faster than allowed, its own events first."""

from datetime import datetime, timedelta

import pytest

from app.events import Event, Repository
from app.rosters import RostersUnavailable
from tests.tasks.house import POLICY, REPOSITORY, House

MINUTE = timedelta(minutes=1)


def _open(house: House, count: int, base: str = "main") -> None:
    """Open so many more pull requests, of which nobody is told."""
    if base != "main":
        house.github.push(REPOSITORY, base, {".policy.yml": POLICY}, by="alice")
    for index in range(count):
        house.github.push(REPOSITORY, f"{base}-{index}", {f"{index}.py": "1"}, by="bob")
        house.github.open_pull(REPOSITORY, f"{base}-{index}", by="bob", base=base)


def _of_owner(house: House, name: str, action: str) -> Event:
    return Event(name=name, action=action, installation_id=house.installation_id, owner="acme", team="acme/core")


def _due(house: House) -> list[datetime]:
    rows = house.rows("SELECT due_at FROM runs WHERE kind = 'evaluate' ORDER BY due_at")
    return [row["due_at"] for row in rows]


def _evaluated(house: House) -> list[int]:
    return [row["number"] for row in house.rows("SELECT number FROM evaluations ORDER BY seq")]


@pytest.mark.parametrize(
    ("name", "action"),
    [
        ("member", "removed"),
        ("team", "removed_from_repository"),
        ("label", "edited"),
        ("custom_property_values", "updated"),
    ],
)
def test_an_event_of_a_repository_evaluates_all_its_open_pull_requests(house: House, name: str, action: str) -> None:
    _open(house, 1)
    _open(house, 1, base="release")
    house.deliver(house.event(name, action))
    house.work()
    assert _evaluated(house) == [1, 2, 3]


@pytest.mark.parametrize(
    ("name", "action"),
    [("membership", "removed"), ("team", "deleted"), ("organization", "member_removed"), ("installation", "unsuspend")],
)
def test_an_event_of_an_organization_evaluates_what_is_known_of_it(house: House, name: str, action: str) -> None:
    _open(house, 1)
    house.deliver_pull(1)
    house.deliver_pull(2)
    house.work()
    house.deliver(_of_owner(house, name, action))
    house.work()
    assert _evaluated(house) == [1, 2, 1, 2]


def test_an_event_of_another_installation_evaluates_nothing_here(house: House) -> None:
    house.deliver_pull()
    house.work()
    other = house.installation_id + 1
    house.deliver(_of_owner(house, "membership", "removed").model_copy(update={"installation_id": other}))
    house.work()
    assert _evaluated(house) == [1]


def test_a_closed_pull_request_is_left_out(house: House) -> None:
    _open(house, 1)
    house.deliver_pull(1)
    house.deliver_pull(2)
    house.work()
    house.github.close(REPOSITORY, 2)
    house.deliver_pull(2, action="closed")
    house.work()
    house.deliver(_of_owner(house, "membership", "added"))
    house.work()
    assert _evaluated(house) == [1, 2, 1]


def test_new_repositories_are_looked_through(house: House) -> None:
    here = Repository(id=house.repository_id, full_name=REPOSITORY)
    house.deliver(_of_owner(house, "installation_repositories", "added").model_copy(update={"repositories": (here,)}))
    house.work()
    assert _evaluated(house) == [1]


def test_many_new_repositories_are_looked_through_at_the_same_limit(house: House) -> None:
    house.with_settings(reevaluations_per_minute=2)
    listed = tuple(Repository(id=number, full_name=f"acme/r{number}") for number in range(1, 6))
    house.deliver(_of_owner(house, "installation", "created").model_copy(update={"repositories": listed}))
    now = house.clock()
    rows = house.rows("SELECT due_at FROM runs WHERE kind = 'find_by_repository' ORDER BY due_at")
    due = [row["due_at"] for row in rows]
    assert due == [now, now, now + MINUTE, now + MINUTE, now + 2 * MINUTE]


def test_no_more_are_due_in_a_minute_than_allowed_and_the_rest_follows(house: House) -> None:
    house.with_settings(reevaluations_per_minute=2)
    _open(house, 4)
    house.deliver(house.event("push", None, branch="main", head_sha="b" * 40))
    house.work()
    now = house.clock()
    assert _due(house) == [now, now, now + MINUTE, now + MINUTE, now + 2 * MINUTE]
    assert _evaluated(house) == [1, 2]
    house.clock.forward(60)
    house.sweep()
    assert sorted(_evaluated(house)) == [1, 2, 3, 4]
    house.clock.forward(60)
    house.sweep()
    assert sorted(_evaluated(house)) == [1, 2, 3, 4, 5]


def test_a_second_event_keeps_to_the_same_limit(house: House) -> None:
    house.with_settings(reevaluations_per_minute=2)
    _open(house, 2)
    _open(house, 1, base="release")
    for branch in ("main", "release"):
        house.deliver(house.event("push", None, branch=branch, head_sha="b" * 40))
        house.work()
    now = house.clock()
    assert _due(house) == [now, now, now + MINUTE, now + MINUTE]


def test_what_was_due_half_a_minute_ago_counts_for_the_limit(house: House) -> None:
    house.with_settings(reevaluations_per_minute=2)
    _open(house, 1)
    house.deliver(house.event("push", None, branch="main", head_sha="b" * 40))
    house.work()
    first = house.clock()
    house.clock.forward(30)
    house.deliver(house.event("push", None, branch="main", head_sha="c" * 40))
    house.work()
    assert _due(house) == [first, first, first + MINUTE, first + MINUTE]


def test_those_of_a_commit_that_are_known_are_judged_though_the_list_can_not_be_read(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.github.fault("GET", "/commits/.*/pulls", 502)
    head = house.github.state.pull(REPOSITORY, 1).head_sha
    house.deliver(house.event("status", None, head_sha=head))
    house.work()
    assert _evaluated(house) == [1, 1]


def test_a_burst_of_pushes_doubles_nothing_that_waits(house: House) -> None:
    house.with_settings(reevaluations_per_minute=1)
    _open(house, 2)
    for index in range(4):
        house.deliver(house.event("push", None, branch="main", head_sha=f"{index}" * 40))
        house.sent = [message for message in house.sent if message[0] == "evaluate.find_pull_requests"]
        house.work()
    runs = house.rows("SELECT id FROM runs WHERE kind = 'evaluate'")
    causes = house.rows(
        "SELECT run_id, count(*) AS n FROM run_deliveries JOIN runs ON id = run_id WHERE number = 3 GROUP BY run_id"
    )
    assert len(runs) == 3 + 1, "number 1 was evaluated and waits again, 2 and 3 wait since the first push"
    assert [row["n"] for row in causes] == [4]


def test_a_storm_of_events_is_not_handed_on_whole(house: House) -> None:
    house.deliver_pull()
    house.work()
    for _ in range(12):
        house.deliver(house.event("member", "added"))
    house.work()
    causes = house.rows(
        "SELECT kind, array_agg(delivery_id ORDER BY delivery_id) AS of FROM run_deliveries JOIN runs ON id = run_id"
        " GROUP BY run_id, kind ORDER BY max(delivery_id), kind"
    )
    (_, judged, find) = (row["of"] for row in causes)
    assert (len(find), judged) == (12, find[-10:])


def test_an_event_of_its_own_goes_before_the_others(house: House) -> None:
    house.with_settings(reevaluations_per_minute=1)
    _open(house, 2)
    house.deliver(house.event("push", None, branch="main", head_sha="b" * 40))
    house.work()
    assert _evaluated(house) == [1]
    house.deliver_pull(3, action="edited")
    house.work()
    assert _evaluated(house) == [1, 3]
    house.clock.forward(60)
    house.sweep()
    assert _evaluated(house) == [1, 3, 2]


def test_an_event_does_not_hurry_what_github_told_to_wait(house: House) -> None:
    house.github.fault("GET", "/pulls/1", 429, headers={"retry-after": "120"})
    house.deliver_pull()
    house.work()
    house.deliver_pull(action="edited")
    house.work()
    assert _evaluated(house) == []
    house.clock.forward(121)
    house.sweep()
    assert _evaluated(house) == [1]


def test_it_goes_on_where_a_worker_stopped(house: House) -> None:
    house.with_settings(reevaluations_per_minute=1)
    _open(house, 1)
    house.deliver(house.event("member", "added"))
    house.work()
    house.sent.clear()
    house.clock.forward(60)
    house.sweep()
    assert _evaluated(house) == [1, 2]


def test_a_list_that_can_not_be_read_is_asked_for_again(house: House) -> None:
    house.github.fault("GET", "/pulls", 502)
    house.deliver(house.event("member", "removed"))
    house.work()
    assert _evaluated(house) == []
    house.clock.forward(2)
    house.sweep()
    assert _evaluated(house) == [1]


OF_TEAM = """
policy: {approval: [the core team approves]}
approval_rules:
  - name: the core team approves
    requires: {count: 1, teams: [acme/core]}
"""


def _core_team(house: House) -> None:
    """alice is in the team and has approved; the gate has seen it."""
    house.github.add_organization("acme", teams={"core": {"alice": "member"}})
    house.github.push(REPOSITORY, "main", {".policy.yml": OF_TEAM}, by="acme")
    house.deliver_pull()
    house.work()
    house.approve()


def test_who_left_a_team_counts_no_more_though_its_list_was_kept(house: House) -> None:
    _core_team(house)
    house.github.remove_from_team("acme", "core", "alice")
    house.deliver(_of_owner(house, "membership", "removed"))
    house.work()
    assert house.states() == ["pending", "success", "pending"]


def test_a_list_that_can_not_be_dropped_holds_the_event_back(house: House) -> None:
    _core_team(house)
    house.github.remove_from_team("acme", "core", "alice")
    known, reachable = len(house.rows("SELECT id FROM deliveries")), house.context.settings.redis_url
    house.with_settings(redis_url="redis://127.0.0.1:1/0")
    with pytest.raises(RostersUnavailable):
        house.deliver(_of_owner(house, "membership", "removed"), guid="one")
    assert len(house.rows("SELECT id FROM deliveries")) == known
    house.with_settings(redis_url=reachable)
    house.deliver(_of_owner(house, "membership", "removed"), guid="one")
    house.work()
    assert house.states() == ["pending", "success", "pending"]
