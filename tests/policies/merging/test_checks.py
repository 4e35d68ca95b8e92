"""The checks: which are judged, what passes, what is required, and what is no evidence at all."""

from typing import Any

import pytest

from policies.merging.checks import ChecksJudged
from policies.merging.facts import Check, Protection
from policies.merging.rules import MergeRules, RequiredCheck
from tests.policies.merging.building import (
    ACTIONS,
    GATE_APP,
    OLD,
    OTHER_APP,
    TEST_MERGE,
    check,
    said,
    status,
)
from tests.policies.merging.checking import demanding, judge, sentences

PASSED: list[str] = []
STRICT = MergeRules(strict_conclusions=True)
REQUIRED_ONLY = MergeRules(checks_mode="required")
FREE = Protection()
FAILURES = ("failure", "cancelled", "timed_out", "action_required", "stale", "startup_failure")


def _answer(*given: Check, rules: MergeRules | None = None, **known: Any) -> list[str]:
    judged = judge(*given, rules=rules, **known)
    assert (judged.status == "PASS") == (not judged.against)
    return said(judged.against)


def test_it_passes_what_is_green() -> None:
    assert judge(check(id=7)) == ChecksJudged(status="PASS", total=1, failed=0, pending=0, check_ids=(7,))


def test_check_runs_and_statuses_are_both_judged_and_counted() -> None:
    given = (check(id=3), status("jenkins", "pending", id=2), status("lint", "error", id=1), check("odd", "new", id=4))
    judged = judge(*given)
    assert (judged.total, judged.failed, judged.pending, judged.check_ids) == (4, 2, 1, (1, 2, 3, 4))
    assert judged.status == "FAIL"


@pytest.mark.parametrize("conclusion", ["success", "neutral"])
def test_what_ran_and_did_not_fail_passes(conclusion: str) -> None:
    assert _answer(check(conclusion=conclusion)) == PASSED


@pytest.mark.parametrize("conclusion", FAILURES)
def test_what_failed_fails(conclusion: str) -> None:
    assert _answer(check(conclusion=conclusion)) == ["CHECKS_FAILED"]
    assert sentences(check(conclusion=conclusion)) == ["These checks failed: ci; each has to pass."]


@pytest.mark.parametrize("state", ["failure", "error"])
def test_a_status_that_failed_fails(state: str) -> None:
    assert _answer(check(), status("jenkins", state)) == ["CHECKS_FAILED"]


@pytest.mark.parametrize("conclusion", ["something_new", "error", "SUCCESS"])
def test_a_conclusion_that_nobody_knows_fails(conclusion: str) -> None:
    assert _answer(check(conclusion=conclusion)) == ["CHECKS_FAILED/UNKNOWN_CONCLUSION"]
    assert sentences(check(conclusion=conclusion)) == [
        "These checks ended in a way that nobody knows here, which is no pass: ci; run them again."
    ]


@pytest.mark.parametrize("state", ["something_new", "neutral", "skipped"])
def test_a_state_that_no_status_has_fails(state: str) -> None:
    assert _answer(check(), status("jenkins", state)) == ["CHECKS_FAILED/UNKNOWN_CONCLUSION"]


def test_a_known_failure_comes_before_an_unknown_end() -> None:
    assert _answer(check("odd", "new"), check(conclusion="failure")) == [
        "CHECKS_FAILED",
        "CHECKS_FAILED/UNKNOWN_CONCLUSION",
    ]


@pytest.mark.parametrize("state", ["queued", "in_progress", "waiting", "requested", "pending", "anything"])
def test_what_is_not_completed_is_pending(state: str) -> None:
    for conclusion in (None, "success", "failure"):
        assert _answer(check(status=state, conclusion=conclusion)) == ["CHECKS_PENDING"]
    assert sentences(check(status=state)) == ["These checks are not finished: ci; ask again when they are."]


@pytest.mark.parametrize("conclusion", [None, ""])
def test_what_is_completed_without_a_conclusion_is_pending(conclusion: str | None) -> None:
    assert _answer(check(status="completed", conclusion=conclusion)) == ["CHECKS_PENDING"]


def test_a_failure_comes_before_what_is_pending() -> None:
    assert _answer(check("lint", None), check(conclusion="failure")) == ["CHECKS_FAILED", "CHECKS_PENDING"]


@pytest.mark.parametrize("conclusion", ["neutral", "skipped"])
def test_strict_conclusions_let_nothing_pass_but_success(conclusion: str) -> None:
    assert _answer(check(), check("docs", conclusion), rules=STRICT) == ["CHECKS_FAILED"]
    assert _answer(check(), check("docs", conclusion)) == PASSED
    assert _answer(check(), status("docs"), rules=STRICT) == PASSED


def test_every_check_is_skipped() -> None:
    skipped = (check(conclusion="skipped"), check("docs", "skipped"))
    assert _answer(*skipped) == ["NO_CHECKS_FOUND/ONLY_SKIPPED"]
    assert sentences(*skipped) == ["Every check of the head was skipped; at least one has to run and pass."]
    assert _answer(*skipped, rules=MergeRules(skipped_alone_is_evidence=True)) == PASSED
    assert _answer(check(), check("docs", "skipped")) == PASSED


def test_there_is_no_check_at_all() -> None:
    assert _answer(protection=FREE) == ["NO_CHECKS_FOUND"]
    assert _answer(protection=FREE, rules=MergeRules(skipped_alone_is_evidence=True)) == ["NO_CHECKS_FOUND"]
    assert sentences(protection=FREE) == ["No check has reported for the head; at least one has to run and pass."]


def test_what_stands_on_another_commit_is_not_judged() -> None:
    assert _answer(check(sha=OLD), protection=FREE) == ["NO_CHECKS_FOUND"]
    assert _answer(check(), check(conclusion="failure", sha=OLD)) == PASSED
    assert _answer(check(), check(conclusion="failure", sha=TEST_MERGE)) == PASSED


def test_the_test_merge_is_judged_too_where_the_rules_say_so() -> None:
    both = MergeRules(evaluate_test_merge_commit=True)
    assert _answer(check(), check(conclusion="failure", sha=TEST_MERGE), rules=both) == ["CHECKS_FAILED"]
    assert _answer(check(), check(conclusion=None, sha=TEST_MERGE), rules=both) == ["CHECKS_PENDING"]
    assert _answer(check(), check(sha=TEST_MERGE), rules=both) == PASSED
    assert _answer(check(), check(conclusion="failure", sha=OLD), rules=both) == PASSED
    assert _answer(check(), rules=both, merge_commit_sha=None) == PASSED


def test_the_test_merge_is_no_evidence_of_the_head() -> None:
    both = MergeRules(evaluate_test_merge_commit=True)
    on_merge = check(sha=TEST_MERGE)
    assert _answer(on_merge, rules=both, protection=FREE) == ["NO_CHECKS_FOUND"]
    assert _answer(on_merge, rules=both) == ["NO_CHECKS_FOUND", "CHECKS_PENDING/MISSING_REQUIRED:ci"]
    assert _answer(on_merge, check(conclusion="skipped"), rules=both) == ["NO_CHECKS_FOUND/ONLY_SKIPPED"]


def test_of_several_with_one_name_the_worst_counts() -> None:
    assert _answer(check(id=5), check(id=4, conclusion="failure")) == ["CHECKS_FAILED"]
    assert _answer(check(), check(app_id=OTHER_APP, conclusion="failure")) == ["CHECKS_FAILED"]
    assert _answer(check(), status("ci", "pending")) == ["CHECKS_PENDING"]
    assert _answer(check(conclusion="failure"), status("ci")) == ["CHECKS_FAILED"]


def test_what_the_gate_itself_says_is_not_judged_and_no_evidence() -> None:
    own = check("policy-gate", None, app_id=GATE_APP, id=9)
    own_status = status("policy-gate", "failure", app_id=GATE_APP, id=8)
    assert judge(check(), own, own_status) == judge(check())
    assert _answer(own, own_status, check("policy-gate", app_id=GATE_APP), protection=FREE) == ["NO_CHECKS_FOUND"]


def test_another_app_with_the_name_of_the_gate_is_judged() -> None:
    assert _answer(check(), check("policy-gate", "failure", app_id=OTHER_APP)) == ["CHECKS_FAILED"]
    assert _answer(check(), status("policy-gate", "failure")) == ["CHECKS_FAILED"]


def test_what_is_required_has_to_report() -> None:
    assert _answer(check("lint")) == ["CHECKS_PENDING/MISSING_REQUIRED:ci"]
    (against,) = judge(check("lint")).against
    assert against.sentence == "The required check ci has not reported; nothing is merged before it does."
    assert against.subject == "check:ci"
    assert _answer(check("lint"), check()) == PASSED


def test_any_app_may_report_where_none_is_named() -> None:
    open_to_all = demanding(("ci", None))
    assert _answer(check(app_id=OTHER_APP), protection=open_to_all) == PASSED
    assert _answer(status(), protection=open_to_all) == PASSED
    assert _answer(check("lint"), protection=open_to_all) == ["CHECKS_PENDING/MISSING_REQUIRED:ci"]


def test_the_named_app_has_to_report_and_no_other() -> None:
    assert _answer(check(app_id=OTHER_APP)) == ["CHECKS_PENDING/WRONG_SOURCE"]
    assert _answer(status()) == ["CHECKS_PENDING/WRONG_SOURCE"]
    assert _answer(status(app_id=ACTIONS)) == PASSED
    (against,) = judge(status()).against
    assert against.sentence == (
        "The required check ci has not come from the App 15368, but from somebody else; "
        "nothing is merged before it does."
    )
    assert _answer(check(app_id=OTHER_APP), check("lint")) == ["CHECKS_PENDING/WRONG_SOURCE"]


def test_what_is_not_green_comes_from_no_source() -> None:
    foreign = check(app_id=OTHER_APP, conclusion="failure")
    assert _answer(foreign) == ["CHECKS_FAILED", "CHECKS_PENDING/MISSING_REQUIRED:ci"]
    assert _answer(check(app_id=OTHER_APP, conclusion=None)) == ["CHECKS_PENDING", "CHECKS_PENDING/MISSING_REQUIRED:ci"]


def test_what_is_required_is_named_each_by_itself_in_one_order() -> None:
    three = demanding(("e2e", None), ("ci", ACTIONS), ("ci", 1))
    assert _answer(check("lint"), protection=three) == [
        "CHECKS_PENDING/MISSING_REQUIRED:ci",
        "CHECKS_PENDING/MISSING_REQUIRED:ci",
        "CHECKS_PENDING/MISSING_REQUIRED:e2e",
    ]
    subjects = [against.subject for against in judge(check("lint"), protection=three).against]
    assert subjects == ["check:ci", "check:ci", "check:e2e"]
    mixed = demanding(("ci", None), ("ci", ACTIONS))
    assert _answer(check(app_id=OTHER_APP), protection=mixed) == ["CHECKS_PENDING/WRONG_SOURCE"]


def test_what_the_rules_require_comes_to_what_github_requires() -> None:
    more = MergeRules(required_checks=(RequiredCheck(context="e2e"), RequiredCheck(context="ci", app_id=ACTIONS)))
    assert _answer(check(), rules=more) == ["CHECKS_PENDING/MISSING_REQUIRED:e2e"]
    assert _answer(check("e2e"), rules=more) == ["CHECKS_PENDING/MISSING_REQUIRED:ci"]
    assert _answer(check(), check("e2e", app_id=OTHER_APP), rules=more) == PASSED


@pytest.mark.parametrize("app_id", [None, GATE_APP])
def test_the_gate_does_not_wait_for_itself(app_id: int | None) -> None:
    assert _answer(check(), protection=demanding(("policy-gate", app_id))) == PASSED
    by_rules = MergeRules(required_checks=(RequiredCheck(context="policy-gate", app_id=app_id),))
    assert _answer(check(), rules=by_rules) == PASSED


def test_the_gates_name_pinned_to_another_app_is_waited_for() -> None:
    pinned = demanding(("policy-gate", OTHER_APP))
    assert _answer(check(), protection=pinned) == ["CHECKS_PENDING/MISSING_REQUIRED:policy-gate"]


def test_another_check_of_the_gate_that_is_required_is_waited_for() -> None:
    assert _answer(check(), protection=demanding(("other", GATE_APP))) == ["CHECKS_PENDING/MISSING_REQUIRED:other"]


def test_only_what_is_required_is_judged_where_the_rules_say_so() -> None:
    lint, foreign = check("lint", "failure", id=2), check(app_id=OTHER_APP, conclusion="failure", id=3)
    assert judge(check(), lint, foreign, rules=REQUIRED_ONLY) == judge(check())
    assert _answer(check(), foreign, rules=REQUIRED_ONLY, protection=demanding(("ci", None))) == ["CHECKS_FAILED"]
    assert _answer(check(conclusion=None), rules=REQUIRED_ONLY) == ["CHECKS_PENDING"]
    wrong = _answer(check(app_id=OTHER_APP), rules=REQUIRED_ONLY)
    assert wrong == ["CHECKS_PENDING/WRONG_SOURCE", "NO_CHECKS_FOUND"]


def test_one_of_what_is_required_has_to_have_run() -> None:
    assert _answer(check(), rules=REQUIRED_ONLY, protection=FREE) == ["NO_CHECKS_FOUND"]
    skipped = check(conclusion="skipped")
    assert _answer(skipped, check("lint"), rules=REQUIRED_ONLY) == ["NO_CHECKS_FOUND/ONLY_SKIPPED"]
