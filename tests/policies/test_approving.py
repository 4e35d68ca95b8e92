"""Approve rules: what is refused, which hold, and that nothing doubtful does."""

from typing import Any

import pytest

from policies import approving, validation
from policies.error import PolicyError
from policies.facts import NOT_FETCHED, Alteration, ChangedFile
from policies.options import OptionsWritten
from policies.policy import Policy
from policies.server_options import BUILT_IN, ServerOptions
from tests.policies.conftest import at, build_pull

UPDATES = """
approve:
  - name: dependency updates
    if:
      has_author_in: {users: ["dependabot[bot]"]}
      only_changed_files: {paths: ["^poetry\\\\.lock$"]}
    requires:
      conditions:
        has_status: {statuses: [ci], conclusions: [success]}
"""
SIGNED_OFF = "approve: [{name: signed off, requires: {count: 1, users: [bob, cid]}%s}]"
TWO = """
approve:
  - {name: labelled, if: {has_labels: [fine]}}
  - {name: of the docs, if: {only_changed_files: {paths: ["^docs/"]}}}
"""
UPDATE = {
    "author": "dependabot[bot]",
    "files": (ChangedFile(filename="poetry.lock", status="modified"),),
    "statuses": (("ci", "success"),),
}


def parsed(text: str, server: ServerOptions = BUILT_IN) -> Policy:
    return approving.parse(text, server)


def ruled(text: str, **facts: Any) -> approving.Ruling:
    return approving.judge(parsed(text), build_pull(**facts))


def refusal(text: str) -> tuple[int | None, int | None, str]:
    with pytest.raises(PolicyError) as refused:
        parsed(text)
    return refused.value.line, refused.value.column, refused.value.message


def test_a_rule_holds_where_it_applies_and_its_conditions_do() -> None:
    ruling = ruled(UPDATES, **UPDATE)
    assert (ruling.rules, ruling.sentence) == (("dependency updates",), "Held by the rule dependency updates.")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"author": "mallory"}, "skipped"),
        ({"files": (*UPDATE["files"], ChangedFile(filename="setup.py", status="modified"))}, "skipped"),
        ({"statuses": (("ci", "failure"),)}, "pending"),
        ({"statuses": ()}, "pending"),
    ],
)
def test_it_holds_no_more_once_anything_is_otherwise(changed: dict[str, Any], why: str) -> None:
    ruling = ruled(UPDATES, **{**UPDATE, **changed})
    assert (ruling.rules, ruling.sentence) == ((), "No rule holds.")
    assert ruling.result is not None
    assert [rule.status for rule in ruling.result.children] == [why]


@pytest.mark.parametrize("fact", ["files", "statuses"])
def test_a_fact_that_is_not_known_is_no_yes(fact: str) -> None:
    ruling = ruled(UPDATES, **{**UPDATE, fact: NOT_FETCHED})
    assert ruling.rules == ()
    assert ruling.sentence == f"The rules cannot be judged: the fact {fact!r} was not fetched."


def test_any_rule_will_do_and_each_that_holds_is_named() -> None:
    docs = (ChangedFile(filename="docs/a.md", status="modified"),)
    assert ruled(TWO).rules == ()
    assert ruled(TWO, labels=("fine",)).rules == ("labelled",)
    both = ruled(TWO, labels=("fine",), files=docs)
    assert (both.rules, both.sentence) == (("labelled", "of the docs"), "Held by the rules labelled, of the docs.")


def test_a_rule_that_cannot_be_judged_leaves_nothing_approved() -> None:
    """Though another one holds: so strict mode has it."""
    assert ruled(TWO, labels=("fine",), files=NOT_FETCHED).rules == ()


def test_a_rule_may_ask_for_reviews_too(approves: Any) -> None:
    text = SIGNED_OFF % ""
    assert ruled(text).rules == ()
    assert ruled(text, reviews=(approves("zoe"),)).rules == ()
    assert ruled(text, reviews=(approves("bob"),)).rules == ("signed off",)


def test_options_are_those_of_the_policy_language(approves: Any) -> None:
    old = (approves("bob", 4),)
    assert ruled(SIGNED_OFF % "", reviews=old).rules == ("signed off",)
    assert ruled(SIGNED_OFF % ", options: {invalidate_on_push: true}", reviews=old).rules == ()


def test_the_operator_s_defaults_count_here_too() -> None:
    server = ServerOptions(
        approval_defaults=OptionsWritten(allow_author=True, invalidate_on_push=True), ignore_edited_comments=True
    )
    [rule] = parsed(SIGNED_OFF % ", options: {allow_author: false}", server).rules
    assert (rule.options.allow_author, rule.options.invalidate_on_push) == (False, True)
    assert rule.options.ignore_edited_comments


def test_it_is_strict_whatever_mode_is_posted(approves: Any) -> None:
    reviews = (approves("bob", 10), approves("bob", 20, state="changes_requested"))
    assert ruled(SIGNED_OFF % "", reviews=reviews).rules == ()


def test_a_remark_that_somebody_else_altered_stands_against_it(approves: Any) -> None:
    altered = Alteration(author="bob", by="ana", what="deleted", was=":+1:", said_at=at(10), altered_at=at(20))
    ruling = ruled(SIGNED_OFF % "", reviews=(approves("cid"),), alterations=(altered,))
    assert ruling.rules == ()
    assert ruling.sentence.startswith("No rule counts: ana deleted bob's comment")
    assert ruling.result is not None
    assert [child.kind for child in ruling.result.children] == ["rule", "tampering"]


def test_the_explanation_has_the_rules_and_nothing_of_a_policy() -> None:
    result = ruled(TWO, labels=("fine",)).result
    assert result is not None
    assert (result.name, result.status, result.description) == (
        "approve rules",
        "approved",
        "Held by the rule labelled.",
    )
    assert [(child.name, child.status) for child in result.children] == [
        ("labelled", "approved"),
        ("of the docs", "skipped"),
    ]


@pytest.mark.parametrize("text", ["", "{}", "approve:", "approve: []"])
def test_a_file_without_rules_approves_nothing(text: str) -> None:
    policy = parsed(text)
    assert policy.rules == ()
    assert approving.objection(policy, build_pull(), None) == "The file has no approve rule."


def test_the_gate_never_approves_its_own_pull_request() -> None:
    policy, own = parsed(TWO), "The gate never approves its own pull request."
    assert approving.objection(policy, build_pull(author="gate[bot]"), "gate[bot]") == own
    assert approving.objection(policy, build_pull(author="gate[bot]"), "other[bot]") == ""
    assert approving.objection(policy, build_pull(author="gate[bot]", draft=True), "gate[bot]") == own


def test_a_draft_is_not_approved() -> None:
    assert approving.objection(parsed(TWO), build_pull(draft=True), None) == "A draft is not approved."
    assert approving.objection(parsed(TWO), build_pull(), None) == ""


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("approve: []\nmerged: {}", 2, 1, "the key 'merged' is not known here"),
        (
            "policy: {approval: []}",
            1,
            1,
            "the key 'policy' is not known here (`policy` belongs at the top of the policy file)",
        ),
        (
            "approve:\n- name: a\n  count: 1\n  if: {has_labels: [x]}",
            3,
            3,
            "the key 'count' is not known here (`count` belongs under `requires`)",
        ),
        ("approve: {name: a}", 1, 10, "a list is expected here"),
        (
            "approve: [{if: {has_labels: [x]}}]",
            1,
            11,
            "an approve rule needs a name, by which the review tells of it",
        ),
        (
            "approve:\n- {name: a, if: {has_labels: [x]}}\n- {name: a, if: {has_labels: [y]}}",
            3,
            3,
            "there is an approve rule named 'a' already",
        ),
        (
            "approve: [{name: a, if: {}, requires: {count: 0}}]",
            1,
            11,
            "an approve rule needs a condition, since one without any would approve everything",
        ),
        (
            "approve: [{name: a, if: {has_labels: [x]}, options: {request_review: {enabled: true}}}]",
            1,
            11,
            "an approve rule asks nobody for a review, so request_review belongs into the policy",
        ),
        ("approve: [{name: a, if: {title: {matches: ['(']}}}]", 1, 44, ""),
        ("approve: [", None, None, ""),
        ("approve: [~]", 1, 11, "an entry of the list of rules is empty"),
    ],
)
def test_whatever_is_not_understood_is_refused_with_its_place(
    text: str, line: int | None, column: int | None, message: str
) -> None:
    found = refusal(text)
    assert found[:2] == (line, column) or line is None
    assert found[2].startswith(message)


@pytest.mark.parametrize(
    "rest", ["if: {has_labels: [x]}", "requires: {conditions: {has_labels: [x]}}", "requires: {count: 1}"]
)
def test_any_condition_is_one(rest: str) -> None:
    assert len(parsed(f"approve: [{{name: a, {rest}}}]").rules) == 1


def test_a_parsed_file_is_remembered() -> None:
    assert approving.parsed(TWO, BUILT_IN) is approving.parsed(TWO, BUILT_IN)


def test_every_mistake_is_found_with_its_place() -> None:
    text = "approve:\n- {if: {has_label: [x]}}\n- {name: b, requires: {permissions: [owner]}}\nmerged: {}\n"
    found = validation.check_gate_file(text)
    assert [(one.line, one.kind, one.severity) for one in found] == [
        (2, "yaml_type", "error"),
        (2, "yaml_type", "error"),
        (2, "yaml_type", "error"),
        (3, "yaml_type", "error"),
        (3, "permission", "error"),
        (4, "yaml_type", "error"),
    ]


def test_what_is_no_yaml_is_one_mistake() -> None:
    assert [(one.kind, one.severity) for one in validation.check_gate_file("approve: [")] == [("yaml_syntax", "error")]


def test_a_file_that_approves_nothing_or_nobody_can_fulfil_is_doubtful() -> None:
    assert [one.kind for one in validation.check_gate_file("")] == ["empty"]
    [nobody] = validation.check_gate_file("approve: [{name: a, requires: {count: 1}}]")
    assert (nobody.kind, nobody.severity) == ("nobody", "warning")
    assert nobody.message == "the rule 'a' asks for approvals and says of nobody that they may approve"
    assert validation.check_gate_file(UPDATES) == ()
