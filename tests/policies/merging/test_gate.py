"""The gate decision: PASS for approved reviews and passed checks, and for nothing else."""

from typing import Any

import pytest

from policies.merging import gate
from policies.merging.answer import Against
from policies.merging.facts import Protection
from policies.merging.rules import MergeRules
from policies.merging.situation import GateDecision, Veto
from tests.policies.merging.building import check, facts, review, said


def _decide(**known: Any) -> GateDecision:
    return gate.decide(facts(**known), MergeRules())


def test_it_passes_what_is_approved_and_green() -> None:
    assert _decide(reviews=(review(id=8),), checks=(check(id=3),)) == GateDecision(
        verdict="PASS", review_status="APPROVED", checks_status="PASS", review_ids=(8,), check_ids=(3,)
    )


def test_it_fails_what_is_not_approved() -> None:
    decision = _decide(reviews=())
    assert (decision.verdict, decision.review_status, decision.checks_status) == ("FAIL", "NOT_APPROVED", "PASS")
    assert said(decision.against) == ["NO_REVIEW_APPROVAL"]


def test_it_fails_what_is_not_green() -> None:
    decision = _decide(checks=(check(conclusion="failure"),))
    assert (decision.verdict, decision.review_status, decision.checks_status) == ("FAIL", "APPROVED", "FAIL")
    assert said(decision.against) == ["CHECKS_FAILED"]


def test_it_keeps_every_reason_in_the_order_of_the_contract() -> None:
    required = Protection(required=facts().protection.required)
    decision = _decide(
        reviews=(review("carol", "CHANGES_REQUESTED"), review("rita", "CHANGES_REQUESTED", id=2, permission="read")),
        checks=(check("a", None), check("b", "failure"), check("c", "new")),
        hooked_reviews=((99, "CHANGES_REQUESTED"),),
        protection=required,
    )
    assert said(decision.against) == [
        "CHANGES_REQUESTED",
        "CHANGES_REQUESTED/EVIDENCE_BEHIND_WEBHOOK",
        "NO_REVIEW_APPROVAL",
        "CHECKS_FAILED",
        "CHECKS_FAILED/UNKNOWN_CONCLUSION",
        "CHECKS_PENDING",
        "CHECKS_PENDING/MISSING_REQUIRED:ci",
    ]
    assert (decision.verdict, decision.review_status, decision.checks_status) == ("FAIL", "CHANGES_REQUESTED", "FAIL")
    assert decision.vetoes == (Veto(login="rita", permission="read"),)


def test_that_nothing_has_run_comes_before_what_is_missing() -> None:
    assert said(_decide(checks=()).against) == ["NO_CHECKS_FOUND", "CHECKS_PENDING/MISSING_REQUIRED:ci"]
    skipped = _decide(checks=(check("docs", "skipped"),))
    assert said(skipped.against) == ["NO_CHECKS_FOUND/ONLY_SKIPPED", "CHECKS_PENDING/MISSING_REQUIRED:ci"]
    pending = _decide(checks=(check("docs", None), check("lint", "skipped")))
    assert said(pending.against) == ["CHECKS_PENDING", "CHECKS_PENDING/MISSING_REQUIRED:ci"]


@pytest.mark.parametrize(
    "code", ["SNAPSHOT_NOT_FOUND", "SNAPSHOT_FETCH_FAILED", "PR_FETCH_FAILED", "GATE_DECISION_FAILED"]
)
def test_what_could_not_be_loaded_fails_and_says_so(code: Any) -> None:
    assert gate.failed(code, "GitHub is away.") == GateDecision(
        verdict="FAIL",
        review_status="NOT_APPROVED",
        checks_status="FAIL",
        against=(Against(code=code, detail=None, sentence="GitHub is away."),),
    )
