"""Two evaluations of one pull request side by side."""

from typing import Any

import pytest

from policies.comparison import Leaf, RuleChange, direction, rule_changes, state_of
from policies.verdict import State

OLD = """
policy: {approval: [owner, gone]}
approval_rules:
- {name: owner, requires: {count: 1, users: [bob]}}
- name: gone
"""
NEW = """
policy: {approval: [{or: [owner, fresh]}]}
approval_rules:
- {name: owner, requires: {count: 2, users: [bob]}}
- name: fresh
"""


def test_it_says_rule_by_rule_what_ended_otherwise(judge: Any, approves: Any) -> None:
    then, now = (judge(policy, reviews=(approves("bob"),)) for policy in (OLD, NEW))
    assert (state_of(then), state_of(now)) == ("success", "success")
    assert [str(change) for change in rule_changes(then, now)] == [
        'rule "owner": approved (Approved by bob) -> pending (1/2 required approvals)',
        'rule "fresh": not asked -> approved (No approval required)',
        'rule "gone": approved (No approval required) -> not asked',
    ]


def test_the_same_tree_has_no_changes(judge: Any) -> None:
    assert rule_changes(judge(OLD), judge(OLD)) == ()


def test_a_disapproval_is_compared_too(judge: Any) -> None:
    stopped = "policy: {disapproval: {if: {title: {matches: [gears]}}}}"
    changes = rule_changes(judge("policy: {}"), judge(stopped))
    assert [change.rule for change in changes] == ["disapproval"]


def test_against_a_tree_that_nobody_knows_every_rule_is_new(judge: Any) -> None:
    changes = rule_changes(None, judge(NEW))
    assert [change.then for change in changes] == [None, None, None]


def test_a_name_cannot_fake_a_line() -> None:
    change = RuleChange(rule="a\x1b[31m\nb", then=None, now=Leaf(status="approved", sentence="x\ny"))
    assert str(change) == "a [31m b: not asked -> approved (x y)"


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ("success", "success", "unchanged"),
        ("success", "pending", "stricter"),
        ("pending", "failure", "stricter"),
        ("pending", "error", "stricter"),
        ("error", "failure", "laxer"),
        ("pending", "success", "laxer"),
    ],
)
def test_it_tells_which_verdict_is_harder(then: State, now: State, expected: str) -> None:
    assert direction(then, now) == expected
