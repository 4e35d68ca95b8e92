"""The result as a tree that a person reads."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from policies.explanation import render
from policies.facts import NOT_FETCHED
from policies.result import Result

POLICY = """
policy:
  approval:
  - or: [fast, slow]
  - E
approval_rules:
- {name: fast, if: {title: {matches: [Add]}, has_labels: [ready]}}
- {name: slow, requires: {count: 1, users: [bob], conditions: {targets_branch: {pattern: main}, title: {}}}}
- {name: E, if: {changed_files: {}}}
"""


def test_it_shows_one_line_for_each_node_and_finding(judge: Any, says: Any) -> None:
    result = judge(POLICY, comments=(says("ana"),), files=NOT_FETCHED)
    assert render(result).splitlines() == [
        "! policy: the fact 'files' was not fetched",
        "  ! approval: the fact 'files' was not fetched",
        "    … or: None of the rules are satisfied",
        '      - rule "fast": Missing label: ready',
        "        ✗ has_labels: Missing label: ready",
        '      … rule "slow": 0/1 required approvals and 1/2 required conditions.'
        " Ignored 1 approval from disqualified users",
        "        ✓ targets_branch: holds",
        "        ✗ title: does not hold",
        "        · ana's comment does not count: ana is the author of the pull request",
        "    ! rule \"E\": the fact 'files' was not fetched",
        "  - disapproval: No disapproval policy is specified or the policy is empty",
    ]


def test_it_shows_who_counted(judge: Any, says: Any) -> None:
    policy = "{policy: {approval: [R]}, approval_rules: [{name: R, requires: {count: 2, users: [bob, eve]}}]}"
    lines = render(judge(policy, comments=(says("bob"),))).splitlines()
    assert lines[2:4] == ['    … rule "R": 1/2 required approvals', "      + bob counts by a comment"]


@given(st.text(max_size=40))
def test_it_neutralises_hostile_names(text: str) -> None:
    shown = render(Result(name=f"a{text}\x1b[2J\nb\u202e", kind="rule", status="approved", description=text))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert len(shown.splitlines()) == 1
