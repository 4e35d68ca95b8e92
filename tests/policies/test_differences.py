"""Why strict mode gives another verdict, in sentences."""

from typing import Any

import pytest

from policies.differences import differences
from policies.document import parse
from policies.evaluation import evaluate
from policies.facts import NOT_FETCHED
from tests.policies.conftest import at, build_pull

ONE = "policy: {approval: [r]}\napproval_rules: [{name: r, requires: {count: 1, users: [bob]}%s}]"


def between(text: str, **facts: Any) -> tuple[str, ...]:
    policy, snapshot = parse(text), build_pull(**facts)
    return differences(evaluate(policy, snapshot), evaluate(policy, snapshot, "strict"))


@pytest.mark.parametrize("reviewed", [True, False])
def test_it_says_nothing_where_the_verdicts_are_the_same(approves: Any, reviewed: bool) -> None:
    assert between(ONE % "", reviews=(approves("bob"),) if reviewed else ()) == ()


def test_it_names_the_rule_and_who_counts_no_longer(approves: Any) -> None:
    asked = approves("bob", 20, state="changes_requested")
    assert between(ONE % "", reviews=(approves("bob", 10), asked)) == (
        'rule "r" is approved in policy-bot and pending strictly: '
        "bob's review does not count: bob asked for changes afterwards and can approve again",
    )


def test_it_names_the_doubt_about_a_condition(commit: Any) -> None:
    conditions = "requires: {conditions: {only_has_contributors_in: {users: [ana]}}}"
    text = f"policy: {{approval: [r]}}\napproval_rules: [{{name: r, {conditions}}}]"
    (sentence,) = between(text, commits=(commit("c1", (), author=None),))
    assert sentence.startswith(
        'rule "r" is approved in policy-bot and pending strictly: '
        "only_has_contributors_in: Commit c1 has an unknown author"
    )


def test_it_names_what_or_has_hidden() -> None:
    text = "policy: {approval: [{or: [a, e]}]}\napproval_rules: [{name: a}, {name: e, if: {has_labels: [x]}}]"
    assert between(text, labels=NOT_FETCHED) == (
        "rule \"e\" could not be judged, which policy-bot passes over: the fact 'labels' was not fetched",
    )


def test_it_names_an_empty_policy() -> None:
    assert between("") == (
        "approval is approved in policy-bot and error strictly: "
        "the policy asks for no approval, so policy.approval has to name at least one rule",
    )


def test_it_names_a_branch_that_only_strict_has(says: Any) -> None:
    comment = says("bob", edited_at=at(20), edited_by=None)
    assert between(ONE % "", comments=(comment,)) == (
        "tampering is error strictly: GitHub no longer knows who edited bob's comment; bob can say it again",
    )


def test_it_shows_each_sentence_once_on_one_line(approves: Any) -> None:
    name = "a\\x1b[2Jb"
    text = (ONE % "").replace("name: r", f'name: "{name}"').replace("[r]", f'["{name}", "{name}"]')
    reviews = (approves("bob", 10), approves("bob", 20, state="changes_requested"))
    (sentence,) = between(text, reviews=reviews)
    assert sentence.isprintable()
