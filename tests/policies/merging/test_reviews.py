"""The reviews: which opinion is heard, which veto, and what the list of them does not show yet."""

from datetime import timedelta
from typing import Any

import pytest

from policies.merging.reviews import ReviewsJudged
from policies.merging.situation import Veto
from tests.policies.merging.building import NOW, OLD, review, said
from tests.policies.merging.reviewing import APPROVED, TWO, answer, judge, not_approved, sentences


def test_it_takes_the_approval_of_a_writer_for_the_head() -> None:
    assert judge(review()) == ReviewsJudged(status="APPROVED", review_ids=(1,))


def test_it_takes_no_review_for_no_approval() -> None:
    assert answer() == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])
    assert sentences() == ["Nobody approves the pull request; it needs the approval of 1."]


@pytest.mark.parametrize("state", ["COMMENTED", "PENDING", "DISMISSED"])
def test_it_takes_what_is_no_opinion_for_no_approval(state: str) -> None:
    assert answer(review(state=state)) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])


@pytest.mark.parametrize("state", ["COMMENTED", "PENDING"])
def test_what_is_no_opinion_withdraws_nothing(state: str) -> None:
    assert answer(review(), review(state=state, id=2)) == APPROVED
    assert judge(review(), review(state=state, id=2)).review_ids == (1,)
    vetoed = answer(review("carol", "CHANGES_REQUESTED"), review("carol", state, id=2), review(id=3))
    assert vetoed == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED"])


def test_it_takes_the_newest_opinion_of_each() -> None:
    first, second = review(id=1), review(state="CHANGES_REQUESTED", id=2)
    both = ("CHANGES_REQUESTED", ["CHANGES_REQUESTED", "NO_REVIEW_APPROVAL"])
    assert answer(first, second) == both
    assert answer(second, first) == both
    assert answer(review(state="CHANGES_REQUESTED", id=1), review(id=2)) == APPROVED
    assert answer(review(id=1), review(state="DISMISSED", id=2)) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])


def test_time_orders_before_the_id_and_the_id_where_times_are_equal() -> None:
    veto = review(state="CHANGES_REQUESTED", id=10, submitted_at=NOW)
    assert answer(veto, review(id=9, submitted_at=NOW + timedelta(seconds=1))) == APPROVED
    assert answer(veto, review(id=11, submitted_at=NOW)) == APPROVED
    assert answer(veto, review(id=9, submitted_at=NOW))[0] == "CHANGES_REQUESTED"


def test_the_id_orders_where_a_time_is_missing() -> None:
    late = review(state="CHANGES_REQUESTED", id=2, submitted_at=NOW + timedelta(days=1))
    assert answer(late, review(id=3, submitted_at=None)) == APPROVED
    assert answer(late, review(id=1, submitted_at=None))[0] == "CHANGES_REQUESTED"


def test_one_account_is_one_person_whatever_it_is_called() -> None:
    renamed = review("bob", id=2, login="bob-new")
    assert answer(review(), renamed, rules=TWO) == not_approved("TOO_FEW_APPROVALS")
    veto = review("bob", "CHANGES_REQUESTED", id=2, login="bob-new")
    assert answer(review(), veto)[0] == "CHANGES_REQUESTED"


def test_one_name_with_two_accounts_is_two_people() -> None:
    assert answer(review(), review("bob", id=2, user_id=77), rules=TWO) == APPROVED


def test_one_veto_is_enough_and_says_whose_it_is() -> None:
    veto = review("carol", "CHANGES_REQUESTED", id=2)
    assert answer(review(), veto) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED"])
    assert sentences(review(), veto) == [
        "Changes are requested by carol, who has to approve, or somebody has to dismiss that review."
    ]


def test_a_veto_is_not_stale_on_an_older_commit() -> None:
    veto = review("carol", "CHANGES_REQUESTED", id=2, commit_sha=OLD)
    assert answer(review(), veto) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED"])


def test_each_veto_is_named() -> None:
    vetoes = (review("bob", "CHANGES_REQUESTED", id=1), review("carol", "CHANGES_REQUESTED", id=2))
    assert answer(*vetoes) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED", "CHANGES_REQUESTED", "NO_REVIEW_APPROVAL"])


@pytest.mark.parametrize("permission", ["none", "read", "triage"])
def test_a_veto_without_write_permission_blocks_nothing_and_is_told(permission: Any) -> None:
    judged = judge(review(), review("rita", "CHANGES_REQUESTED", id=2, permission=permission))
    assert judged == ReviewsJudged(
        status="APPROVED", vetoes=(Veto(login="rita", permission=permission),), review_ids=(1, 2)
    )


@pytest.mark.parametrize("permission", ["write", "maintain", "admin"])
def test_a_veto_with_write_permission_or_more_is_heard_and_not_told_as_ignored(permission: Any) -> None:
    judged = judge(review(), review("rita", "CHANGES_REQUESTED", id=2, permission=permission))
    assert (judged.status, judged.vetoes) == ("CHANGES_REQUESTED", ())


def test_the_veto_of_a_deleted_account_is_ignored_by_name() -> None:
    judged = judge(review(), review(None, "CHANGES_REQUESTED", id=2, permission="none"))
    assert judged.vetoes == (Veto(login="a deleted account", permission="none"),)
    assert judged.status == "APPROVED"


def test_states_are_known_in_small_letters_too() -> None:
    assert answer(review(state="approved")) == APPROVED
    assert answer(review(), review("carol", "changes_requested", id=2))[0] == "CHANGES_REQUESTED"


def test_a_state_that_nobody_knows_withdraws_an_approval() -> None:
    odd = review(state="SOMETHING_NEW", id=2)
    assert answer(review(), odd) == not_approved("UNKNOWN_REVIEW_STATE")
    assert sentences(review(), odd) == [
        "The newest review of bob is of the state SOMETHING_NEW, which nobody knows here; "
        "it has to be dismissed, or given anew."
    ]
    assert answer(review(), odd, review(id=3)) == APPROVED


def test_a_state_that_nobody_knows_withdraws_no_veto() -> None:
    given = (
        review("carol", "CHANGES_REQUESTED", id=1),
        review("carol", "SOMETHING_NEW", id=2),
        review(id=3),
    )
    judged = ("CHANGES_REQUESTED", ["CHANGES_REQUESTED", "NO_REVIEW_APPROVAL/UNKNOWN_REVIEW_STATE"])
    assert answer(*given) == judged
    assert judge(*given).review_ids == (1, 2, 3)


def test_a_dismissed_review_is_an_opinion_that_ends_what_its_author_said_before() -> None:
    given = (review("carol", "CHANGES_REQUESTED", id=1), review("carol", "DISMISSED", id=2), review(id=3))
    assert judge(*given) == ReviewsJudged(status="APPROVED", review_ids=(2, 3))


def test_a_veto_that_its_author_withdrew_does_not_come_back_with_an_unknown_state() -> None:
    given = (review(state="CHANGES_REQUESTED", id=1), review(id=2), review(state="SOMETHING_NEW", id=3))
    assert answer(*given) == not_approved("UNKNOWN_REVIEW_STATE")


def test_a_state_that_nobody_knows_blocks_from_a_writer_although_others_approve() -> None:
    odd = review("carol", "SOMETHING_NEW", id=2)
    assert answer(review(), odd) == not_approved("UNKNOWN_REVIEW_STATE")
    two_odd = (odd, review("alice", "ELSE", id=3))
    assert answer(review(), *two_odd) == not_approved("UNKNOWN_REVIEW_STATE")
    assert answer(review(), review("rita", "SOMETHING_NEW", id=2, permission="triage")) == APPROVED


@pytest.mark.parametrize("decision", ["REVIEW_REQUIRED", "SOMETHING_NEW"])
def test_github_demands_a_review_that_we_do_not_know_of(decision: str) -> None:
    assert answer(review(), review_decision=decision) == not_approved("REVIEW_DECISION_REQUIRED")
    assert answer(review_decision=decision) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])
    assert sentences(review(), review_decision=decision) == [
        "GitHub demands a review that is not given, as of a code owner; it has to be given."
    ]


def test_github_tells_of_changes_that_the_list_does_not_show() -> None:
    told: dict[str, Any] = {"review_decision": "CHANGES_REQUESTED"}
    assert answer(review(), **told) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED"])
    assert sentences(review(), **told) == [
        "GitHub says that changes are requested; the reviewer has to approve, or the review be dismissed."
    ]
    veto = review("carol", "CHANGES_REQUESTED", id=2)
    assert answer(review(), veto, **told) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED"])


def test_a_veto_that_only_a_webhook_told_of_is_waited_for() -> None:
    judged = judge(review(), hooked_reviews=((99, "changes_requested"),))
    (against,) = judged.against
    assert (judged.status, said(judged.against)) == ("CHANGES_REQUESTED", ["CHANGES_REQUESTED/EVIDENCE_BEHIND_WEBHOOK"])
    assert against.outcome == "retry_scheduled"
    assert against.sentence == "GitHub told of a review that its list does not show yet; the list is read again soon."


@pytest.mark.parametrize("state", ["APPROVED", "approved", "COMMENTED", "PENDING", "DISMISSED"])
def test_no_other_review_of_a_webhook_is_waited_for(state: str) -> None:
    assert answer(review(), hooked_reviews=((99, state),)) == APPROVED


def test_a_review_of_an_unknown_state_is_waited_for() -> None:
    assert answer(review(), hooked_reviews=((99, "NEW"),))[0] == "CHANGES_REQUESTED"


def test_what_the_list_shows_is_newer_than_the_webhook() -> None:
    assert answer(review(), hooked_reviews=((1, "CHANGES_REQUESTED"),)) == APPROVED
    assert answer(review(), hooked_reviews=((99, "APPROVED"), (98, "CHANGES_REQUESTED")))[0] == "CHANGES_REQUESTED"


def test_what_a_webhook_said_was_dismissed_does_not_count() -> None:
    assert answer(review(), hooked_reviews=((1, "dismissed"),)) == ("NOT_APPROVED", ["NO_REVIEW_APPROVAL"])
    veto = review("carol", "CHANGES_REQUESTED", id=2)
    assert answer(review(), veto, hooked_reviews=((2, "DISMISSED"),)) == APPROVED


def test_names_from_outside_are_made_harmless() -> None:
    veto = review("carol", "CHANGES_REQUESTED", login="carol\u202e\n# x", id=2)
    assert sentences(review(), veto)[0].startswith("Changes are requested by carol # x, who")
