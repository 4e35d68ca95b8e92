"""The final read of a merge: all of one head, by the rules and the policy that are in force."""

import hashlib

import pytest

from policies import default_policy
from policies.merging.rules import DEFAULT
from tests.tasks.final_reads import head, load, rules
from tests.tasks.house import POLICY, REPOSITORY, House

ACTIONS = 15368


def _tip(house: House) -> str:
    return str(house.github.state.repository(REPOSITORY).branches["main"])


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_it_loads_all_of_one_head(house: House) -> None:
    house.github.add_app("actions", app_id=ACTIONS)
    house.github.check_run(REPOSITORY, head(house), app_id=ACTIONS, name="ci")
    house.github.set_status(REPOSITORY, head(house), by="bob", context="lint", state="pending")
    house.github.review(REPOSITORY, 1, by="alice")
    house.github.protect(REPOSITORY, checks=[("ci", ACTIONS)], approvals=1)
    found = load(house)
    facts = found.facts
    assert (facts.pull.number, facts.pull.head_sha, facts.pull.base_ref) == (1, head(house), "main")
    assert (facts.pull.review_decision, facts.pull.mergeable) == ("APPROVED", True)
    assert (facts.repository.id, facts.repository.full_name) == (house.repository_id, REPOSITORY)
    assert [(one.name, one.app_id, one.status) for one in facts.checks] == [
        ("ci", ACTIONS, "completed"),
        ("lint", None, "pending"),
    ]
    assert [(one.login, one.state, one.permission) for one in facts.reviews] == [("alice", "APPROVED", "write")]
    assert [(one.context, one.app_id) for one in facts.protection.required] == [("ci", ACTIONS)]
    assert (facts.gate_app_id, facts.gate_context) == (house.context.settings.github_app_id, "mergegate: main")
    assert (found.base_tip, found.rules, found.rules_digest) == (_tip(house), DEFAULT, _sha256(""))
    assert (found.policy_digest, found.policy_trouble) == (_sha256(POLICY), None)
    assert (found.evaluation, found.hooked_head, found.read_at) == (None, None, house.clock())


def test_the_rules_of_the_base_branch_are_loaded_with_their_digest(house: House) -> None:
    text = "merge: {method: rebase, required_approvals: 2}\n"
    rules(house, text)
    found = load(house)
    assert (found.rules.method, found.rules.required_approvals, found.rules_digest) == ("rebase", 2, _sha256(text))


@pytest.mark.parametrize("text", ["merge: [", "merge: {metod: squash}", "{"])
def test_rules_that_are_not_valid_leave_no_policy_in_force(house: House, text: str) -> None:
    rules(house, text)
    found = load(house)
    assert (found.rules, found.policy_digest) == (DEFAULT, None)
    assert (found.policy_trouble or "").startswith(".mergegate.yml on the base branch is not valid in line ")


def test_a_folder_in_place_of_the_rules_leaves_no_policy_in_force(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".mergegate.yml/x": "1"}, by="acme")
    found = load(house)
    assert (found.policy_digest, found.policy_trouble) == (None, ".mergegate.yml is no file but a directory.")


def test_a_policy_that_is_not_valid_is_told(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": "policy: ["}, by="acme")
    found = load(house)
    assert found.policy_digest is None
    assert (found.policy_trouble or "").startswith(".policy.yml on the base branch is not valid")


def test_a_policy_that_leads_nowhere_is_told(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": "remote: acme/nowhere\n"}, by="acme")
    found = load(house)
    assert found.policy_digest is None
    assert "points to a repository that is not there" in (found.policy_trouble or "")


def test_without_a_policy_the_built_in_one_is_in_force(house: House) -> None:
    house.github.push(REPOSITORY, "main", {".policy.yml": None}, by="acme")
    assert load(house).policy_digest == _sha256(default_policy.TEXT)


def test_an_evaluation_binds_the_policy_that_is_in_force(house: House) -> None:
    house.deliver_pull()
    house.work()
    house.approve()
    found = load(house)
    assert found.evaluation is not None
    assert found.evaluation.is_sound
    assert (found.evaluation.decision, found.evaluation.invalidated_by) == ("allow", None)
    assert (found.evaluation.policy_digest, found.evaluation.head_sha) == (found.policy_digest, head(house))


def test_what_an_evaluation_was_bound_to_is_not_in_force_where_nothing_valid_is(house: House) -> None:
    house.deliver_pull()
    house.work()
    rules(house, "merge: {method: sqash}\n")
    found = load(house)
    assert found.evaluation is not None
    assert found.policy_digest is None


def test_the_checks_of_the_test_merge_are_loaded_where_the_rules_ask_for_them(house: House) -> None:
    rules(house, "merge: {evaluate_test_merge_commit: true}\n")
    tested = house.github.test_merge(REPOSITORY, 1)
    assert tested is not None
    house.github.add_app("actions", app_id=ACTIONS)
    for sha in (head(house), tested.sha):
        house.github.check_run(REPOSITORY, sha, app_id=ACTIONS, name="ci")
    assert [one.sha for one in load(house).facts.checks] == [head(house), tested.sha]
    rules(house, None)
    assert [one.sha for one in load(house).facts.checks] == [head(house)]


def test_mergeability_is_that_of_the_last_reading(house: House) -> None:
    house.github.stay_unsure(REPOSITORY, 1, reads=1)
    assert load(house).facts.pull.mergeable is True
    house.github.stay_unsure(REPOSITORY, 1, reads=9)
    assert load(house).facts.pull.mergeable is None


def test_a_pull_request_of_our_own_app_is_known(house: House) -> None:
    ours = house.context.reader.bot_login()
    house.github.change_pull(REPOSITORY, 1, author=ours)
    assert load(house).facts.pull.author_is_gate
