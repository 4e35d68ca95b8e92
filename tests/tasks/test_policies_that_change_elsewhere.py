"""A policy that is kept outside the base branch: pull requests are judged again where that place is pushed to."""

from app.events import Event, Repository
from tests.tasks.house import POLICY, REPOSITORY, House

NOBODY = "policy: {approval: [nobody is needed]}\napproval_rules: [{name: nobody is needed}]\n"
SHARED = "acme/.github"
FAR = "acme/policies"


def _refer(house: House, text: str) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": text}, by="acme")


def _push(house: House, name: str, branch: str, files: dict[str, str | None]) -> None:
    """Change files there, and have GitHub tell of it."""
    house.github.push(name, branch, files, by="acme")
    repository = Repository(id=house.github.state.repository(name).id, full_name=name)
    house.deliver(Event(name="push", repository=repository, installation_id=house.installation_id, branch=branch))
    house.work()


def _judge(house: House) -> None:
    house.deliver_pull(action="edited")
    house.work()


def test_a_change_of_the_shared_policy_is_applied(house: House) -> None:
    house.github.add_repository(SHARED, files={"policy.yml": POLICY})
    house.github.push(REPOSITORY, "main", {".policy.yml": None}, by="acme")
    _judge(house)
    _push(house, SHARED, "main", {"policy.yml": NOBODY})
    assert house.states() == ["pending", "success"]


def test_a_first_shared_policy_is_applied_to_those_that_have_none(house: House) -> None:
    house.github.add_repository(SHARED)
    house.github.push(REPOSITORY, "main", {".policy.yml": None}, by="acme")
    _judge(house)
    _push(house, SHARED, "main", {"policy.yml": NOBODY})
    assert house.states() == ["pending", "success"]


def test_a_change_of_what_a_reference_points_to_is_applied(house: House) -> None:
    house.github.add_repository(FAR, files={".policy.yml": POLICY})
    _refer(house, "remote: Acme/Policies\n")
    _judge(house)
    _push(house, FAR, "other", {".policy.yml": NOBODY})
    assert house.rows("SELECT count(*) AS n FROM evaluations") == [{"n": 1}]
    _push(house, FAR, "main", {".policy.yml": NOBODY})
    assert house.states() == ["pending", "success"]


def test_a_reference_into_another_branch_of_the_same_repository_is_followed(house: House) -> None:
    house.github.push(REPOSITORY, "rules", {".policy.yml": POLICY}, by="acme")
    _refer(house, f"remote: {REPOSITORY}\nref: rules\n")
    _judge(house)
    _push(house, REPOSITORY, "rules", {".policy.yml": NOBODY})
    assert house.states() == ["pending", "success"]


def test_a_repository_with_its_own_policy_is_left_alone(house: House) -> None:
    house.github.add_repository(SHARED, files={"policy.yml": POLICY})
    _judge(house)
    _push(house, SHARED, "main", {"policy.yml": NOBODY})
    assert house.rows("SELECT count(*) AS n FROM evaluations") == [{"n": 1}]


def test_a_policy_that_came_home_is_not_looked_for_abroad_any_more(house: House) -> None:
    house.github.add_repository(FAR, files={".policy.yml": POLICY})
    _refer(house, f"remote: {FAR}\n")
    _judge(house)
    _push(house, REPOSITORY, "main", {".policy.yml": NOBODY})
    _push(house, FAR, "main", {".policy.yml": NOBODY})
    assert house.rows("SELECT count(*) AS n FROM evaluations") == [{"n": 2}]
