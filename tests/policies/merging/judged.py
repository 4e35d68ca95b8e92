"""A merge decided on, as tests of its reasons ask."""

from typing import Any

from policies.merging import judging
from policies.merging.answer import Against
from policies.merging.facts import Protection
from policies.merging.situation import MergeDecision
from tests.policies.merging.building import (
    NOW,
    facts,
    required,
    said,
    situation,
)

NOTHING: list[str] = []
QUEUE = Protection(required=(required(),), required_approvals=1, merge_queue=True)


def decide(**known: Any) -> MergeDecision:
    return judging.decide(situation(**known), NOW)


def answer(**known: Any) -> list[str]:
    decision = decide(**known)
    assert decision.allowed == (not decision.against)
    return said(decision.against)


def pull(**known: Any) -> list[str]:
    return answer(facts=facts(**known))


def only(**known: Any) -> Against:
    (against,) = decide(**known).against
    return against
