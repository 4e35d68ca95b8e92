"""What the server sets for every policy."""

import pytest

from policies import document
from policies.error import PolicyError
from policies.server_options import BUILT_IN, ServerOptions, parse

RULES = """
approval_defaults: {options: {allow_contributor: true}}
approval_rules:
- {}
- {options: {allow_author: false, ignore_edited_comments: true, methods: {github_review: false}}}
- {options: {ignore_edited_comments: false}}
"""


def test_it_takes_what_is_built_in_where_nothing_is_written() -> None:
    assert parse("") == parse("{policy_path: ~, force_shared_policy: ~}") == BUILT_IN == ServerOptions()


def test_it_reads_every_option() -> None:
    text = """
policy_path: p.yml
shared_repository: ops
shared_policy_path: s.yml
status_check_context: gate
force_shared_policy: true
expand_required_reviewers: yes
post_insecure_status_checks: on
strict_review_dismissal: true
ignore_edited_comments: no
approval_defaults: {options: {allow_author: true}}
"""
    server = parse(text)
    assert (server.policy_path, server.shared_repository, server.shared_policy_path) == ("p.yml", "ops", "s.yml")
    assert (server.status_check_context, server.approval_defaults.allow_author) == ("gate", True)
    assert server.force_shared_policy is server.expand_required_reviewers is True
    assert server.post_insecure_status_checks is server.strict_review_dismissal is True
    assert server.ignore_edited_comments is False


@pytest.mark.parametrize("text", ["policy-path: x", "force_shared_policy: 'true'", "approval_defaults: {methods: {}}"])
def test_it_refuses_what_it_does_not_understand(text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        parse(text)
    assert caught.value.kind == "yaml_type"


def test_the_block_may_stand_below_its_key() -> None:
    assert parse("options: {policy_path: a.yml, force_shared_policy: true}") == parse(
        "{policy_path: a.yml, force_shared_policy: true}"
    )
    with pytest.raises(PolicyError):
        parse("{options: {policy_path: a.yml}, force_shared_policy: true}")
    with pytest.raises(PolicyError):
        parse("options: {options: {}}")


def test_an_empty_text_means_the_default() -> None:
    assert parse("{policy_path: '', shared_repository: ~}") == BUILT_IN


def test_its_defaults_give_way_to_those_of_the_policy() -> None:
    server = parse(
        "approval_defaults: {options: {allow_author: true, allow_contributor: false, methods: {comments: [ok]}}}"
    )
    first, second, _ = (rule.options for rule in document.parse(RULES, server).rules)
    assert (first.allow_author, first.allow_contributor) == (True, True)
    assert (second.allow_author, second.allow_contributor) == (False, True)
    assert [(each.methods.comments, each.methods.github_review) for each in (first, second)] == [
        (("ok",), True),
        (("ok",), False),
    ]


@pytest.mark.parametrize(
    ("written", "found"),
    [("true", [True, True, True]), ("false", [False, False, False]), ("~", [False, True, False])],
)
def test_it_overrides_every_rule_about_edited_comments(written: str, found: list[bool]) -> None:
    policy = document.parse(RULES, parse(f"ignore_edited_comments: {written}"))
    assert [rule.options.ignore_edited_comments for rule in policy.rules] == found
