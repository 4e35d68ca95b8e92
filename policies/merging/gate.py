"""The gate decision: reviews and checks of a pull request together, from loaded facts or the failure to load them."""

from typing import Literal

from policies.merging import checks, reviews
from policies.merging.answer import Against
from policies.merging.facts import MergeFacts
from policies.merging.rules import MergeRules
from policies.merging.situation import GateDecision

Failure = Literal["SNAPSHOT_NOT_FOUND", "SNAPSHOT_FETCH_FAILED", "PR_FETCH_FAILED", "GATE_DECISION_FAILED"]
ORDER = ("CHANGES_REQUESTED", "NO_REVIEW_APPROVAL", "CHECKS_FAILED", "CHECKS_PENDING", "NO_CHECKS_FOUND")
"""Of the codes: the first that applies is the primary one."""
ABSENT = ("MISSING_REQUIRED", "WRONG_SOURCE")
"""Details of what only lacks: it comes last, beside that nothing has run, in the order in which the checks say it."""


def decide(facts: MergeFacts, rules: MergeRules) -> GateDecision:
    """PASS only where the reviews approve and the checks pass."""
    reviewed, checked = reviews.judge(facts, rules), checks.judge(facts, rules)
    against = sorted((*reviewed.against, *checked.against), key=_rank)
    passes = reviewed.status == "APPROVED" and checked.status == "PASS"
    return GateDecision(
        verdict="PASS" if passes else "FAIL",
        review_status=reviewed.status,
        checks_status=checked.status,
        against=tuple(against),
        vetoes=reviewed.vetoes,
        review_ids=reviewed.review_ids,
        check_ids=checked.check_ids,
    )


def _rank(against: Against) -> int:
    is_absence = (against.detail or "").startswith(ABSENT)
    return ORDER.index("NO_CHECKS_FOUND" if is_absence else against.code)


def failed(code: Failure, sentence: str) -> GateDecision:
    """The decision where the facts could not be loaded."""
    return GateDecision(
        verdict="FAIL",
        review_status="NOT_APPROVED",
        checks_status="FAIL",
        against=(Against(code=code, detail=None, sentence=sentence),),
    )
