"""What is unchanged is asked for with its ETag, costs a 304, and is never served without asking."""

import pytest

from app.rosters import Rosters
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
    read = [one for one in house.github.requests if "/contents/" in one.path]
    assert [one.status for one in read] == [200, 200, 200]


def test_a_list_of_members_is_read_once_for_all_who_are_asked_for(furnished: House) -> None:
    furnished.github.comment(REPOSITORY, 1, by="carol", body=":+1:")
    furnished.github.comment(REPOSITORY, 1, by="alice", body=":+1:")
    _judge(furnished)
    read = [one.path for one in furnished.github.requests if "/teams/core" in one.path]
    assert read == ["/orgs/acme/teams/core/members"]
