"""Every pull request is judged in both modes; one is posted, and where they differ it is said everywhere."""

import json

import pytest

from app import chain_text, explain
from app.records import mode_differences
from tests.tasks.house import REPOSITORY, House

NOBODY_ASKED = "policy: {approval: []}\n"
NEEDS_WORK = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, permissions: [write]}
"""


def _judge(house: House, policy: str) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": policy}, by="acme")
    house.deliver_pull()
    house.work()


def _text(house: House) -> str:
    with house.context.pool.connection() as tx:
        chain = explain.pull_request(tx, REPOSITORY, 1)
    assert chain is not None
    return chain_text.render(chain)


def test_policy_bots_verdict_is_posted_unless_told_otherwise(house: House) -> None:
    _judge(house, NOBODY_ASKED)
    assert house.states() == ["success"]
    assert house.rows("SELECT mode, state, other_state FROM evaluations") == [
        {"mode": "compat", "state": "success", "other_state": "error"}
    ]


@pytest.mark.parametrize("settings", [{"policy_mode": "strict"}, {"strict_repositories": ("ACME/widget",)}])
def test_the_strict_verdict_is_posted_where_it_is_asked_for(house: House, settings: dict[str, object]) -> None:
    house.with_settings(**settings)
    _judge(house, NOBODY_ASKED)
    assert house.states() == ["error"]
    assert house.rows("SELECT mode, state, other_state FROM evaluations") == [
        {"mode": "strict", "state": "error", "other_state": "success"}
    ]


def test_a_later_request_for_changes_is_a_difference_that_is_explained(house: House) -> None:
    _judge(house, NEEDS_WORK)
    house.approve()
    house.clock.forward(60)
    house.github.review(REPOSITORY, 1, by="alice", state="changes_requested")
    house.deliver(house.event("pull_request_review", "submitted", pulls=(1,)))
    house.work()
    assert house.states()[-1] == "success"
    (row,) = house.rows("SELECT other_state, differences FROM evaluations ORDER BY seq DESC LIMIT 1")
    assert row["other_state"] == "pending"
    assert "alice asked for changes afterwards" in row["differences"][0]
    assert "mode      compat; strict would say pending: 0/1 rules approved" in _text(house)
    assert f"because   {row['differences'][0]}" in _text(house)


def test_where_both_modes_agree_one_line_says_so(house: House) -> None:
    _judge(house, NEEDS_WORK)
    assert "mode      compat; strict says the same" in _text(house)
    house.with_settings(policy_mode="strict")
    _judge(house, NEEDS_WORK)
    assert "mode      strict; compat says the same" in _text(house)


def test_the_audit_says_whether_the_modes_differ(house: House) -> None:
    _judge(house, NEEDS_WORK)
    _judge(house, NOBODY_ASKED)
    found = house.rows("SELECT body FROM audit_events WHERE kind = 'pull_request_evaluated' ORDER BY seq")
    said = [(row["body"]["mode"], row["body"]["other_state"], row["body"]["differs"]) for row in found]
    assert said == [("compat", "pending", False), ("compat", "error", True)]


def test_what_could_not_be_evaluated_has_no_mode(house: House) -> None:
    _judge(house, "policy: [")
    assert house.rows("SELECT mode, other_state, differences, text FROM evaluations JOIN policy_files ON"
                      " digest = policy_digest") == [
        {"mode": None, "other_state": None, "differences": None, "text": "policy: ["}
    ]  # fmt: skip
    assert "mode " not in _text(house)
    found = house.rows("SELECT body FROM audit_events WHERE kind = 'pull_request_evaluated'")
    assert (found[0]["body"]["mode"], found[0]["body"]["differs"]) == (None, False)


def test_where_a_fact_may_not_be_read_the_policy_is_known_all_the_same(house: House) -> None:
    house.github.fault("GET", "/collaborators/", 403)
    house.deliver_pull()
    house.approve()
    (row,) = house.rows("SELECT status_text, policy_source, policy_digest, mode FROM evaluations")
    assert row["status_text"] == "Error evaluating policy in acme/widget@main: .policy.yml"
    assert row["policy_source"].startswith("acme/widget@")
    assert (row["policy_digest"] is None, row["mode"]) == (False, None)


def test_the_whole_chain_is_json_with_both_trees(house: House) -> None:
    _judge(house, NOBODY_ASKED)
    with house.context.pool.connection() as tx:
        chain = explain.pull_request(tx, REPOSITORY, 1)
    assert chain is not None
    (evaluation,) = json.loads(json.dumps(chain, default=str))["runs"][0]["evaluations"]
    assert (evaluation["result"]["status"], evaluation["other_result"]["status"]) == ("approved", "error")
    assert (evaluation["mode"], evaluation["other_state"]) == ("compat", "error")
    assert len(evaluation["differences"]) == 1


def test_a_team_can_list_what_strict_would_change(house: House) -> None:
    _judge(house, NOBODY_ASKED)
    with house.context.pool.connection() as tx:
        (row,) = mode_differences.that_differ(tx, REPOSITORY)
    assert (row["number"], row["state"], row["other_state"]) == (1, "success", "error")
    _judge(house, NEEDS_WORK)
    with house.context.pool.connection() as tx:
        assert mode_differences.that_differ(tx) == []


def test_names_that_postgres_cannot_hold_do_not_stop_the_verdict(house: House) -> None:
    _judge(
        house, 'policy: {approval: ["a\\0b"]}\napproval_rules: [{name: "a\\0b", requires: {count: 1, users: [x]}}]\n'
    )
    assert house.states() == ["pending"]
    assert "a b" in _text(house) or "a\ufffdb" in _text(house)
