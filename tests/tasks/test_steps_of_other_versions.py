"""A step that this version has no name for is left alone, and holds up no other: a newer version has left it behind."""

from app.records.workflows import Workflow
from tests.tasks import steering
from tests.tasks.house import House
from tests.tasks.steering import listed, shown


def _not_known(house: House) -> Workflow:
    """An evaluation that stands at such a step."""
    house.deliver_pull()
    house.sent.clear()
    (found,) = listed(house, "policy_evaluation")
    house.rows("UPDATE workflows SET current_step = 'triage' RETURNING id")
    house.rows("UPDATE steps SET name = 'triage' RETURNING id")
    return found


def test_what_is_due_beside_it_is_enqueued(house: House) -> None:
    unknown = _not_known(house)
    house.deliver(house.event("push", branch="main"))
    house.sent.clear()
    steering.later(house)
    assert shown(house, unknown.id).workflow.status == "pending"
    assert [each.status for each in listed(house, "policy_evaluation") if each.kind == "find_by_branch"] == [
        "succeeded"
    ]


def test_what_a_dead_worker_has_left_beside_it_waits_again(house: House) -> None:
    unknown = _not_known(house)
    house.deliver(house.event("push", branch="main"))
    house.rows(
        "WITH taken AS (UPDATE steps SET status = 'running', lease = gen_random_uuid(), attempts = 1,"
        " lease_until = now() - interval '1 hour' - (name = 'triage')::integer * interval '1 minute'"
        " RETURNING workflow_id)"
        " UPDATE workflows SET status = 'running' FROM taken WHERE id = workflow_id RETURNING id"
    )
    house.sent.clear()
    steering.later(house)
    assert shown(house, unknown.id).workflow.status == "running"
    assert [each.status for each in listed(house, "policy_evaluation") if each.kind == "find_by_branch"] == ["pending"]
