"""What is unchanged is asked for with its ETag and costs a 304; nothing is asked for without need or without end."""

import pytest

from app.github.answers import Unavailable
from app.github.reader import Place
from app.rosters import Rosters
from policies.document import parse
from policies.reviewers import Reviewers
from tasks import gathering
from tests.tasks.house import REPOSITORY, House

WHOLE = """
policy: {approval: [r]}
approval_rules:
  - name: r
    if:
      changed_files: {paths: ["."]}
      has_status: {statuses: [ci], conclusions: [success, failure]}
      has_workflow_result: {workflows: [ci.yml]}
      custom_property_is_null: [x]
      has_author_in: {teams: [acme/core], organizations: [acme], permissions: [write]}
    requires: {count: 1, teams: [acme/core], permissions: [write]}
    options: {invalidate_on_push: true}
"""


@pytest.fixture
def furnished(house: House) -> House:
    """A house where every fact of `WHOLE` is there."""
    github = house.github
    github.add_organization("acme", members={"bob": "member"}, teams={"core": {"bob": "member", "alice": "member"}})
    head = github.state.pull(REPOSITORY, 1).head_sha
    github.set_status(REPOSITORY, head, by="bob", context="ci", state="success")
    github.workflow_run(REPOSITORY, head, path="ci.yml")
    github.push(REPOSITORY, "main", {".policy.yml": WHOLE}, by="acme")
    github.set_property(REPOSITORY, "y", "1")
    return house


def _judge(house: House) -> list[tuple[str, str, int]]:
    """Judge anew; what that asked of GitHub, without tokens and writes."""
    before = len(house.github.requests)
    house.clock.forward(61)
    house.deliver_pull(action="edited")
    house.work()
    asked = house.github.requests[before:]
    return [(one.method, one.path, one.status) for one in asked if one.method == "GET" or one.path == "/graphql"]


def test_a_second_evaluation_costs_one_query_and_what_is_unchanged_costs_nothing(furnished: House) -> None:
    first = _judge(furnished)
    assert sum(status in (200, 204) for _, _, status in first) == 14  # nothing is asked for twice
    _judge(furnished)  # which sees the status that the first one has written
    again = _judge(furnished)
    assert [path for _, path, status in again if status != 304] == ["/graphql"]
    assert not any("/contents/" in path or "/members" in path for _, path, _ in again)
    assert furnished.states() == ["pending"]


def test_a_change_is_seen_at_once(furnished: House) -> None:
    _judge(furnished)
    furnished.github.review(REPOSITORY, 1, by="alice", state="approved")
    _judge(furnished)
    assert furnished.states()[-1] == "success"
    furnished.github.grant(REPOSITORY, "bob", "read")
    furnished.github.remove_from_team("acme", "core", "bob")
    furnished.github.remove_member("acme", "bob")
    Rosters(furnished.context.settings.redis_url).drop(furnished.installation_id, "acme")
    _judge(furnished)
    assert furnished.states()[-1] == "error"


def test_a_policy_is_read_once_for_each_commit_of_its_branch(house: House) -> None:
    for number in range(3):
        house.github.push(REPOSITORY, "main", {"notes": str(number)}, by="acme")
        _judge(house)
        _judge(house)
    read = [one.status for one in house.github.requests if "/contents/.policy.yml" in one.path]
    assert read == [200, 200, 200]
    missed = [one.status for one in house.github.requests if "/contents/.mergegate.yml" in one.path]
    assert missed == [404, 404, 404]


def test_a_list_of_members_is_read_once_for_all_who_are_asked_for(furnished: House) -> None:
    furnished.github.comment(REPOSITORY, 1, by="carol", body=":+1:")
    furnished.github.comment(REPOSITORY, 1, by="alice", body=":+1:")
    _judge(furnished)
    read = [one.path for one in furnished.github.requests if "/teams/core" in one.path]
    assert read == ["/orgs/acme/teams/core/members"]


WRITERS = """
policy: {approval: [r]}
approval_rules:
  - name: r
    requires: {count: 1, %s}
"""
OF_PUSHES = """
policy: {approval: [r]}
approval_rules:
  - name: r
    requires: {count: 1, permissions: [write]}
    options: {invalidate_on_push: true, ignore_update_merges: true}
"""


def _statuses_asked_for(house: House) -> list[str]:
    """The commits whose first status an evaluation asks for."""
    return [path.split("/")[-2] for method, path, _ in _judge(house) if method == "GET" and path.endswith("/statuses")]


def test_a_push_time_is_asked_for_no_further_than_it_is_needed(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": OF_PUSHES}, by="acme")
    own = house.github.state.pull(REPOSITORY, 1).head_sha
    assert set(_statuses_asked_for(house)) == {own}
    house.github.push(REPOSITORY, "main", {"b.py": "1"}, by="alice")
    house.github.update_branch(REPOSITORY, 1, by="bob")
    assert set(_statuses_asked_for(house)) == {own}
    second = house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob").sha
    house.github.push(REPOSITORY, "main", {"b.py": "2"}, by="alice")
    merge = house.github.update_branch(REPOSITORY, 1, by="bob").sha
    assert set(_statuses_asked_for(house)) == {second, merge}


def test_too_many_push_times_are_an_error_and_not_a_guess(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_PUSH_TIMES", 0)
    house.github.push(REPOSITORY, "main", {".policy.yml": OF_PUSHES}, by="acme")
    _judge(house)
    assert house.states() == ["error"]


@pytest.mark.parametrize("limit", ["MOST_QUESTIONS", "MOST_TEAM_MEMBERSHIPS"])
def test_too_many_memberships_are_an_error_and_not_a_guess(
    furnished: House, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(gathering, limit, 0)
    _judge(furnished)
    assert furnished.states() == ["error"]


def test_many_teams_are_asked_for_many_people(house: House) -> None:
    teams = {f"t{number}": {"alice": "member"} for number in range(60)}
    house.github.add_organization("acme", teams=teams)
    named = ", ".join(f"acme/{team}" for team in teams)
    house.github.push(REPOSITORY, "main", {".policy.yml": WRITERS % f"teams: [{named}]"}, by="acme")
    for login in ("alice", "carol", "dan", "eve"):
        house.github.comment(REPOSITORY, 1, by=login, body=":+1:")
    asked = [path for _, path, _ in _judge(house) if path.startswith("/orgs/")]
    assert (house.states(), len(asked)) == (["success"], 60)


def _reviewers(house: House, keys: str) -> Reviewers:
    text = OF_PUSHES.replace("options: {", "options: {request_review: {enabled: true}, ").replace(
        "permissions: [write]", keys
    )
    place = Place(house.installation_id, house.repository_id)
    pull = house.context.reader.pull(place, 1)
    assert pull is not None
    return gathering.reviewers(house.context, place, pull, parse(text).rules)


def test_a_group_that_cannot_be_listed_is_left_out(furnished: House) -> None:
    found = _reviewers(furnished, "teams: [acme/core, acme/gone], organizations: [acme, elsewhere]")
    assert found.teams == (("acme/core", ("alice", "bob")),)
    assert found.organizations == (("acme", ("bob",)),)


def test_a_limit_is_waited_for_and_leaves_nobody_out(furnished: House) -> None:
    furnished.github.limit_secondary("GET", "/teams/core/members", status=429, retry_after=9)
    with pytest.raises(Unavailable) as trouble:
        _reviewers(furnished, "teams: [acme/core]")
    assert trouble.value.not_before is not None


def test_too_many_teams_are_not_listed(furnished: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "MOST_TEAMS", 0)
    furnished.github.add_team_to_repository(REPOSITORY, "core", "write")
    with pytest.raises(Unavailable) as trouble:
        _reviewers(furnished, "permissions: [write]")
    assert trouble.value.code == "EVIDENCE_INCOMPLETE"


def test_what_a_team_holds_is_held_directly(furnished: House) -> None:
    furnished.github.add_team_to_repository(REPOSITORY, "core", "triage")
    found = {person.login: person.direct for person in _reviewers(furnished, "permissions: [write]").collaborators}
    assert found["alice"] == ("triage", "write")
