"""Parsing a policy: everything understood, or a refusal that says where and why."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies import document, server_options
from policies.actors import Actors
from policies.document import parse
from policies.error import PolicyError
from policies.options import BUILT_IN, Methods, RequestReview
from policies.policy import DISAPPROVE, REVOKE, Operator, Policy, Rule
from policies.reading import MAX_REPORTED_PROBLEMS

PATIENCE_SECONDS = 20
RULE = "policy: {approval: [r]}\napproval_rules:\n- name: r\n"
KEYS = ["policy", "approval", "disapproval", "approval_rules", "name", "if", "requires", "count", "users", "options"]
TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["r", "yes", "(", "and"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=12,
)


def refusal(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    return caught.value


def rule(keys: str) -> Rule:
    return parse(RULE + "".join(f"  {line}\n" for line in keys.splitlines())).rules[0]


@pytest.mark.parametrize("text", ["", "~", "{}", "---", "policy:", "policy: {approval: }", "policy: {approval: []}"])
def test_it_takes_an_empty_file_for_an_empty_policy(text: str) -> None:
    assert parse(text) == Policy()


def test_it_reads_a_whole_rule() -> None:
    read = rule(
        "description: two of us\n"
        "options: {allow_author: yes, methods: {comments: [ok], github_review: off}}\n"
        "requires: {count: 2, users: [bob], teams: [acme/core], organizations: [acme],"
        " permissions: [Write], admins: on}"
    )
    assert read == Rule(
        name="r",
        description="two of us",
        options=BUILT_IN.model_copy(update={"allow_author": True, "methods": Methods(comments=("ok",))}),
        count=2,
        approvers=Actors(users=("bob",), teams=("acme/core",), organizations=("acme",), permissions=("write", "admin")),
    )


def test_it_resolves_options_from_rule_then_defaults_then_built_in() -> None:
    policy = parse(
        "approval_defaults: {options: {allow_author: true, invalidate_on_push: true, methods: {comments: []}}}\n"
        "approval_rules:\n"
        "- {name: plain}\n"
        "- {name: own, options: {allow_author: false, methods: {github_review: false, comments: ~}}}\n"
    )
    plain, own = (rule.options for rule in policy.rules)
    assert (plain.allow_author, plain.invalidate_on_push, plain.methods) == (True, True, Methods(github_review=True))
    assert (own.allow_author, own.invalidate_on_push, own.methods) == (False, True, Methods())


def test_it_reads_whose_commits_to_ignore() -> None:
    assert rule("options: {ignore_commits_by: {users: [bot]}}").options.ignore_commits_by == Actors(users=("bot",))
    assert rule("options: {ignore_commits_by: ~}").options.ignore_commits_by is None


def test_it_reads_disapproval_without_mixing_defaults_into_a_written_block() -> None:
    plain = parse("policy: {disapproval: {requires: {users: [bob]}}}").disapproval
    assert (plain.disapprove, plain.revoke, plain.disapprovers) == (DISAPPROVE, REVOKE, Actors(users=("bob",)))
    text = "policy: {disapproval: {options: {methods: {disapprove: {comments: [no]}}}, requires: {users: [bob]}}}"
    assert (parse(text).disapproval.disapprove, parse(text).disapproval.revoke) == (Methods(comments=("no",)), REVOKE)


@pytest.mark.parametrize(
    ("text", "kind", "line", "column"),
    [
        ("hello", "yaml_type", 1, 1),
        ("- policy", "yaml_type", 1, 1),
        ("Policy: {}", "yaml_type", 1, 1),
        ("policy: {}\npolicy: {}", "yaml_type", 2, 1),
        ("policy: {approval: r}", "yaml_type", 1, 20),
        ("? [a]\n: b", "yaml_syntax", 1, 3),
        (RULE + "  requires: {count: many}", "yaml_type", 4, 21),
        (RULE + "  requires: {count: '1'}", "yaml_type", 4, 21),
        (RULE + "  requires: {count: yes}", "yaml_type", 4, 21),
        (RULE + "  requires: {count: .inf}", "yaml_type", 4, 21),
        (RULE + "  requires: {count: -.inf}", "yaml_type", 4, 21),
        (RULE + "  requires: {count: 9223372036854775808}", "yaml_type", 4, 21),
        (RULE + "  requires: {count: [1]}", "yaml_type", 4, 21),
        (RULE + "  requires: {count: !mine 1}", "yaml_type", 4, 21),
        (RULE + "  requires: {users: bob}", "yaml_type", 4, 21),
        (RULE + "  requires: {users: [[bob]]}", "yaml_type", 4, 22),
        (RULE + "  requires: {permissions: [push]}", "permission", 4, 28),
        (RULE + "  options: {allow_author: 'true'}", "yaml_type", 4, 27),
        (RULE + "  options: {allow_author: {}}", "yaml_type", 4, 27),
        (RULE + "  if: {is_draft: true}", "yaml_type", 4, 8),
        (RULE + "  if: {title: {matches: ['(?=a)']}}", "regexp", 4, 26),
        (RULE + "  options: {request_review: {users: [bob]}}", "yaml_type", 4, 30),
        ("approval_rules: [r]", "yaml_type", 1, 18),
        ("approval_rules: {r: {}}", "yaml_type", 1, 17),
        ("approval_rules:\n-\n", "panic", 2, 2),
        ("policy: {approval: [nope]}", "policy_tree", 1, 21),
        ("remote: acme/policies", "yaml_type", 1, 1),
        ("remote: acme/policies\nbranch: main", "yaml_type", 1, 1),
        ("<<: 1", "yaml_syntax", 1, 5),
        ("<<: [1]", "yaml_syntax", 1, 6),
    ],
)
def test_it_refuses_with_kind_and_place(text: str, kind: str, line: int, column: int) -> None:
    error = refusal(text)
    assert (error.kind, error.line, error.column) == (kind, line, column)


def test_it_takes_a_condition_that_is_null_for_none() -> None:
    assert rule("if: {has_status: ~}").predicates == ()


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ("{}", RequestReview()),
        ("{request_review: {}}", RequestReview(enabled=False, mode="random-users", count=0)),
        ("{request_review: {enabled: on, mode: teams, count: 2}}", RequestReview(enabled=True, mode="teams", count=2)),
    ],
)
def test_it_reads_whom_to_ask_for_a_review(keys: str, wanted: RequestReview) -> None:
    assert rule(f"options: {keys}").options.request_review == wanted


def test_a_rule_replaces_the_default_request_whole() -> None:
    defaults = "approval_defaults: {options: {request_review: {enabled: true, count: 2}}}\n"
    rules = "approval_rules: [{}, {options: {request_review: ~}}, {options: {request_review: {mode: teams}}}]"
    found = [rule.options.request_review for rule in parse(defaults + rules).rules]
    assert found == [RequestReview(enabled=True, count=2)] * 2 + [RequestReview(mode="teams")]


def test_it_lets_a_bad_pattern_hide_every_other_mistake() -> None:
    error = refusal(RULE + "  foo: 1\n  if: {title: {matches: ['[', '(']}}")
    assert (error.kind, error.line, error.column) == ("regexp", 5, 26)


def test_it_reports_all_mistakes_of_one_kind_together() -> None:
    error = refusal(RULE + "  foo: 1\n  requires: {count: many}")
    assert (error.kind, error.line) == ("yaml_type", 4)
    assert error.message == "the key 'foo' is not known here; line 5: a whole number is expected here"


def test_it_limits_how_many_mistakes_it_reports() -> None:
    error = refusal("".join(f"k{number}: 1\n" for number in range(MAX_REPORTED_PROBLEMS + 9)))
    assert error.message.count(";") == MAX_REPORTED_PROBLEMS - 1


@pytest.mark.parametrize(
    ("text", "count"), [("1.9", 1), ("-0.5", 0), ("0x10", 16), ("010", 8), ("~", 0), ("", 0), ("-3", -3)]
)
def test_it_reads_a_count(text: str, count: int) -> None:
    assert rule(f"requires: {{count: {text}}}").count == count


def test_it_keeps_the_text_of_numbers_and_dates_among_names() -> None:
    users = rule("requires: {users: [1, 2.50, yes, 2024-01-01, 0x10, ~]}").approvers.users
    assert users == ("1", "2.50", "yes", "2024-01-01", "0x10", "")


def test_it_merges_maps_so_that_what_comes_later_wins() -> None:
    shared = (
        "approval_rules:\n- {name: a, requires: &a {count: 2, users: [bob]}}\n- {name: b, requires: &b {count: 3}}\n"
    )
    text = shared + "- {name: c, requires: {<<: *a, count: 1}}\n- {name: d, requires: {count: 1, <<: [*a, *b]}}\n"
    assert [(rule.count, rule.approvers.users) for rule in parse(text).rules[2:]] == [(1, ("bob",)), (2, ("bob",))]


def test_it_lays_merged_maps_over_each_other_at_any_depth() -> None:
    shared = "- &a {requires: {count: 1, users: [bob]}, options: {methods: {comments: [a], github_review: no}}}\n"
    other = "- &b {requires: {users: [cid]}, name: b}\n"
    text = f"approval_rules:\n{shared}{other}- {{<<: *a, options: {{methods: {{comments: [c]}}}}, <<: *b, name: c}}"
    merged = parse(text).rules[2]
    assert (merged.name, merged.count, merged.approvers.users) == ("c", 1, ("cid",))
    assert (merged.options.methods.comments, merged.options.methods.github_review) == (("c",), False)


def test_it_survives_any_number_of_merged_maps() -> None:
    text = "<<: {policy: {disapproval: {}}}\n" * 5000
    assert parse(text) == parse("")


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ("[~]", "the name of a rule is expected here"),
        ("[7]", "the name of a rule is expected here"),
        ("[[r]]", "the name of a rule, or a map with `and` or `or`, is expected here"),
        ("[{or: []}]", "a list with at least one entry is expected here"),
        ("[{or: r}]", "a list with at least one entry is expected here"),
        ("[{or: ~}]", "a list with at least one entry is expected here"),
        ("[{OR: [r]}]", "'OR' is not an operator; use `and` or `or`"),
        ("[{or: [r], and: [r]}]", "exactly one of `and` and `or` is expected here"),
        ("[{}]", "exactly one of `and` and `or` is expected here"),
        ("[{or: [r, x]}]", "there is no rule named 'x'"),
        ("[" + "{or: [" * 10 + "r" + "]}" * 10 + "]", "operators nest deeper than 9 levels"),
    ],
)
def test_it_refuses_a_tree_that_is_none(tree: str, message: str) -> None:
    error = refusal(f"policy: {{approval: {tree}}}\napproval_rules: [{{name: r}}]")
    assert (error.kind, error.message) == ("policy_tree", message)


@pytest.mark.parametrize("key", ["1", "yes", "~", "2.5"])
def test_it_refuses_a_key_on_which_policy_bot_breaks(key: str) -> None:
    error = refusal(f"policy: {{approval: [{{{key}: [r]}}, zzz]}}\napproval_rules: [{{name: r}}]")
    assert (error.kind, error.line, error.column) == ("panic", 1, 22)
    assert error.message.startswith("an operator is expected here, not a number or the like; use `and` or `or`")


def test_it_reports_mistakes_of_the_tree_in_the_order_of_reading() -> None:
    """policy-bot reads all rules before the tree, and stops at the first mistake."""
    assert refusal("policy: {approval: [zzz]}\napproval_rules:\n-\n").kind == "panic"
    assert refusal("policy: {approval: [zzz, {1: [r]}]}\napproval_rules: [{name: r}]").kind == "policy_tree"


def test_it_refuses_a_merge_over_an_operator() -> None:
    error = refusal("policy: {approval: [&t {or: [r]}, {<<: *t, or: [r]}]}\napproval_rules: [{name: r}]")
    assert (error.kind, error.message) == ("yaml_type", "a merged key is already set")


def test_it_builds_the_tree() -> None:
    policy = parse("policy: {approval: [{or: [r, {and: ['']}]}]}\napproval_rules: [{name: r}, {}, {name: unused}]")
    assert policy.approval == (
        Operator(kind="or", children=(Rule(name="r"), Operator(kind="and", children=(Rule(),)))),
    )
    assert policy.used_rules() == (Rule(name="r"), Rule())


def test_it_takes_nine_operators_in_each_other() -> None:
    tree = "[" + "{or: [" * 9 + "r" + "]}" * 9 + "]"
    assert parse(f"policy: {{approval: {tree}}}\napproval_rules: [{{name: r}}]").used_rules() == (Rule(name="r"),)


def test_it_lets_the_last_rule_of_a_name_win() -> None:
    policy = parse("policy: {approval: [r]}\napproval_rules: [{name: r}, {name: r, requires: {count: 1}}]")
    assert policy.approval == (Rule(name="r", count=1),)


def test_it_remembers_a_policy_by_its_text_and_the_server_s_options() -> None:
    text = "policy: {approval: [r]}\napproval_rules: [{name: r, requires: {count: 1}}]"
    strictly = server_options.parse("ignore_edited_comments: true")
    policy = document.parsed(text, server_options.BUILT_IN)
    assert policy == parse(text)
    assert document.parsed(text, server_options.parse("")) is policy
    assert document.parsed(text, strictly) == document.parse(text, strictly) != policy


def test_it_remembers_no_refusal() -> None:
    for _ in range(2):
        with pytest.raises(PolicyError):
            document.parsed("policy: 1", server_options.BUILT_IN)


def test_it_stays_quick_on_hostile_documents() -> None:
    keys = "".join(f"k{number}: 1\n" for number in range(20_000))
    names = "- '" + "(?<" * 3_000 + "'\n"
    before = time.monotonic()
    assert refusal(keys).kind == "yaml_type"
    assert refusal(f"approval_rules:\n- if:\n    title:\n      matches:\n{('      ' + names) * 20}").kind == "regexp"
    assert time.monotonic() - before < PATIENCE_SECONDS


@given(TREES, TREES)
def test_it_parses_or_refuses_any_document(policy: object, rules: object) -> None:
    text = f"policy: {policy}\napproval_rules: {rules}".replace("None", "~").replace("nan", ".nan")
    try:
        first = parse(text)
    except PolicyError:
        return
    assert first == parse(text)
