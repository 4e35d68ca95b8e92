"""A pull request as it would be, over the facts last stored."""

import json
from typing import Any

import pytest

from app import simulation, simulation_request
from app.records.evaluations import Stored
from app.simulation import CannotSimulate, Simulated
from app.simulation_request import Request, Unclear
from policies import server_options
from policies.facts import NOT_FETCHED
from tests.app.recorded import stored
from tests.policies.conftest import approves, at, build_pull, says

__all__ = ["approves", "says"]

POLICY = "policy: {approval: [ok]}\napproval_rules: [{name: ok, requires: {count: 1, permissions: [write]}}]"
TEAM = "policy: {approval: [ok]}\napproval_rules: [{name: ok, requires: {count: 1, teams: [acme/core]}}]"
ORG = "policy: {approval: [ok]}\napproval_rules: [{name: ok, requires: {count: 1, organizations: [acme]}}]"
STABLE = "policy: {approval: [ok]}\napproval_rules: [{name: ok, if: {targets_branch: {pattern: stable}}}]"


def run(pull: Stored, **body: Any) -> Simulated:
    request = simulation_request.parse(json.dumps(body))
    return simulation.run(request, pull, server_options.BUILT_IN, at(50))


@pytest.fixture
def pending() -> Stored:
    return stored(POLICY, build_pull(permissions=(("bob", "write"),)))


@pytest.fixture
def approved(approves: Any) -> Stored:
    return stored(POLICY, build_pull(reviews=(approves("bob"),), permissions=(("bob", "write"),)))


def test_an_added_review_counts(pending: Stored) -> None:
    said = run(pending, add_reviews=[{"author": "bob", "state": "APPROVED"}])
    assert said.verdict.state == "success"
    assert [str(change) for change in said.rules] == [
        'rule "ok": pending (0/1 required approvals) -> approved (Approved by bob)'
    ]


def test_an_added_comment_counts_from_its_own_time(pending: Stored) -> None:
    comment = {"author": "bob", "body": ":+1:", "created_at": "2024-03-01T12:30:00Z", "last_edited_at": None}
    assert run(pending, add_comments=[comment]).result.children[0].children[0].approvers[0].created_at == at(30)


@pytest.mark.parametrize("edited_at", ["2024-03-01T12:40:00Z", None])
def test_what_is_added_was_edited_by_its_author_only(pending: Stored, edited_at: str | None) -> None:
    comment = {"author": "bob", "body": ":+1:", "last_edited_at": edited_at}
    review = {"author": "bob", "state": "APPROVED", "last_edited_at": edited_at}
    for added in ({"add_comments": [comment]}, {"add_reviews": [review]}):
        assert run(pending, mode="strict", **added).verdict.state == "success"


@pytest.mark.parametrize("people", [{"users": ["bob"]}, {"permissions": ["Write"]}])
def test_an_ignored_review_does_not_count(approved: Stored, people: dict[str, Any]) -> None:
    assert run(approved, ignore_reviews={**people, "teams": None}).verdict.state == "pending"


def test_a_null_is_a_key_that_is_not_there(approved: Stored) -> None:
    asked = run(approved, add_comments=None, add_reviews=None, ignore_reviews=None, base_branch=None, policy=None)
    assert asked.verdict.state == "success"


def test_another_base_is_judged_by_the_same_policy_and_says_so() -> None:
    pull = stored(STABLE, build_pull())
    assert run(pull).verdict.state == "error"
    said = run(pull, base_branch="stable")
    assert (said.verdict.state, said.notes) == (
        "success",
        ("The policy is still the one of 'main'; 'stable' may have another.",),
    )


def test_another_policy_and_mode(pending: Stored) -> None:
    assert run(pending, policy="policy: {}").verdict.state == "success"
    said = run(pending, mode="strict")
    assert said.notes == ("Judged in strict mode; the verdict on record was posted in compat mode.",)


def test_what_a_stranger_may_do_is_not_guessed_but_can_be_told(pending: Stored) -> None:
    review = {"author": "zoe", "state": "approved"}
    assert run(pending, add_reviews=[review]).missing == ("permission:zoe",)
    assert run(pending, add_reviews=[review], permissions={"zoe": "write"}).verdict.state == "success"
    assert run(pending, add_reviews=[review], permissions={"zoe": "read"}).verdict.state == "pending"


@pytest.mark.parametrize(
    ("policy", "told"), [(TEAM, {"teams": {"acme/core": ["zoe"]}}), (ORG, {"organizations": {"acme": ["zoe"]}})]
)
def test_memberships_can_be_told(policy: str, told: dict[str, Any]) -> None:
    review = {"author": "zoe", "state": "approved"}
    pull = stored(policy, build_pull())
    assert run(pull, add_reviews=[review]).verdict.state == "error"
    assert run(pull, add_reviews=[review], **told).verdict.state == "success"
    assert run(pull, add_reviews=[review], permissions={"zoe": "admin"}).verdict.state == "pending"


def test_what_is_told_replaces_what_is_recorded_of_a_permission_only(approved: Stored) -> None:
    assert run(approved, permissions={"bob": "read"}).verdict.state == "pending"
    assert run(approved, teams={"acme/core": ["bob"]}).verdict.state == "success"


def test_a_recorded_membership_stays_for_whom_something_else_is_told(approves: Any) -> None:
    pull = stored(TEAM, build_pull(reviews=(approves("bob"),), team_members=(("acme/core", "bob", True),)))
    assert run(pull, permissions={"bob": "read"}).verdict.state == "success"


def test_of_whom_something_is_told_it_is_known_that_they_are_in_no_team_to_ignore(approved: Stored) -> None:
    for people in ({"teams": ["acme/core"]}, {"organizations": ["acme"]}):
        with pytest.raises(CannotSimulate):
            run(approved, ignore_reviews=people)
        assert run(approved, ignore_reviews=people, permissions={"bob": "write"}).verdict.state == "success"


def test_the_facts_that_another_policy_needs_are_named(pending: Stored) -> None:
    files = "policy: {approval: [ok]}\napproval_rules: [{name: ok, if: {changed_files: {paths: [a]}}}]"
    pull = stored(POLICY, build_pull(files=NOT_FETCHED))
    assert run(pull, policy=files).missing == ("files",)


@pytest.mark.parametrize(
    ("changed", "body", "code"),
    [
        ({"policy": None}, {}, "POLICY_NOT_RECORDED"),
        ({}, {"policy": "no: policy"}, "POLICY_INVALID"),
        ({}, {"ignore_reviews": {"teams": ["acme/core"]}}, "FACT_NOT_RECORDED"),
        ({}, {"ignore_reviews": {"teams": ["core"]}}, "CANNOT_JUDGE"),
    ],
)
def test_it_says_why_it_cannot_simulate(
    approved: Stored, changed: dict[str, Any], body: dict[str, Any], code: str
) -> None:
    with pytest.raises(CannotSimulate) as refused:
        run(Stored(**{**approved.__dict__, **changed}), **body)
    assert refused.value.code == code
    assert str(refused.value).endswith(".")


def test_without_a_recorded_tree_every_rule_is_new(pending: Stored) -> None:
    assert [change.then for change in run(Stored(**{**pending.__dict__, "result": None})).rules] == [None, None]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The body: Invalid JSON"),
        ("[]", "The body: Input should be an object"),
        ('{"add_review": []}', "add_review: Extra inputs are not permitted."),
        ('{"add_reviews": [{"author": "bob", "state": "pending"}]}', "add_reviews.0.state: Input should be"),
        ('{"add_comments": [{"author": "", "body": "x"}]}', "add_comments.0.author: Value should have at least 1"),
        ('{"add_comments": [{"author": "a", "created_at": "today"}]}', "add_comments.0.created_at: Input should be"),
        ('{"mode": "lax"}', "mode: Input should be"),
        (json.dumps({"ignore_comments": {"users": ["x"] * 201}}), "ignore_comments.users: Tuple should have at most"),
        ('{"\\u001b[31m": 1}', "[31m: Extra inputs"),
    ],
)
def test_a_request_that_is_not_understood_is_refused_in_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(Unclear) as refused:
        simulation_request.parse(text)
    assert str(refused.value).startswith(sentence)


def test_an_empty_body_changes_nothing(approved: Stored) -> None:
    assert simulation_request.parse("{}") == Request()
    assert (run(approved).verdict.state, run(approved).rules) == ("success", ())


@pytest.mark.parametrize(
    ("fact", "way"),
    [
        ("permission:zoe", "--permission zoe=write"),
        ("team:acme/core:zoe", "--team acme/core=zoe"),
        ("org:acme:zoe", "--organization acme=zoe"),
        ("files", ""),
    ],
)
def test_it_says_how_a_missing_fact_can_be_told(fact: str, way: str) -> None:
    assert simulation.how_to_tell(fact) == way
