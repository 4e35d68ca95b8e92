"""The gate decision: reviews and checks of a pull request together, from loaded facts or the failure to load them."""

from typing import Literal

from policies.merging import checks, reviews
from policies.merging.answer import Against
from policies.merging.facts import MergeFacts
from policies.merging.rules import MergeRules
from policies.merging.situation import GateDecision

Failure = Literal["SNAPSHOT_NOT_FOUND", "SNAPSHOT_FETCH_FAILED", "PR_FETCH_FAILED", "GATE_DECISION_FAILED"]


def decide(facts: MergeFacts, rules: MergeRules) -> GateDecision:
    """PASS only where the reviews approve and the checks pass.

    Reviews come first, and each half says its reasons in the contract's order.
    """
    reviewed, checked = reviews.judge(facts, rules), checks.judge(facts, rules)
    passes = reviewed.status == "APPROVED" and checked.status == "PASS"
    return GateDecision(
        verdict="PASS" if passes else "FAIL",
        review_status=reviewed.status,
        checks_status=checked.status,
        against=(*reviewed.against, *checked.against),
        vetoes=reviewed.vetoes,
        review_ids=reviewed.review_ids,
        check_ids=checked.check_ids,
    )


def failed(code: Failure, sentence: str) -> GateDecision:
    """The decision where the facts could not be loaded."""
    return GateDecision(
        verdict="FAIL",
        review_status="NOT_APPROVED",
        checks_status="FAIL",
        against=(Against(code=code, detail=None, sentence=sentence),),
    )
