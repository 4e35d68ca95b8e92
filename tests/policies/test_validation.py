"""Everything that is wrong or doubtful in a policy file, with place and hint."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import server_options, validation
from policies.document import parse
from policies.error import PolicyError

SOUND = "policy: {approval: [r]}\napproval_rules:\n- {name: r%s}\n"


def found(text: str) -> list[tuple[Any, ...]]:
    return [(one.line, one.column, one.severity, one.message, one.hint) for one in validation.check(text)]


@pytest.mark.parametrize("text", [SOUND % "", "remote: acme/policies", "remote: acme/policies\npath: a.yml\nref: v1"])
def test_it_finds_nothing_in_a_sound_file(text: str) -> None:
    assert found(text) == []


def test_it_says_where_a_key_of_another_level_belongs() -> None:
    text = "policy:\n  approval: [r]\napproval_rules:\n- name: r\n  count: 1\n  require: {}\n  has_labels: [x]\n"
    assert found(text) == [
        (5, 3, "error", "the key 'count' is not known here", "`count` belongs under `requires`"),
        (6, 3, "error", "the key 'require' is not known here", "did you mean `requires`?"),
        (
            7,
            3,
            "error",
            "the key 'has_labels' is not known here",
            "`has_labels` belongs under `if` or `requires.conditions`",
        ),
    ]


def test_it_suggests_the_nearest_rule() -> None:
    text = "policy: {approval: [one maintaner, zzz]}\napproval_rules:\n- {name: one maintainer}\n"
    assert found(text) == [
        (1, 21, "error", "there is no rule named 'one maintaner'", "did you mean `one maintainer`?"),
        (1, 36, "error", "there is no rule named 'zzz'", ""),
    ]


def test_it_tells_mistakes_of_every_kind_at_once_in_the_order_of_the_file() -> None:
    rule = (
        ", if: {title: {matches: ['(']}, modified_lines: {total: '>= 1'}}, requires: {permissions: [owner], count: x}"
    )
    text = (SOUND % rule).replace("[r]", "[q]") + "extra: 1"
    assert [finding.kind for finding in validation.check(text)] == [
        "policy_tree",
        "regexp",
        "comparison",
        "permission",
        "yaml_type",
        "yaml_type",
    ]


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [("policy:\n\tapproval: []", "yaml_syntax", 2), ("remote: nowhere", "remote", 1), ("{", "yaml_syntax", 2)],
)
def test_it_says_what_keeps_a_file_from_being_read(text: str, kind: str, line: int) -> None:
    assert [(one.kind, one.line, one.severity) for one in validation.check(text)] == [(kind, line, "error")]


@pytest.mark.parametrize("text", ["", "{}", "policy: {approval: []}"])
def test_it_warns_of_a_policy_that_asks_for_nothing(text: str) -> None:
    (finding,) = validation.check(text)
    assert (finding.kind, finding.severity) == ("empty", "warning")
    assert finding.message == "the policy asks for no approval, so that policy-bot approves everything"
    assert finding.hint == "name at least one rule under `policy.approval`"


def test_it_warns_of_a_glob_that_is_not_valid() -> None:
    message = "the glob 'src/[' is not valid, so that policy-bot lets no file match it"
    assert found(SOUND % ", if: {no_changed_files: {globs: ['src/[', 'a/**']}}") == [(3, 45, "warning", message, "")]


def test_it_warns_of_rules_that_nobody_uses_or_that_give_way() -> None:
    text = SOUND % "" + "- {name: r, requires: {count: 0}}\n- {description: no name}\n- {name: other}\n"
    assert found(text) == [
        (3, 10, "warning", "a later rule is named 'r' too, and the last one counts", ""),
        (5, 3, "warning", "the rule '' is never used", "name it under `policy.approval`, or remove it"),
        (6, 10, "warning", "the rule 'other' is never used", "name it under `policy.approval`, or remove it"),
    ]


@pytest.mark.parametrize(
    ("requires", "problem"),
    [
        ("count: 1", "asks for approvals and says of nobody that they may approve"),
        ("count: 2, users: [bob, bob]", "asks for 2 approvals and names only 1 who may approve"),
        ("count: 2, users: [bob, cid]", ""),
        ("count: 9, users: [bob], teams: [acme/core]", ""),
        ("count: 9, organizations: [acme]", ""),
        ("count: 9, admins: true", ""),
        ("count: 0", ""),
    ],
)
def test_it_warns_where_too_few_may_approve(requires: str, problem: str) -> None:
    expected = [(3, 23, "warning", f"the rule 'r' {problem}", "")] if problem else []
    assert found(SOUND % f", requires: {{{requires}}}") == expected


def test_it_says_nothing_doubtful_of_a_file_with_mistakes() -> None:
    assert [one[2] for one in found("approval_rules: [{nam: r}]")] == ["error"]


def test_it_lists_no_more_than_anybody_reads() -> None:
    text = "".join(f"key{number}: 1\n" for number in range(validation.MAX_FINDINGS + 1))
    assert len(validation.check(text)) == validation.MAX_FINDINGS


DOCUMENTS = st.recursive(
    st.sampled_from(["r", "q", 1, None, True, "["]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["policy", "approval", "approval_rules", "name", "if", "requires", "count", "or", "remote"]
            ),
            inner,
            max_size=3,
        )
    ),
)


@given(DOCUMENTS.map(str))
def test_it_finds_a_mistake_exactly_where_the_file_is_refused(text: str) -> None:
    findings = validation.check(text, server_options.BUILT_IN)
    mistaken = any(finding.severity == "error" for finding in findings)
    if "remote" in text:
        return
    try:
        parse(text)
    except PolicyError:
        assert mistaken
    else:
        assert not mistaken


def test_of_many_mistakes_only_the_first_say_what_may_be_meant() -> None:
    text = f"policy: {{approval: [{', '.join(['rulo'] * 30)}]}}\napproval_rules: [{{name: rule}}]\n"
    hints = [one.hint for one in validation.check(text)]
    assert hints == ["did you mean `rule`?"] * 20 + [""] * 10
