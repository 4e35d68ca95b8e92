"""Whether it may be merged now: what the evaluation says against it, and the order of all reasons."""

from datetime import timedelta
from typing import Any

import pytest

from policies.merging.facts import Repository
from policies.merging.situation import Posture
from tests.policies.merging.building import (
    HEAD,
    NOW,
    OLD,
    evaluation,
    facts,
    review,
    said,
)
from tests.policies.merging.judged import NOTHING, QUEUE, answer, decide, only, pull


def test_it_allows_what_nothing_stands_against() -> None:
    decision = decide()
    assert decision.allowed
    assert (decision.gate.verdict, decision.against, decision.uses_queue) == ("PASS", (), False)


def test_it_says_that_the_branch_is_merged_by_a_queue() -> None:
    decision = decide(facts=facts(protection=QUEUE))
    assert (decision.allowed, decision.uses_queue) == (True, True)


@pytest.mark.parametrize(
    "known",
    [
        {"facts": facts(repository_id=2)},
        {"facts": facts(repository=Repository(id=2, full_name="o/r", archived=False, methods=("squash",)))},
        {"evaluation": evaluation(repository_id=2)},
    ],
)
def test_another_repository_of_the_same_name_is_not_found(known: dict[str, Any]) -> None:
    assert answer(**known) == ["PR_NOT_FOUND/REPO_ID_MISMATCH"]
    assert only(**known).sentence == (
        "The repository is not the one of this name that was known before; an operator has to look at it."
    )


def test_another_repository_is_seen_without_an_evaluation() -> None:
    assert answer(facts=facts(repository_id=2), evaluation=None)[0] == "PR_NOT_FOUND/REPO_ID_MISMATCH"
    assert answer(evaluation=None) == ["SNAPSHOT_NOT_FOUND"]


def test_what_is_merged_or_closed_is_not_merged_again() -> None:
    assert pull(state="closed", merged=True) == ["PR_ALREADY_MERGED"]
    assert pull(state="closed") == ["PR_CLOSED"]
    assert pull(merged=True) == ["PR_ALREADY_MERGED"]
    assert only(facts=facts(merged=True)).sentence == "The pull request is merged already."
    assert only(facts=facts(state="closed")).sentence == "The pull request is closed; re-open it first."


def test_what_the_policy_has_not_judged_is_not_merged() -> None:
    assert answer(evaluation=None) == ["SNAPSHOT_NOT_FOUND"]
    assert only(evaluation=None).sentence == ("The policy has not judged this pull request yet; ask again when it has.")


def test_what_the_policy_denies_is_not_merged() -> None:
    denied = {"evaluation": evaluation(decision="deny")}
    assert answer(**denied) == ["SNAPSHOT_NOT_FOUND"]
    assert only(**denied).sentence == (
        "The policy does not allow the pull request (`mergegate policy explain` says why); ask again when it does."
    )


def test_a_read_behind_a_webhook_is_read_again() -> None:
    against = only(hooked_head="a2")
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/READ_BEHIND_WEBHOOK"]
    assert against.outcome == "retry_scheduled"
    assert against.sentence == "GitHub told of another head and still shows a1; it is read again soon."
    assert answer(hooked_head=HEAD) == NOTHING


def test_a_read_behind_a_webhook_is_seen_without_an_evaluation() -> None:
    assert answer(hooked_head="a2", evaluation=None) == [
        "SNAPSHOT_NOT_FOUND/READ_BEHIND_WEBHOOK",
        "SNAPSHOT_NOT_FOUND",
    ]


def test_a_head_that_nobody_judged_is_not_merged() -> None:
    against = only(evaluation=evaluation(head_sha=OLD))
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/HEAD_MOVED"]
    assert against.outcome == "blocked"
    assert against.sentence == "The head is a1, and the policy judged a0; ask again when it has judged the new head."


def test_another_base_is_judged_anew() -> None:
    against = only(evaluation=evaluation(base_ref="dev"))
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/BASE_CHANGED"]
    assert (
        against.sentence == "The base branch is main, and the policy judged dev; ask again when it has judged that one."
    )


def test_a_policy_that_is_not_valid_lets_nothing_merge() -> None:
    invalid = {"policy_digest": None, "policy_trouble": "line 3: no\nrule"}
    assert answer(**invalid) == ["SNAPSHOT_NOT_FOUND/POLICY_INVALID"]
    assert only(**invalid).sentence == ("The policy at the base branch is not valid (line 3: no rule); mend it there.")
    assert "(nobody knows why)" in only(policy_digest=None).sentence
    assert answer(policy_digest=None, evaluation=None) == ["SNAPSHOT_NOT_FOUND/POLICY_INVALID", "SNAPSHOT_NOT_FOUND"]


def test_a_policy_that_changed_judges_anew() -> None:
    against = only(policy_digest="p2")
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/POLICY_CHANGED"]
    assert against.sentence == (
        "The policy at the base branch has changed since it judged; ask again when it has judged anew."
    )


def test_a_verdict_that_an_event_took_back_does_not_count() -> None:
    against = only(evaluation=evaluation(invalidated_by="pull_request.synchronize"))
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/SNAPSHOT_INVALIDATED"]
    assert against.sentence == (
        "The policy's verdict counts no more since pull_request.synchronize; ask again when it has judged anew."
    )


def test_a_verdict_whose_seal_is_broken_does_not_count() -> None:
    against = only(evaluation=evaluation(is_sound=False))
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/SNAPSHOT_CORRUPT"]
    assert against.sentence == "The policy's stored verdict was changed by hand; ask again when it has judged anew."


def test_a_verdict_grows_too_old() -> None:
    at_the_limit = evaluation(evaluated_at=NOW - timedelta(seconds=3_600))
    assert answer(evaluation=at_the_limit) == NOTHING
    too_old = evaluation(evaluated_at=NOW - timedelta(seconds=3_601))
    assert answer(evaluation=too_old) == ["SNAPSHOT_NOT_FOUND/EVIDENCE_EXPIRED"]
    assert only(evaluation=too_old).sentence == (
        "The policy's verdict is older than 3600 s; ask again when it has judged anew."
    )
    assert answer(evaluation=at_the_limit, max_age_seconds=3_599) == ["SNAPSHOT_NOT_FOUND/EVIDENCE_EXPIRED"]


def test_what_does_not_fit_the_evaluation_stands_in_one_order() -> None:
    worst = evaluation(
        head_sha=OLD,
        base_ref="dev",
        policy_digest="p0",
        invalidated_by="close",
        is_sound=False,
        evaluated_at=NOW - timedelta(days=1),
        decision="deny",
    )
    details = ["HEAD_MOVED", "BASE_CHANGED", "POLICY_CHANGED", "SNAPSHOT_INVALIDATED", "SNAPSHOT_CORRUPT"]
    all_of_them = ["READ_BEHIND_WEBHOOK", *details, "EVIDENCE_EXPIRED"]
    expected = [*(f"SNAPSHOT_NOT_FOUND/{detail}" for detail in all_of_them), "SNAPSHOT_NOT_FOUND"]
    assert answer(evaluation=worst, hooked_head="a2") == expected


def test_everything_at_once_stands_in_the_order_of_the_contract() -> None:
    worst = facts(
        state="closed",
        draft=True,
        mergeable=None,
        mergeable_state="behind",
        repository=Repository(id=2, full_name="o/r", archived=True, methods=()),
        reviews=(review("carol", "CHANGES_REQUESTED"),),
        checks=(),
    )
    decided = answer(
        facts=worst,
        evaluation=None,
        policy_digest=None,
        hooked_head="a2",
        posture=Posture(dry_run=False, frozen="x"),
    )
    assert decided == [
        "PR_NOT_FOUND/REPO_ID_MISMATCH",
        "PR_CLOSED",
        "SNAPSHOT_NOT_FOUND/READ_BEHIND_WEBHOOK",
        "SNAPSHOT_NOT_FOUND/POLICY_INVALID",
        "SNAPSHOT_NOT_FOUND",
        "MERGE_FAILED/SAFE_MODE",
        "MERGE_FAILED/SAFE_MODE",
        "MERGE_FAILED/NOT_PERMITTED",
        "MERGE_FAILED/PR_DRAFT",
        "MERGE_FAILED/FROZEN",
        "MERGE_FAILED/METHOD_NOT_ALLOWED",
        "MERGE_FAILED/REPO_ARCHIVED",
        "CHANGES_REQUESTED",
        "NO_REVIEW_APPROVAL",
        "NO_CHECKS_FOUND",
        "CHECKS_PENDING/MISSING_REQUIRED:ci",
        "MERGE_FAILED/MERGEABILITY_UNKNOWN",
        "MERGE_FAILED/BEHIND_BASE",
    ]


def test_a_conflict_comes_after_the_gate_and_before_what_github_says() -> None:
    decided = pull(mergeable=False, mergeable_state="behind", reviews=())
    assert decided == ["NO_REVIEW_APPROVAL", "MERGE_CONFLICT", "MERGE_FAILED/BEHIND_BASE"]
