"""Whose approval counts, of which commit, and how many of them it takes."""

from typing import Any

import pytest

from policies.merging.facts import Protection
from policies.merging.rules import MergeRules
from tests.policies.merging.building import HEAD, OLD, review
from tests.policies.merging.reviewing import APPROVED, TWO, answer, judge, not_approved, sentences


def test_the_approval_of_a_deleted_account_does_not_count() -> None:
    assert answer(review(None)) == not_approved("GHOST_REVIEWER")
    assert answer(review("bob", user_id=None)) == not_approved("GHOST_REVIEWER")
    assert answer(review("bob", login=None)) == not_approved("GHOST_REVIEWER")
    assert sentences(review(None)) == [
        "The approval of a deleted account does not count, since the account is deleted; somebody else has to approve."
    ]


def test_each_deleted_account_is_one_of_its_own() -> None:
    ghosts = (review(None, id=1, permission="write"), review(None, "CHANGES_REQUESTED", id=2, permission="none"))
    judged = judge(review(id=3), *ghosts)
    assert judged.review_ids == (1, 2, 3)
    assert judged.status == "APPROVED"


def test_the_author_does_not_count() -> None:
    assert answer(review("alice")) == not_approved("SELF_APPROVAL")
    assert answer(review("alice", login="ALICE")) == not_approved("SELF_APPROVAL")
    assert answer(review("alice"), author="ann") == APPROVED
    assert sentences(review("alice")) == [
        "The approval of alice does not count, since the pull request is their own; somebody else has to approve."
    ]


def test_the_gate_cannot_approve_its_own() -> None:
    own: dict[str, Any] = {"author": "gate[bot]", "author_is_gate": True}
    assert answer(**own) == not_approved("APP_CANNOT_APPROVE_OWN_PR")
    assert answer(review("bob", login="gate[bot]", is_bot=True), **own) == not_approved("APP_CANNOT_APPROVE_OWN_PR")
    assert answer(review(), **own) == APPROVED
    assert sentences(**own) == [
        "The pull request is the gate's own, and an App cannot approve its own; somebody else has to."
    ]


def test_a_bot_does_not_count_unless_it_is_listed() -> None:
    bot = review("renovate[bot]")
    assert answer(bot) == not_approved("BOT_APPROVAL")
    assert answer(bot, rules=MergeRules(allowed_bot_approvers=("dependabot[bot]",))) == not_approved("BOT_APPROVAL")
    for name in ("renovate[bot]", "Renovate[bot]", "renovate"):
        assert answer(bot, rules=MergeRules(allowed_bot_approvers=(name,))) == APPROVED
    named = review("renovate[bot]", login="RENOVATE")
    assert answer(named, rules=MergeRules(allowed_bot_approvers=("renovate[bot]",))) == APPROVED
    assert sentences(bot) == [
        "The approval of renovate[bot] does not count, since bots do not count unless the rules list them; "
        "a person has to approve."
    ]


@pytest.mark.parametrize("permission", ["none", "read", "triage"])
def test_who_may_not_write_now_does_not_count(permission: Any) -> None:
    assert answer(review(permission=permission)) == not_approved("APPROVER_LACKS_WRITE")


@pytest.mark.parametrize("permission", ["write", "maintain", "admin"])
def test_who_may_write_or_more_counts(permission: Any) -> None:
    assert answer(review(permission=permission)) == APPROVED


def test_the_rules_say_what_an_approver_needs() -> None:
    assert answer(review(), rules=MergeRules(approver_min_permission="admin")) == not_approved("APPROVER_LACKS_WRITE")
    assert answer(review(permission="read"), rules=MergeRules(approver_min_permission="read")) == APPROVED
    assert sentences(review(), rules=MergeRules(approver_min_permission="admin")) == [
        "The approval of bob does not count, since it takes the permission admin and theirs is write; "
        "somebody who has it has to approve."
    ]


def test_an_approval_of_another_commit_does_not_count_unless_the_rules_say_so() -> None:
    for commit in (OLD, None):
        assert answer(review(commit_sha=commit)) == not_approved("STALE_APPROVAL")
    assert answer(review(commit_sha=OLD), rules=MergeRules(approval_must_match_head=False)) == APPROVED
    assert sentences(review(commit_sha=OLD)) == [
        f"The approval of bob does not count, since it is not of the head {HEAD}; the head has to be approved."
    ]


def test_who_pushed_the_head_does_not_count_where_the_rules_forbid_it() -> None:
    forbidden = MergeRules(forbid_last_pusher=True)
    assert answer(review(), rules=forbidden, pushers=("Bob", "carol")) == not_approved("LAST_PUSHER_APPROVAL")
    assert answer(review(), rules=forbidden, pushers=()) == not_approved("LAST_PUSHER_APPROVAL")
    assert answer(review(), rules=forbidden, pushers=("carol",)) == APPROVED
    assert answer(review(), pushers=("bob",)) == APPROVED
    assert sentences(review(), rules=forbidden, pushers=("bob",)) == [
        "The approval of bob does not count, since they may have pushed the head themselves; "
        "somebody else has to approve."
    ]


def test_who_pushed_the_head_does_not_count_under_another_name_either() -> None:
    forbidden = MergeRules(forbid_last_pusher=True)
    known: dict[str, Any] = {"pushers": ("robert",), "pusher_id": review().user_id}
    assert answer(review(), rules=forbidden, **known) == not_approved("LAST_PUSHER_APPROVAL")
    assert answer(review("carol"), rules=forbidden, **known) == APPROVED


def test_who_is_asked_again_does_not_count_unless_the_rules_say_so() -> None:
    asked = ("carol", "BOB")
    assert answer(review(), requested_reviewers=asked) == not_approved("REVIEW_REREQUESTED")
    kept = MergeRules(rerequest_withdraws_approval=False)
    assert answer(review(), requested_reviewers=asked, rules=kept) == APPROVED
    assert answer(review(), requested_reviewers=("carol",)) == APPROVED
    assert sentences(review(), requested_reviewers=asked) == [
        "The approval of bob does not count, since they were asked to review again; they have to approve again."
    ]


def test_being_asked_again_withdraws_no_veto() -> None:
    veto = review("carol", "CHANGES_REQUESTED", id=2)
    assert answer(review(), veto, requested_reviewers=("carol",))[0] == "CHANGES_REQUESTED"


def test_who_it_is_comes_before_what_became_of_it() -> None:
    assert answer(review("alice", permission="read", commit_sha=OLD)) == not_approved("SELF_APPROVAL")
    assert answer(review("renovate[bot]", permission="none", commit_sha=OLD)) == not_approved("BOT_APPROVAL")
    assert answer(review(permission="read", commit_sha=OLD)) == not_approved("APPROVER_LACKS_WRITE")
    forbidden = MergeRules(forbid_last_pusher=True)
    stale: dict[str, Any] = {"pushers": ("bob",), "requested_reviewers": ("bob",)}
    assert answer(review(commit_sha=OLD), rules=forbidden, **stale) == not_approved("STALE_APPROVAL")
    assert answer(review(), rules=forbidden, **stale) == not_approved("LAST_PUSHER_APPROVAL")


def test_the_reason_of_the_newest_that_does_not_count_is_the_first() -> None:
    stale, bot = review(commit_sha=OLD, id=1), review("renovate[bot]", id=2)
    assert answer(stale, bot) == not_approved("BOT_APPROVAL", "STALE_APPROVAL")
    stale_too = review("carol", commit_sha=OLD, id=3)
    assert answer(stale, bot, stale_too) == not_approved("STALE_APPROVAL", "BOT_APPROVAL")
    assert "carol" in sentences(stale, bot, stale_too)[0]


def test_the_rules_and_the_branch_say_how_many_the_more_counts() -> None:
    two_by_branch = Protection(required_approvals=2)
    assert answer(review(), rules=TWO) == not_approved("TOO_FEW_APPROVALS")
    assert answer(review(), protection=two_by_branch) == not_approved("TOO_FEW_APPROVALS")
    both = (review(), review("carol", id=2))
    assert answer(*both, rules=TWO, protection=two_by_branch) == APPROVED
    three = MergeRules(required_approvals=3)
    assert answer(*both, rules=three, protection=two_by_branch) == not_approved("TOO_FEW_APPROVALS")
    assert sentences(*both, rules=three) == ["Only 2 of 3 approvals count; 1 more has to be given."]


def test_no_rule_makes_no_approval_enough() -> None:
    none = MergeRules(required_approvals=0)
    assert answer(rules=none, protection=Protection()) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])
    assert answer(review(), rules=none, protection=Protection()) == APPROVED


def test_too_few_that_count_come_before_those_that_do_not() -> None:
    stale = review("carol", id=2, commit_sha=OLD)
    assert answer(review(), stale, rules=TWO) == not_approved("TOO_FEW_APPROVALS", "STALE_APPROVAL")


def test_an_approval_that_does_not_count_harms_no_other() -> None:
    assert answer(review(), review("carol", id=2, commit_sha=OLD)) == APPROVED


@pytest.mark.parametrize("decision", [None, "APPROVED"])
def test_github_has_nothing_against_it(decision: str | None) -> None:
    assert answer(review(), review_decision=decision) == APPROVED
    assert answer(review_decision=decision) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])
