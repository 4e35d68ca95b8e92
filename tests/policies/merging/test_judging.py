"""Whether it may be merged now: each reason against it, earned and cleared, in the contract's order."""

from datetime import timedelta
from typing import Any

import pytest

from policies.merging import judging
from policies.merging.answer import Against
from policies.merging.facts import Protection, Repository
from policies.merging.rules import MergeRules
from policies.merging.situation import MergeDecision, Posture
from tests.policies.merging.building import (
    HEAD,
    NOW,
    OLD,
    check,
    evaluation,
    facts,
    posture,
    required,
    review,
    said,
    situation,
)

NOTHING: list[str] = []
STRICT = Protection(required=(required(),), required_approvals=1, strict=True)
QUEUE = Protection(required=(required(),), required_approvals=1, merge_queue=True)


def _decide(**known: Any) -> MergeDecision:
    return judging.decide(situation(**known), NOW)


def _answer(**known: Any) -> list[str]:
    decision = _decide(**known)
    assert decision.allowed == (not decision.against)
    return said(decision.against)


def _pull(**known: Any) -> list[str]:
    return _answer(facts=facts(**known))


def _only(**known: Any) -> Against:
    (against,) = _decide(**known).against
    return against


def test_it_allows_what_nothing_stands_against() -> None:
    decision = _decide()
    assert decision.allowed
    assert (decision.gate.verdict, decision.against, decision.uses_queue) == ("PASS", (), False)


def test_it_says_that_the_branch_is_merged_by_a_queue() -> None:
    decision = _decide(facts=facts(protection=QUEUE))
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
    assert _answer(**known) == ["PR_NOT_FOUND/REPO_ID_MISMATCH"]
    assert _only(**known).sentence == (
        "The repository is not the one of this name that was known before; an operator has to look at it."
    )


def test_another_repository_is_seen_without_an_evaluation() -> None:
    assert _answer(facts=facts(repository_id=2), evaluation=None)[0] == "PR_NOT_FOUND/REPO_ID_MISMATCH"
    assert _answer(evaluation=None) == ["SNAPSHOT_NOT_FOUND"]


def test_what_is_merged_or_closed_is_not_merged_again() -> None:
    assert _pull(state="closed", merged=True) == ["PR_ALREADY_MERGED"]
    assert _pull(state="closed") == ["PR_CLOSED"]
    assert _pull(merged=True) == ["PR_ALREADY_MERGED"]
    assert _only(facts=facts(merged=True)).sentence == "The pull request is merged already."
    assert _only(facts=facts(state="closed")).sentence == "The pull request is closed; re-open it first."


def test_what_the_policy_has_not_judged_is_not_merged() -> None:
    assert _answer(evaluation=None) == ["SNAPSHOT_NOT_FOUND"]
    assert _only(evaluation=None).sentence == (
        "The policy has not judged this pull request yet; ask again when it has."
    )


def test_what_the_policy_denies_is_not_merged() -> None:
    denied = {"evaluation": evaluation(decision="deny")}
    assert _answer(**denied) == ["SNAPSHOT_NOT_FOUND"]
    assert _only(**denied).sentence == (
        "The policy does not allow the pull request (`mergegate policy explain` says why); ask again when it does."
    )


def test_a_read_behind_a_webhook_is_read_again() -> None:
    against = _only(hooked_head="a2")
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/READ_BEHIND_WEBHOOK"]
    assert against.outcome == "retry_scheduled"
    assert against.sentence == "GitHub told of another head and still shows a1; it is read again soon."
    assert _answer(hooked_head=HEAD) == NOTHING


def test_a_read_behind_a_webhook_is_seen_without_an_evaluation() -> None:
    assert _answer(hooked_head="a2", evaluation=None) == [
        "SNAPSHOT_NOT_FOUND/READ_BEHIND_WEBHOOK",
        "SNAPSHOT_NOT_FOUND",
    ]


def test_a_head_that_nobody_judged_is_not_merged() -> None:
    against = _only(evaluation=evaluation(head_sha=OLD))
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/HEAD_MOVED"]
    assert against.outcome == "blocked"
    assert against.sentence == "The head is a1, and the policy judged a0; ask again when it has judged the new head."


def test_another_base_is_judged_anew() -> None:
    against = _only(evaluation=evaluation(base_ref="dev"))
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/BASE_CHANGED"]
    assert (
        against.sentence == "The base branch is main, and the policy judged dev; ask again when it has judged that one."
    )


def test_a_policy_that_is_not_valid_lets_nothing_merge() -> None:
    invalid = {"policy_digest": None, "policy_trouble": "line 3: no\nrule"}
    assert _answer(**invalid) == ["SNAPSHOT_NOT_FOUND/POLICY_INVALID"]
    assert _only(**invalid).sentence == ("The policy at the base branch is not valid (line 3: no rule); mend it there.")
    assert "(nobody knows why)" in _only(policy_digest=None).sentence
    assert _answer(policy_digest=None, evaluation=None) == ["SNAPSHOT_NOT_FOUND/POLICY_INVALID", "SNAPSHOT_NOT_FOUND"]


def test_a_policy_that_changed_judges_anew() -> None:
    against = _only(policy_digest="p2")
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/POLICY_CHANGED"]
    assert against.sentence == (
        "The policy at the base branch has changed since it judged; ask again when it has judged anew."
    )


def test_a_verdict_that_an_event_took_back_does_not_count() -> None:
    against = _only(evaluation=evaluation(invalidated_by="pull_request.synchronize"))
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/SNAPSHOT_INVALIDATED"]
    assert against.sentence == (
        "The policy's verdict counts no more since pull_request.synchronize; ask again when it has judged anew."
    )


def test_a_verdict_whose_seal_is_broken_does_not_count() -> None:
    against = _only(evaluation=evaluation(is_sound=False))
    assert said((against,)) == ["SNAPSHOT_NOT_FOUND/SNAPSHOT_CORRUPT"]
    assert against.sentence == "The policy's stored verdict was changed by hand; ask again when it has judged anew."


def test_a_verdict_grows_too_old() -> None:
    at_the_limit = evaluation(evaluated_at=NOW - timedelta(seconds=3_600))
    assert _answer(evaluation=at_the_limit) == NOTHING
    too_old = evaluation(evaluated_at=NOW - timedelta(seconds=3_601))
    assert _answer(evaluation=too_old) == ["SNAPSHOT_NOT_FOUND/EVIDENCE_EXPIRED"]
    assert _only(evaluation=too_old).sentence == (
        "The policy's verdict is older than 3600 s; ask again when it has judged anew."
    )
    assert _answer(evaluation=at_the_limit, max_age_seconds=3_599) == ["SNAPSHOT_NOT_FOUND/EVIDENCE_EXPIRED"]


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
    assert _answer(evaluation=worst, hooked_head="a2") == expected


def test_nothing_is_merged_in_safe_mode() -> None:
    against = _only(posture=posture(safe_mode=True))
    assert said((against,)) == ["MERGE_FAILED/SAFE_MODE"]
    assert against.outcome == "blocked"
    assert against.sentence == (
        "The gate is in safe mode, so that nothing is merged; an operator has to switch that off."
    )
    assert _answer(posture=posture(safe_mode=True, dry_run=True)) == ["MERGE_FAILED/SAFE_MODE"]


def test_nothing_is_merged_where_a_setting_cannot_be_read() -> None:
    against = _only(posture=posture(trouble="The setting safe_mode cannot be read."))
    assert said((against,)) == ["MERGE_FAILED/SAFE_MODE"]
    assert against.sentence == "The setting safe_mode cannot be read."
    assert _answer(posture=posture(trouble=None)) == NOTHING


def test_nothing_is_merged_by_a_merger_that_is_local() -> None:
    against = _only(posture=posture(live=False))
    assert said((against,)) == ["MERGE_FAILED/SAFE_MODE"]
    assert against.sentence == (
        "The merger is local, so that nothing is merged; set GITHUB_MERGER=live to switch merging on."
    )
    assert _answer(posture=posture(live=False, dry_run=True)) == NOTHING


def test_nothing_is_merged_where_the_gate_is_not_required() -> None:
    against = _only(posture=posture(gate_required=False))
    assert said((against,)) == ["MERGE_FAILED/NOT_PERMITTED"]
    assert against.sentence == (
        "GitHub does not require the gate's own check on this branch, as far as is known, so that a merge by hand "
        "could pass the gate by; run `mergegate doctor`, and do what it says."
    )
    assert _answer(posture=posture(gate_required=False, overridden=True)) == NOTHING
    assert _answer(posture=posture(gate_required=False, dry_run=True)) == NOTHING


def test_a_posture_that_says_nothing_allows_nothing() -> None:
    assert _answer(posture=Posture()) == ["MERGE_FAILED/SAFE_MODE"]
    assert _answer(posture=Posture(dry_run=False)) == [
        "MERGE_FAILED/SAFE_MODE",
        "MERGE_FAILED/SAFE_MODE",
        "MERGE_FAILED/NOT_PERMITTED",
    ]


@pytest.mark.parametrize("state", ["draft", "clean"])
def test_a_draft_is_not_merged_whatever_its_mergeable_state(state: str) -> None:
    against = _only(facts=facts(draft=True, mergeable_state=state))
    assert said((against,)) == ["MERGE_FAILED/PR_DRAFT"]
    assert against.sentence == "The pull request is a draft; mark it as ready for review first."


def test_nothing_is_merged_in_a_freeze_and_all_is_judged_again_after_it() -> None:
    against = _only(posture=posture(frozen="release\nweek", frozen_until=NOW))
    assert said((against,)) == ["MERGE_FAILED/FROZEN"]
    assert against.outcome == "retry_scheduled"
    assert against.sentence == "Merging is frozen until 2026-01-01T12:00:00+00:00: release week"
    assert _only(posture=posture(frozen="x")).sentence == "Merging is frozen until somebody ends that: x"
    assert _answer(posture=posture(frozen="")) == ["MERGE_FAILED/FROZEN"]
    assert _answer(posture=posture(frozen_until=NOW)) == NOTHING


def test_a_method_that_the_repository_does_not_allow_is_not_replaced() -> None:
    only_merge = facts(repository=Repository(id=1001, full_name="o/r", archived=False, methods=("merge", "rebase")))
    against = _only(facts=only_merge)
    assert said((against,)) == ["MERGE_FAILED/METHOD_NOT_ALLOWED"]
    assert against.sentence == (
        "The repository does not allow the method squash (it allows: merge, rebase); choose another."
    )
    assert _answer(facts=only_merge, rules=MergeRules(method="rebase")) == NOTHING
    none = facts(repository=Repository(id=1001, full_name="o/r", archived=False, methods=()))
    assert "(it allows: none)" in _only(facts=none).sentence


def test_nothing_is_merged_in_an_archived_repository() -> None:
    against = _only(facts=facts(repository=Repository(id=1001, full_name="o/r", archived=True, methods=("squash",))))
    assert said((against,)) == ["MERGE_FAILED/REPO_ARCHIVED"]
    assert against.sentence == "The repository is archived, so nothing is merged; unarchive it first."


def test_the_gate_decides() -> None:
    decision = _decide(facts=facts(reviews=(), checks=(check(conclusion="failure"),)))
    assert said(decision.against) == ["NO_REVIEW_APPROVAL", "CHECKS_FAILED"]
    assert decision.against == decision.gate.against
    assert not decision.allowed


def test_a_conflict_is_resolved_first() -> None:
    for known in ({"mergeable": False, "mergeable_state": "dirty"}, {"mergeable": False}, {"mergeable_state": "dirty"}):
        against = _only(facts=facts(**known))
        assert said((against,)) == ["MERGE_CONFLICT"]
        assert against.sentence == "The pull request conflicts with its base branch; resolve the conflict."
    assert _pull(mergeable=False, mergeable_state="unknown") == ["MERGE_CONFLICT"]


def test_it_waits_for_github_to_work_out_whether_it_can_be_merged() -> None:
    for known in (
        {"mergeable": None, "mergeable_state": "unknown"},
        {"mergeable": None},
        {"mergeable": None, "mergeable_state": "dirty"},
        {"mergeable_state": "unknown"},
        {"mergeable_state": "draft"},
        {"mergeable_state": "something_new"},
    ):
        against = _only(facts=facts(**known))
        assert said((against,)) == ["MERGE_FAILED/MERGEABILITY_UNKNOWN"]
        assert against.outcome == "retry_scheduled"
        assert against.sentence == (
            "GitHub has not worked out yet whether it can be merged; it is judged again when that is known."
        )


@pytest.mark.parametrize("state", ["clean", "has_hooks", "unstable"])
def test_what_github_has_nothing_against_is_merged(state: str) -> None:
    assert _pull(mergeable_state=state) == NOTHING


def test_a_branch_behind_its_base_is_updated_where_the_rules_say_so() -> None:
    behind = facts(mergeable_state="behind", protection=STRICT)
    blocked, updated = _only(facts=behind), _only(facts=behind, rules=MergeRules(update_branch=True))
    assert said((blocked, updated)) == ["MERGE_FAILED/BEHIND_BASE", "MERGE_FAILED/BEHIND_BASE"]
    assert (blocked.outcome, updated.outcome) == ("blocked", "retry_scheduled")
    assert blocked.sentence == (
        "The branch is behind its base, and has to be up to date; update it, or let `update_branch` do so."
    )
    assert updated.sentence == "The branch is behind its base; it is updated, and judged again at its new head."
    assert _pull(protection=STRICT) == NOTHING
    assert _pull(mergeable_state="behind") == ["MERGE_FAILED/BEHIND_BASE"]


def test_what_github_blocks_without_a_reason_is_judged_again() -> None:
    against = _only(facts=facts(mergeable_state="blocked"))
    assert said((against,)) == ["MERGE_FAILED/GITHUB_BLOCKED_UNEXPLAINED"]
    assert against.outcome == "retry_scheduled"
    assert (
        against.sentence == "GitHub says that a rule of the branch blocks it, and not which; it is judged again soon."
    )


def test_what_explains_the_block_stands_alone() -> None:
    assert _pull(mergeable_state="blocked", reviews=()) == ["NO_REVIEW_APPROVAL"]
    assert _pull(mergeable_state="blocked", draft=True) == ["MERGE_FAILED/PR_DRAFT"]
    assert _pull(mergeable_state="blocked", mergeable=False) == ["MERGE_CONFLICT"]
    assert _answer(facts=facts(mergeable_state="blocked"), posture=posture(safe_mode=True)) == [
        "MERGE_FAILED/SAFE_MODE",
        "MERGE_FAILED/GITHUB_BLOCKED_UNEXPLAINED",
    ]


def test_a_queue_brings_branches_up_to_date_and_asks_its_own_rules() -> None:
    for state in ("behind", "blocked"):
        assert _pull(mergeable_state=state, protection=QUEUE) == NOTHING
    assert _pull(mergeable_state="unknown", protection=QUEUE) == ["MERGE_FAILED/MERGEABILITY_UNKNOWN"]
    assert _pull(mergeable_state="dirty", protection=QUEUE) == ["MERGE_CONFLICT"]


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
    decided = _answer(
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
    decided = _pull(mergeable=False, mergeable_state="behind", reviews=())
    assert decided == ["NO_REVIEW_APPROVAL", "MERGE_CONFLICT", "MERGE_FAILED/BEHIND_BASE"]
