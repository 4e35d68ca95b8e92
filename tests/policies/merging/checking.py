"""Checks judged, as tests of them ask."""

from typing import Any

from policies.merging import checks
from policies.merging.checks import ChecksJudged
from policies.merging.facts import Check, Protection
from policies.merging.rules import MergeRules
from tests.policies.merging.building import (
    facts,
    required,
)


def judge(*given: Check, rules: MergeRules | None = None, **known: Any) -> ChecksJudged:
    return checks.judge(facts(checks=given, **known), rules or MergeRules())


def sentences(*given: Check, **known: Any) -> list[str]:
    return [against.sentence for against in judge(*given, **known).against]


def demanding(*contexts: tuple[str, int | None]) -> Protection:
    return Protection(required=tuple(required(name, app_id) for name, app_id in contexts))
