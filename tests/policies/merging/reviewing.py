"""Reviews judged by the rules, as tests of them ask."""

from typing import Any

from policies.merging import reviews
from policies.merging.facts import Review
from policies.merging.reviews import ReviewsJudged
from policies.merging.rules import MergeRules
from tests.policies.merging.building import facts, said

APPROVED: tuple[str, list[str]] = ("APPROVED", [])
TWO = MergeRules(required_approvals=2)


def judge(*given: Review, rules: MergeRules | None = None, **known: Any) -> ReviewsJudged:
    return reviews.judge(facts(reviews=given, **known), rules or MergeRules())


def answer(*given: Review, rules: MergeRules | None = None, **known: Any) -> tuple[str, list[str]]:
    judged = judge(*given, rules=rules, **known)
    return judged.status, said(judged.against)


def not_approved(*details: str) -> tuple[str, list[str]]:
    return "NOT_APPROVED", [f"NO_REVIEW_APPROVAL/{detail}" for detail in details]


def sentences(*given: Review, rules: MergeRules | None = None, **known: Any) -> list[str]:
    return [against.sentence for against in judge(*given, rules=rules, **known).against]
