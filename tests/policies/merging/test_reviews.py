"""The reviews: whose opinion counts, which approval does not and why, and which veto is heard."""

from datetime import timedelta
from typing import Any

import pytest

from policies.merging import reviews
from policies.merging.facts import Protection, Review
from policies.merging.reviews import ReviewsJudged
from policies.merging.rules import MergeRules
from policies.merging.situation import Veto
from tests.policies.merging.building import HEAD, NOW, OLD, facts, review, said

APPROVED: tuple[str, list[str]] = ("APPROVED", [])
TWO = MergeRules(required_approvals=2)


def _judge(*given: Review, rules: MergeRules | None = None, **known: Any) -> ReviewsJudged:
    return reviews.judge(facts(reviews=given, **known), rules or MergeRules())


def _answer(*given: Review, rules: MergeRules | None = None, **known: Any) -> tuple[str, list[str]]:
    judged = _judge(*given, rules=rules, **known)
    return judged.status, said(judged.against)


def _not_approved(*details: str) -> tuple[str, list[str]]:
    return "NOT_APPROVED", [f"NO_REVIEW_APPROVAL/{detail}" for detail in details]


def _sentences(*given: Review, rules: MergeRules | None = None, **known: Any) -> list[str]:
    return [against.sentence for against in _judge(*given, rules=rules, **known).against]


def test_it_takes_the_approval_of_a_writer_for_the_head() -> None:
    assert _judge(review()) == ReviewsJudged(status="APPROVED", review_ids=(1,))


def test_it_takes_no_review_for_no_approval() -> None:
    assert _answer() == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])
    assert _sentences() == ["Nobody approves the pull request; it needs the approval of 1."]


@pytest.mark.parametrize("state", ["COMMENTED", "PENDING", "DISMISSED"])
def test_it_takes_what_is_no_opinion_for_no_approval(state: str) -> None:
    assert _answer(review(state=state)) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])


@pytest.mark.parametrize("state", ["COMMENTED", "PENDING"])
def test_what_is_no_opinion_withdraws_nothing(state: str) -> None:
    assert _answer(review(), review(state=state, id=2)) == APPROVED
    assert _judge(review(), review(state=state, id=2)).review_ids == (1,)
    vetoed = _answer(review("carol", "CHANGES_REQUESTED"), review("carol", state, id=2), review(id=3))
    assert vetoed == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED"])


def test_it_takes_the_newest_opinion_of_each() -> None:
    first, second = review(id=1), review(state="CHANGES_REQUESTED", id=2)
    both = ("CHANGES_REQUESTED", ["CHANGES_REQUESTED", "NO_REVIEW_APPROVAL"])
    assert _answer(first, second) == both
    assert _answer(second, first) == both
    assert _answer(review(state="CHANGES_REQUESTED", id=1), review(id=2)) == APPROVED
    assert _answer(review(id=1), review(state="DISMISSED", id=2)) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])


def test_time_orders_before_the_id_and_the_id_where_times_are_equal() -> None:
    veto = review(state="CHANGES_REQUESTED", id=10, submitted_at=NOW)
    assert _answer(veto, review(id=9, submitted_at=NOW + timedelta(seconds=1))) == APPROVED
    assert _answer(veto, review(id=11, submitted_at=NOW)) == APPROVED
    assert _answer(veto, review(id=9, submitted_at=NOW))[0] == "CHANGES_REQUESTED"


def test_the_id_orders_where_a_time_is_missing() -> None:
    late = review(state="CHANGES_REQUESTED", id=2, submitted_at=NOW + timedelta(days=1))
    assert _answer(late, review(id=3, submitted_at=None)) == APPROVED
    assert _answer(late, review(id=1, submitted_at=None))[0] == "CHANGES_REQUESTED"


def test_one_account_is_one_person_whatever_it_is_called() -> None:
    renamed = review("bob", id=2, login="bob-new")
    assert _answer(review(), renamed, rules=TWO) == _not_approved("TOO_FEW_APPROVALS")
    veto = review("bob", "CHANGES_REQUESTED", id=2, login="bob-new")
    assert _answer(review(), veto)[0] == "CHANGES_REQUESTED"


def test_one_name_with_two_accounts_is_two_people() -> None:
    assert _answer(review(), review("bob", id=2, user_id=77), rules=TWO) == APPROVED


def test_one_veto_is_enough_and_says_whose_it_is() -> None:
    veto = review("carol", "CHANGES_REQUESTED", id=2)
    assert _answer(review(), veto) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED"])
    assert _sentences(review(), veto) == [
        "Changes are requested by carol, who has to approve, or somebody has to dismiss that review."
    ]


def test_a_veto_is_not_stale_on_an_older_commit() -> None:
    veto = review("carol", "CHANGES_REQUESTED", id=2, commit_sha=OLD)
    assert _answer(review(), veto) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED"])


def test_each_veto_is_named() -> None:
    vetoes = (review("bob", "CHANGES_REQUESTED", id=1), review("carol", "CHANGES_REQUESTED", id=2))
    assert _answer(*vetoes) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED", "CHANGES_REQUESTED", "NO_REVIEW_APPROVAL"])


@pytest.mark.parametrize("permission", ["none", "read", "triage"])
def test_a_veto_without_write_permission_blocks_nothing_and_is_told(permission: Any) -> None:
    judged = _judge(review(), review("rita", "CHANGES_REQUESTED", id=2, permission=permission))
    assert judged == ReviewsJudged(
        status="APPROVED", vetoes=(Veto(login="rita", permission=permission),), review_ids=(1, 2)
    )


@pytest.mark.parametrize("permission", ["write", "maintain", "admin"])
def test_a_veto_with_write_permission_or_more_is_heard_and_not_told_as_ignored(permission: Any) -> None:
    judged = _judge(review(), review("rita", "CHANGES_REQUESTED", id=2, permission=permission))
    assert (judged.status, judged.vetoes) == ("CHANGES_REQUESTED", ())


def test_the_veto_of_a_deleted_account_is_ignored_by_name() -> None:
    judged = _judge(review(), review(None, "CHANGES_REQUESTED", id=2, permission="none"))
    assert judged.vetoes == (Veto(login="a deleted account", permission="none"),)
    assert judged.status == "APPROVED"


def test_states_are_known_in_small_letters_too() -> None:
    assert _answer(review(state="approved")) == APPROVED
    assert _answer(review(), review("carol", "changes_requested", id=2))[0] == "CHANGES_REQUESTED"


def test_a_state_that_nobody_knows_withdraws_an_approval() -> None:
    odd = review(state="SOMETHING_NEW", id=2)
    assert _answer(review(), odd) == _not_approved("UNKNOWN_REVIEW_STATE")
    assert _sentences(review(), odd) == [
        "The newest review of bob is of the state SOMETHING_NEW, which nobody knows here; "
        "it has to be dismissed, or given anew."
    ]
    assert _answer(review(), odd, review(id=3)) == APPROVED


def test_a_state_that_nobody_knows_withdraws_no_veto() -> None:
    given = (
        review("carol", "CHANGES_REQUESTED", id=1),
        review("carol", "SOMETHING_NEW", id=2),
        review(id=3),
    )
    judged = ("CHANGES_REQUESTED", ["CHANGES_REQUESTED", "NO_REVIEW_APPROVAL/UNKNOWN_REVIEW_STATE"])
    assert _answer(*given) == judged
    assert _judge(*given).review_ids == (1, 2, 3)


def test_a_dismissed_review_is_an_opinion_that_ends_what_its_author_said_before() -> None:
    given = (review("carol", "CHANGES_REQUESTED", id=1), review("carol", "DISMISSED", id=2), review(id=3))
    assert _judge(*given) == ReviewsJudged(status="APPROVED", review_ids=(2, 3))


def test_a_veto_that_its_author_withdrew_does_not_come_back_with_an_unknown_state() -> None:
    given = (review(state="CHANGES_REQUESTED", id=1), review(id=2), review(state="SOMETHING_NEW", id=3))
    assert _answer(*given) == _not_approved("UNKNOWN_REVIEW_STATE")


def test_a_state_that_nobody_knows_blocks_from_a_writer_although_others_approve() -> None:
    odd = review("carol", "SOMETHING_NEW", id=2)
    assert _answer(review(), odd) == _not_approved("UNKNOWN_REVIEW_STATE")
    two_odd = (odd, review("alice", "ELSE", id=3))
    assert _answer(review(), *two_odd) == _not_approved("UNKNOWN_REVIEW_STATE")
    assert _answer(review(), review("rita", "SOMETHING_NEW", id=2, permission="triage")) == APPROVED


def test_the_approval_of_a_deleted_account_does_not_count() -> None:
    assert _answer(review(None)) == _not_approved("GHOST_REVIEWER")
    assert _answer(review("bob", user_id=None)) == _not_approved("GHOST_REVIEWER")
    assert _answer(review("bob", login=None)) == _not_approved("GHOST_REVIEWER")
    assert _sentences(review(None)) == [
        "The approval of a deleted account does not count, since the account is deleted; somebody else has to approve."
    ]


def test_each_deleted_account_is_one_of_its_own() -> None:
    ghosts = (review(None, id=1, permission="write"), review(None, "CHANGES_REQUESTED", id=2, permission="none"))
    judged = _judge(review(id=3), *ghosts)
    assert judged.review_ids == (1, 2, 3)
    assert judged.status == "APPROVED"


def test_the_author_does_not_count() -> None:
    assert _answer(review("alice")) == _not_approved("SELF_APPROVAL")
    assert _answer(review("alice", login="ALICE")) == _not_approved("SELF_APPROVAL")
    assert _answer(review("alice"), author="ann") == APPROVED
    assert _sentences(review("alice")) == [
        "The approval of alice does not count, since the pull request is their own; somebody else has to approve."
    ]


def test_the_gate_cannot_approve_its_own() -> None:
    own: dict[str, Any] = {"author": "gate[bot]", "author_is_gate": True}
    assert _answer(**own) == _not_approved("APP_CANNOT_APPROVE_OWN_PR")
    assert _answer(review("bob", login="gate[bot]", is_bot=True), **own) == _not_approved("APP_CANNOT_APPROVE_OWN_PR")
    assert _answer(review(), **own) == APPROVED
    assert _sentences(**own) == [
        "The pull request is the gate's own, and an App cannot approve its own; somebody else has to."
    ]


def test_a_bot_does_not_count_unless_it_is_listed() -> None:
    bot = review("renovate[bot]")
    assert _answer(bot) == _not_approved("BOT_APPROVAL")
    assert _answer(bot, rules=MergeRules(allowed_bot_approvers=("dependabot[bot]",))) == _not_approved("BOT_APPROVAL")
    for name in ("renovate[bot]", "Renovate[bot]", "renovate"):
        assert _answer(bot, rules=MergeRules(allowed_bot_approvers=(name,))) == APPROVED
    named = review("renovate[bot]", login="RENOVATE")
    assert _answer(named, rules=MergeRules(allowed_bot_approvers=("renovate[bot]",))) == APPROVED
    assert _sentences(bot) == [
        "The approval of renovate[bot] does not count, since bots do not count unless the rules list them; "
        "a person has to approve."
    ]


@pytest.mark.parametrize("permission", ["none", "read", "triage"])
def test_who_may_not_write_now_does_not_count(permission: Any) -> None:
    assert _answer(review(permission=permission)) == _not_approved("APPROVER_LACKS_WRITE")


@pytest.mark.parametrize("permission", ["write", "maintain", "admin"])
def test_who_may_write_or_more_counts(permission: Any) -> None:
    assert _answer(review(permission=permission)) == APPROVED


def test_the_rules_say_what_an_approver_needs() -> None:
    assert _answer(review(), rules=MergeRules(approver_min_permission="admin")) == _not_approved("APPROVER_LACKS_WRITE")
    assert _answer(review(permission="read"), rules=MergeRules(approver_min_permission="read")) == APPROVED
    assert _sentences(review(), rules=MergeRules(approver_min_permission="admin")) == [
        "The approval of bob does not count, since it takes the permission admin and theirs is write; "
        "somebody who has it has to approve."
    ]


def test_an_approval_of_another_commit_does_not_count_unless_the_rules_say_so() -> None:
    for commit in (OLD, None):
        assert _answer(review(commit_sha=commit)) == _not_approved("STALE_APPROVAL")
    assert _answer(review(commit_sha=OLD), rules=MergeRules(approval_must_match_head=False)) == APPROVED
    assert _sentences(review(commit_sha=OLD)) == [
        f"The approval of bob does not count, since it is not of the head {HEAD}; the head has to be approved."
    ]


def test_who_pushed_the_head_does_not_count_where_the_rules_forbid_it() -> None:
    forbidden = MergeRules(forbid_last_pusher=True)
    assert _answer(review(), rules=forbidden, pushers=("Bob", "carol")) == _not_approved("LAST_PUSHER_APPROVAL")
    assert _answer(review(), rules=forbidden, pushers=()) == _not_approved("LAST_PUSHER_APPROVAL")
    assert _answer(review(), rules=forbidden, pushers=("carol",)) == APPROVED
    assert _answer(review(), pushers=("bob",)) == APPROVED
    assert _sentences(review(), rules=forbidden, pushers=("bob",)) == [
        "The approval of bob does not count, since they may have pushed the head themselves; "
        "somebody else has to approve."
    ]


def test_who_pushed_the_head_does_not_count_under_another_name_either() -> None:
    forbidden = MergeRules(forbid_last_pusher=True)
    known: dict[str, Any] = {"pushers": ("robert",), "pusher_id": review().user_id}
    assert _answer(review(), rules=forbidden, **known) == _not_approved("LAST_PUSHER_APPROVAL")
    assert _answer(review("carol"), rules=forbidden, **known) == APPROVED


def test_who_is_asked_again_does_not_count_unless_the_rules_say_so() -> None:
    asked = ("carol", "BOB")
    assert _answer(review(), requested_reviewers=asked) == _not_approved("REVIEW_REREQUESTED")
    kept = MergeRules(rerequest_withdraws_approval=False)
    assert _answer(review(), requested_reviewers=asked, rules=kept) == APPROVED
    assert _answer(review(), requested_reviewers=("carol",)) == APPROVED
    assert _sentences(review(), requested_reviewers=asked) == [
        "The approval of bob does not count, since they were asked to review again; they have to approve again."
    ]


def test_being_asked_again_withdraws_no_veto() -> None:
    veto = review("carol", "CHANGES_REQUESTED", id=2)
    assert _answer(review(), veto, requested_reviewers=("carol",))[0] == "CHANGES_REQUESTED"


def test_who_it_is_comes_before_what_became_of_it() -> None:
    assert _answer(review("alice", permission="read", commit_sha=OLD)) == _not_approved("SELF_APPROVAL")
    assert _answer(review("renovate[bot]", permission="none", commit_sha=OLD)) == _not_approved("BOT_APPROVAL")
    assert _answer(review(permission="read", commit_sha=OLD)) == _not_approved("APPROVER_LACKS_WRITE")
    forbidden = MergeRules(forbid_last_pusher=True)
    stale: dict[str, Any] = {"pushers": ("bob",), "requested_reviewers": ("bob",)}
    assert _answer(review(commit_sha=OLD), rules=forbidden, **stale) == _not_approved("STALE_APPROVAL")
    assert _answer(review(), rules=forbidden, **stale) == _not_approved("LAST_PUSHER_APPROVAL")


def test_the_reason_of_the_newest_that_does_not_count_is_the_first() -> None:
    stale, bot = review(commit_sha=OLD, id=1), review("renovate[bot]", id=2)
    assert _answer(stale, bot) == _not_approved("BOT_APPROVAL", "STALE_APPROVAL")
    stale_too = review("carol", commit_sha=OLD, id=3)
    assert _answer(stale, bot, stale_too) == _not_approved("STALE_APPROVAL", "BOT_APPROVAL")
    assert "carol" in _sentences(stale, bot, stale_too)[0]


def test_the_rules_and_the_branch_say_how_many_the_more_counts() -> None:
    two_by_branch = Protection(required_approvals=2)
    assert _answer(review(), rules=TWO) == _not_approved("TOO_FEW_APPROVALS")
    assert _answer(review(), protection=two_by_branch) == _not_approved("TOO_FEW_APPROVALS")
    both = (review(), review("carol", id=2))
    assert _answer(*both, rules=TWO, protection=two_by_branch) == APPROVED
    three = MergeRules(required_approvals=3)
    assert _answer(*both, rules=three, protection=two_by_branch) == _not_approved("TOO_FEW_APPROVALS")
    assert _sentences(*both, rules=three) == ["Only 2 of 3 approvals count; 1 more has to be given."]


def test_no_rule_makes_no_approval_enough() -> None:
    none = MergeRules(required_approvals=0)
    assert _answer(rules=none, protection=Protection()) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])
    assert _answer(review(), rules=none, protection=Protection()) == APPROVED


def test_too_few_that_count_come_before_those_that_do_not() -> None:
    stale = review("carol", id=2, commit_sha=OLD)
    assert _answer(review(), stale, rules=TWO) == _not_approved("TOO_FEW_APPROVALS", "STALE_APPROVAL")


def test_an_approval_that_does_not_count_harms_no_other() -> None:
    assert _answer(review(), review("carol", id=2, commit_sha=OLD)) == APPROVED


@pytest.mark.parametrize("decision", [None, "APPROVED"])
def test_github_has_nothing_against_it(decision: str | None) -> None:
    assert _answer(review(), review_decision=decision) == APPROVED
    assert _answer(review_decision=decision) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])


@pytest.mark.parametrize("decision", ["REVIEW_REQUIRED", "SOMETHING_NEW"])
def test_github_demands_a_review_that_we_do_not_know_of(decision: str) -> None:
    assert _answer(review(), review_decision=decision) == _not_approved("REVIEW_DECISION_REQUIRED")
    assert _answer(review_decision=decision) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])
    assert _sentences(review(), review_decision=decision) == [
        "GitHub demands a review that is not given, as of a code owner; it has to be given."
    ]


def test_github_tells_of_changes_that_the_list_does_not_show() -> None:
    told: dict[str, Any] = {"review_decision": "CHANGES_REQUESTED"}
    assert _answer(review(), **told) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED"])
    assert _sentences(review(), **told) == [
        "GitHub says that changes are requested; the reviewer has to approve, or the review be dismissed."
    ]
    veto = review("carol", "CHANGES_REQUESTED", id=2)
    assert _answer(review(), veto, **told) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED"])


def test_a_veto_that_only_a_webhook_told_of_is_waited_for() -> None:
    judged = _judge(review(), hooked_reviews=((99, "changes_requested"),))
    (against,) = judged.against
    assert (judged.status, said(judged.against)) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED/EVIDENCE_BEHIND_WEBHOOK"])
    assert against.outcome == "retry_scheduled"
    assert against.sentence == "GitHub told of a review that its list does not show yet; the list is read again soon."


@pytest.mark.parametrize("state", ["APPROVED", "approved", "COMMENTED", "PENDING", "DISMISSED"])
def test_no_other_review_of_a_webhook_is_waited_for(state: str) -> None:
    assert _answer(review(), hooked_reviews=((99, state),)) == APPROVED


def test_a_review_of_an_unknown_state_is_waited_for() -> None:
    assert _answer(review(), hooked_reviews=((99, "NEW"),))[0] == "CHANGES_REQUESTED"


def test_what_the_list_shows_is_newer_than_the_webhook() -> None:
    assert _answer(review(), hooked_reviews=((1, "CHANGES_REQUESTED"),)) == APPROVED
    assert _answer(review(), hooked_reviews=((99, "APPROVED"), (98, "CHANGES_REQUESTED")))[0] == "CHANGES_REQUESTED"


def test_what_a_webhook_said_was_dismissed_does_not_count() -> None:
    assert _answer(review(), hooked_reviews=((1, "dismissed"),)) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])
    veto = review("carol", "CHANGES_REQUESTED", id=2)
    assert _answer(review(), veto, hooked_reviews=((2, "DISMISSED"),)) == APPROVED


def test_names_from_outside_are_made_harmless() -> None:
    veto = review("carol", "CHANGES_REQUESTED", login="carol\u202e\n# x", id=2)
    assert _sentences(review(), veto)[0].startswith("Changes are requested by carol # x, who")
