"""Which events matter to a policy."""

import pytest

from policies.document import parse
from policies.triggers import is_triggered, triggers

TALK = ("commit", "comment", "review")
RULE = "policy: {approval: [{or: [r]}]}\napproval_rules: [{name: r, %s}, {name: unused, if: {has_labels: [x]}}]"


@pytest.mark.parametrize(
    ("keys", "kinds"),
    [
        ("requires: {}", ("commit",)),
        ("requires: {count: 1}", ("commit", "comment", "review")),
        ("requires: {count: 1}, options: {methods: {comments: []}}", ("commit", "review")),
        ("requires: {count: 1}, options: {methods: {comments: [], comment_patterns: [a]}}", TALK),
        ("requires: {count: 1}, options: {methods: {github_review: false}}", ("commit", "comment")),
        ("requires: {count: 1}, options: {methods: {github_review: no, github_review_comment_patterns: [a]}}", TALK),
        ("requires: {count: 1}, options: {methods: {body_patterns: [a]}}", (*TALK, "pull_request")),
        ("options: {methods: {body_patterns: [a]}}", ("commit",)),
        ("if: {has_labels: [a]}, requires: {conditions: {has_status: {}}}", ("commit", "label", "status")),
        (
            "if: {title: {}, has_author_in: {}, from_branch: {}, custom_property_is_null: []}",
            ("commit", "pull_request"),
        ),
    ],
)
def test_it_waits_for_what_the_rules_of_the_tree_ask_for(keys: str, kinds: tuple[str, ...]) -> None:
    assert triggers(parse(RULE % keys)) == kinds


@pytest.mark.parametrize(
    ("keys", "kinds"),
    [
        ("", ("commit",)),
        ("if: {targets_branch: {}}", ("commit", "pull_request")),
        ("requires: {users: [bob]}", ("commit", "comment", "review")),
        ("options: {methods: {disapprove: {body_patterns: [a]}}}", ("commit",)),
        (
            "requires: {users: [bob]}, options: {methods: {disapprove: {body_patterns: [a]}, revoke: {comments: [a]}}}",
            ("commit", "comment"),
        ),
    ],
)
def test_it_waits_for_what_a_disapproval_asks_for(keys: str, kinds: tuple[str, ...]) -> None:
    assert triggers(parse(f"policy: {{disapproval: {{{keys}}}}}")) == kinds


def test_it_is_triggered_by_any_kind_in_common() -> None:
    policy = parse(RULE % "requires: {count: 1}, options: {methods: {comments: []}}")
    assert is_triggered(policy, ("label", "review"))
    assert not is_triggered(policy, ("label", "comment"))
