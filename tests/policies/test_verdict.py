"""What the commit status says."""

from typing import Any

import pytest

from policies.document import parse
from policies.error import PolicyError
from policies.facts import NOT_FETCHED
from policies.verdict import (
    MAX_NAMED_RULES,
    Origin,
    Verdict,
    of_load_error,
    of_missing_fact,
    of_missing_policy,
    of_policy_error,
    of_result,
)

ORIGIN = Origin(owner="acme", repo="widgets", ref="main", path=".policy.yml")
ONE = "policy: {approval: [r]}\napproval_rules: [{name: r, %s}]"
LONG = "deep/" * 60 + "key.pem"


def test_it_says_success_with_the_root_description(judge: Any) -> None:
    assert of_result(judge(""), ORIGIN) == Verdict(
        state="success",
        description="No approval policy defined",
        summary="No approval policy defined",
        whole="No approval policy defined",
    )


def test_it_names_the_rules_that_are_waited_for(judge: Any) -> None:
    result = judge(ONE % "requires: {count: 1, users: [bob]}")
    assert of_result(result, ORIGIN) == Verdict(
        state="pending",
        description="0/1 rules approved",
        summary="0/1 rules approved: waiting for r (0/1 required approvals)",
        whole="0/1 rules approved",
    )


def test_it_names_the_rules_that_are_approved_and_by_whom(judge: Any, approves: Any) -> None:
    rules = "{name: a writer approves, requires: {count: 1, users: [bob]}}, {name: b, requires: {count: 1}}, {name: c}"
    text = f"policy: {{approval: [{{or: [a writer approves, b, c]}}]}}\napproval_rules: [{rules}]"
    assert of_result(judge(text, reviews=(approves("bob"),)), ORIGIN) == Verdict(
        state="success",
        description="All rules are approved",
        summary="All rules are approved: a writer approves (Approved by bob), c (No approval required)",
        whole="All rules are approved",
    )


def test_it_names_no_more_rules_than_a_person_reads(judge: Any) -> None:
    names = [f"r{number}" for number in range(MAX_NAMED_RULES + 5)]
    rules = ", ".join(f"{{name: {name}}}" for name in names)
    verdict = of_result(judge(f"policy: {{approval: [{', '.join(names)}]}}\napproval_rules: [{rules}]"), ORIGIN)
    assert verdict.summary.count("No approval required") == MAX_NAMED_RULES


def test_it_says_failure_when_turned_down(judge: Any, says: Any) -> None:
    result = judge("policy: {disapproval: {requires: {users: [bob]}}}", comments=(says("bob", ":-1:"),))
    assert of_result(result, ORIGIN) == Verdict(
        state="failure", description="Disapproved by bob", summary="Disapproved by bob", whole="Disapproved by bob"
    )


def test_it_says_error_when_everything_was_skipped(judge: Any) -> None:
    words = "All rules were skipped. At least one rule must match."
    assert of_result(judge(ONE % "if: {title: {}}"), ORIGIN) == Verdict(
        state="error", description=words, summary=words, whole=words
    )


def test_it_says_error_with_the_fact_that_is_missing(judge: Any) -> None:
    verdict = of_result(judge(ONE % "if: {has_labels: [x]}", labels=NOT_FETCHED), ORIGIN)
    assert verdict == Verdict(
        state="error",
        description="Error evaluating policy in acme/widgets@main: .policy.yml",
        summary="Error evaluating policy in acme/widgets@main: .policy.yml: the fact 'labels' was not fetched",
        whole="Error evaluating policy in acme/widgets@main: .policy.yml",
    )


def test_it_says_where_a_file_is_wrong() -> None:
    with pytest.raises(PolicyError) as caught:
        parse("polic: {}")
    verdict = of_policy_error(caught.value, ORIGIN)
    assert (verdict.state, verdict.description) == ("error", "Invalid policy in acme/widgets@main: .policy.yml")
    assert (
        verdict.summary == f"{verdict.description}: line 1: the key 'polic' is not known here (did you mean `policy`?)"
    )
    assert of_policy_error(PolicyError("yaml_syntax", "x"), ORIGIN).summary == f"{verdict.description}: x"


def test_it_says_that_there_is_no_policy() -> None:
    verdict = of_missing_policy(ORIGIN)
    assert (verdict.state, verdict.description) == ("error", "No policy found in acme/widgets@main: .policy.yml")
    assert verdict.summary == f"{verdict.description}: without a policy nothing can be approved"
    also = of_missing_policy(ORIGIN, "acme/.github@HEAD: policy.yml").summary
    assert "put one there or into acme/.github@HEAD: policy.yml, since without a policy" in also


def test_it_says_that_a_fact_could_not_be_had() -> None:
    verdict = of_missing_fact(ORIGIN, "GitHub lists no more than 3000 changed files.")
    assert verdict.description == "Error evaluating policy in acme/widgets@main: .policy.yml"
    assert verdict.summary == f"{verdict.description}: GitHub lists no more than 3000 changed files."


def test_it_says_that_a_policy_could_not_be_loaded() -> None:
    verdict = of_load_error(ORIGIN, "GitHub answered 502")
    assert (verdict.state, verdict.description) == ("error", "Error loading policy from acme/widgets@main")
    assert verdict.summary == "Error loading policy from acme/widgets@main: GitHub answered 502"


def test_it_cuts_the_description_and_keeps_the_summary_whole(judge: Any, says: Any) -> None:
    result = judge(f"policy: {{disapproval: {{requires: {{users: ['{LONG}']}}}}}}", comments=(says(LONG, ":-1:"),))
    verdict = of_result(result, ORIGIN)
    assert len(verdict.description) == 140
    assert verdict.description.endswith("…")
    assert verdict.summary == f"Disapproved by {LONG}"
