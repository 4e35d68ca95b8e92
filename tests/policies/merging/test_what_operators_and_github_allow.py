"""Whether it may be merged now, by what operators allow and what GitHub says: each reason earned and cleared."""

import pytest

from policies.merging.facts import Protection, Repository
from policies.merging.rules import MergeRules
from policies.merging.situation import Posture
from tests.policies.merging.building import (
    NOW,
    check,
    facts,
    posture,
    required,
    said,
)
from tests.policies.merging.judged import NOTHING, QUEUE, answer, decide, only, pull

STRICT = Protection(required=(required(),), required_approvals=1, strict=True)


def test_nothing_is_merged_in_safe_mode() -> None:
    against = only(posture=posture(safe_mode=True))
    assert said((against,)) == ["MERGE_FAILED/SAFE_MODE"]
    assert against.outcome == "blocked"
    assert against.sentence == (
        "The gate is in safe mode, so that nothing is merged; an operator has to switch that off."
    )
    assert answer(posture=posture(safe_mode=True, dry_run=True)) == ["MERGE_FAILED/SAFE_MODE"]


def test_nothing_is_merged_where_a_setting_cannot_be_read() -> None:
    against = only(posture=posture(trouble="The setting safe_mode cannot be read."))
    assert said((against,)) == ["MERGE_FAILED/SAFE_MODE"]
    assert against.sentence == "The setting safe_mode cannot be read."
    assert answer(posture=posture(trouble=None)) == NOTHING


def test_nothing_is_merged_by_a_merger_that_is_local() -> None:
    against = only(posture=posture(live=False))
    assert said((against,)) == ["MERGE_FAILED/SAFE_MODE"]
    assert against.sentence == (
        "The merger is local, so that nothing is merged; set GITHUB_MERGER=live to switch merging on."
    )
    assert answer(posture=posture(live=False, dry_run=True)) == NOTHING


def test_nothing_is_merged_where_the_gate_is_not_required() -> None:
    against = only(posture=posture(gate_required=False))
    assert said((against,)) == ["MERGE_FAILED/NOT_PERMITTED"]
    assert against.sentence == (
        "GitHub does not require the gate's own check on this branch, as far as is known, so that a merge by hand "
        "could pass the gate by; run `mergegate doctor`, and do what it says."
    )
    assert answer(posture=posture(gate_required=False, overridden=True)) == NOTHING
    assert answer(posture=posture(gate_required=False, dry_run=True)) == NOTHING


def test_a_posture_that_says_nothing_allows_nothing() -> None:
    assert answer(posture=Posture()) == ["MERGE_FAILED/SAFE_MODE"]
    assert answer(posture=Posture(dry_run=False)) == [
        "MERGE_FAILED/SAFE_MODE",
        "MERGE_FAILED/SAFE_MODE",
        "MERGE_FAILED/NOT_PERMITTED",
    ]


@pytest.mark.parametrize("state", ["draft", "clean"])
def test_a_draft_is_not_merged_whatever_its_mergeable_state(state: str) -> None:
    against = only(facts=facts(draft=True, mergeable_state=state))
    assert said((against,)) == ["MERGE_FAILED/PR_DRAFT"]
    assert against.sentence == "The pull request is a draft; mark it as ready for review first."


def test_nothing_is_merged_in_a_freeze_and_all_is_judged_again_after_it() -> None:
    against = only(posture=posture(frozen="release\nweek", frozen_until=NOW))
    assert said((against,)) == ["MERGE_FAILED/FROZEN"]
    assert against.outcome == "retry_scheduled"
    assert against.sentence == "Merging is frozen until 2026-01-01T12:00:00+00:00: release week"
    assert only(posture=posture(frozen="x")).sentence == "Merging is frozen until somebody ends that: x"
    assert answer(posture=posture(frozen="")) == ["MERGE_FAILED/FROZEN"]
    assert answer(posture=posture(frozen_until=NOW)) == NOTHING


def test_a_method_that_the_repository_does_not_allow_is_not_replaced() -> None:
    only_merge = facts(repository=Repository(id=1001, full_name="o/r", archived=False, methods=("merge", "rebase")))
    against = only(facts=only_merge)
    assert said((against,)) == ["MERGE_FAILED/METHOD_NOT_ALLOWED"]
    assert against.sentence == (
        "The repository does not allow the method squash (it allows: merge, rebase); choose another."
    )
    assert answer(facts=only_merge, rules=MergeRules(method="rebase")) == NOTHING
    none = facts(repository=Repository(id=1001, full_name="o/r", archived=False, methods=()))
    assert "(it allows: none)" in only(facts=none).sentence


def test_nothing_is_merged_in_an_archived_repository() -> None:
    against = only(facts=facts(repository=Repository(id=1001, full_name="o/r", archived=True, methods=("squash",))))
    assert said((against,)) == ["MERGE_FAILED/REPO_ARCHIVED"]
    assert against.sentence == "The repository is archived, so nothing is merged; unarchive it first."


def test_the_gate_decides() -> None:
    decision = decide(facts=facts(reviews=(), checks=(check(conclusion="failure"),)))
    assert said(decision.against) == ["NO_REVIEW_APPROVAL", "CHECKS_FAILED"]
    assert decision.against == decision.gate.against
    assert not decision.allowed


def test_a_conflict_is_resolved_first() -> None:
    for known in ({"mergeable": False, "mergeable_state": "dirty"}, {"mergeable": False}, {"mergeable_state": "dirty"}):
        against = only(facts=facts(**known))
        assert said((against,)) == ["MERGE_CONFLICT"]
        assert against.sentence == "The pull request conflicts with its base branch; resolve the conflict."
    assert pull(mergeable=False, mergeable_state="unknown") == ["MERGE_CONFLICT"]


def test_it_waits_for_github_to_work_out_whether_it_can_be_merged() -> None:
    for known in (
        {"mergeable": None, "mergeable_state": "unknown"},
        {"mergeable": None},
        {"mergeable": None, "mergeable_state": "dirty"},
        {"mergeable_state": "unknown"},
        {"mergeable_state": "draft"},
        {"mergeable_state": "something_new"},
    ):
        against = only(facts=facts(**known))
        assert said((against,)) == ["MERGE_FAILED/MERGEABILITY_UNKNOWN"]
        assert against.outcome == "retry_scheduled"
        assert against.sentence == (
            "GitHub has not worked out yet whether it can be merged; it is judged again when that is known."
        )


@pytest.mark.parametrize("state", ["clean", "has_hooks", "unstable"])
def test_what_github_has_nothing_against_is_merged(state: str) -> None:
    assert pull(mergeable_state=state) == NOTHING


def test_a_branch_behind_its_base_is_updated_where_the_rules_say_so() -> None:
    behind = facts(mergeable_state="behind", protection=STRICT)
    blocked, updated = only(facts=behind), only(facts=behind, rules=MergeRules(update_branch=True))
    assert said((blocked, updated)) == ["MERGE_FAILED/BEHIND_BASE", "MERGE_FAILED/BEHIND_BASE"]
    assert (blocked.outcome, updated.outcome) == ("blocked", "retry_scheduled")
    assert blocked.sentence == (
        "The branch is behind its base, and has to be up to date; update it, or let `update_branch` do so."
    )
    assert updated.sentence == "The branch is behind its base; it is updated, and judged again at its new head."
    assert pull(protection=STRICT) == NOTHING
    assert pull(mergeable_state="behind") == ["MERGE_FAILED/BEHIND_BASE"]


def test_what_github_blocks_without_a_reason_is_judged_again() -> None:
    against = only(facts=facts(mergeable_state="blocked"))
    assert said((against,)) == ["MERGE_FAILED/GITHUB_BLOCKED_UNEXPLAINED"]
    assert against.outcome == "retry_scheduled"
    assert (
        against.sentence == "GitHub says that a rule of the branch blocks it, and not which; it is judged again soon."
    )


def test_what_explains_the_block_stands_alone() -> None:
    assert pull(mergeable_state="blocked", reviews=()) == ["NO_REVIEW_APPROVAL"]
    assert pull(mergeable_state="blocked", draft=True) == ["MERGE_FAILED/PR_DRAFT"]
    assert pull(mergeable_state="blocked", mergeable=False) == ["MERGE_CONFLICT"]
    assert answer(facts=facts(mergeable_state="blocked"), posture=posture(safe_mode=True)) == [
        "MERGE_FAILED/SAFE_MODE",
        "MERGE_FAILED/GITHUB_BLOCKED_UNEXPLAINED",
    ]


def test_a_queue_brings_branches_up_to_date_and_asks_its_own_rules() -> None:
    for state in ("behind", "blocked"):
        assert pull(mergeable_state=state, protection=QUEUE) == NOTHING
    assert pull(mergeable_state="unknown", protection=QUEUE) == ["MERGE_FAILED/MERGEABILITY_UNKNOWN"]
    assert pull(mergeable_state="dirty", protection=QUEUE) == ["MERGE_CONFLICT"]
