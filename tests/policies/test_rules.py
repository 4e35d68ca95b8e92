"""One rule: does it apply, who counts, and why somebody does not."""

from typing import Any

import pytest

from policies.facts import NOT_FETCHED
from policies.result import Result

BOB = "requires: {count: 1, users: [bob]}"


def found(result: Result) -> tuple[str, str]:
    return (result.status, result.description)


def test_it_approves_what_asks_for_nothing(judge_rule: Any) -> None:
    silent = {"comments": NOT_FETCHED, "reviews": NOT_FETCHED, "commits": NOT_FETCHED}
    for keys in ("description: x", "requires: {}", "requires: {count: -1, users: [bob]}"):
        assert found(judge_rule(keys, **silent)) == ("approved", "No approval required")


def test_it_waits_for_an_approval_and_takes_it(judge_rule: Any, approves: Any) -> None:
    assert found(judge_rule(BOB)) == ("pending", "0/1 required approvals")
    approved = judge_rule(BOB, reviews=(approves("bob"),))
    assert found(approved) == ("approved", "Approved by bob")
    assert [(one.login, one.source, one.review_id) for one in approved.approvers] == [("bob", "review", "R-bob")]


def test_it_names_approvers_in_order_of_creation(judge_rule: Any, approves: Any, says: Any) -> None:
    keys = "requires: {count: 1, users: [bob, cid]}"
    result = judge_rule(keys, reviews=(approves("bob", 20),), comments=(says("cid", "👍", 10),))
    assert found(result) == ("approved", "Approved by cid, bob")


def test_it_skips_on_the_first_condition_that_does_not_hold(judge_rule: Any) -> None:
    result = judge_rule("if: {has_labels: [Ready], title: {matches: [never]}, targets_branch: {pattern: main}}")
    assert found(result) == ("skipped", "Missing label: Ready")
    assert [(one.kind, one.satisfied) for one in result.predicates] == [("targets_branch", True), ("has_labels", False)]


def test_it_says_something_where_a_condition_says_nothing(judge_rule: Any) -> None:
    assert found(judge_rule("if: {title: {}}")) == ("skipped", "A precondition of this rule was not satisfied")


def test_it_asks_for_every_condition(judge_rule: Any, approves: Any) -> None:
    keys = "requires: {count: 1, users: [bob], conditions: {has_labels: [a], title: {matches: [Add]}}}"
    assert found(judge_rule(keys)) == ("pending", "0/1 required approvals and 1/2 required conditions")
    both = {"reviews": (approves("bob"),), "labels": ("a",)}
    assert found(judge_rule(keys, **both)) == ("approved", "Approved by bob and required conditions")
    keys = "requires: {conditions: {has_labels: [a]}}"
    assert found(judge_rule(keys)) == ("pending", "0/1 required conditions")
    assert found(judge_rule(keys, labels=("a",))) == ("approved", "Approved by required conditions")


@pytest.mark.parametrize(
    ("logins", "note"),
    [
        (["dan"], ". Ignored 1 approval from disqualified users"),
        (["dan", "eve"], ". Ignored 2 approvals from disqualified users"),
    ],
)
def test_it_counts_who_is_disqualified(judge_rule: Any, approves: Any, logins: list[str], note: str) -> None:
    result = judge_rule(BOB, reviews=tuple(approves(login) for login in logins))
    assert found(result) == ("pending", "0/1 required approvals" + note)
    assert [one.login for one in result.ignored] == logins
    assert result.ignored[0].reason == "dan's review does not count: dan is not among those who may approve"


def test_it_bars_the_author_unless_allowed(judge_rule: Any, says: Any) -> None:
    keys = "requires: {count: 1, users: [ana]}"
    barred = judge_rule(keys, comments=(says("ana"),))
    assert barred.ignored[0].reason == "ana's comment does not count: ana is the author of the pull request"
    assert barred.status == "pending"
    for option in ("allow_author", "allow_contributor"):
        assert judge_rule(f"options: {{{option}: true}}\n{keys}", comments=(says("ana"),)).status == "approved"
    other = judge_rule(f"options: {{allow_non_author_contributor: true}}\n{keys}", comments=(says("ana"),))
    assert other.status == "pending"


def test_it_bars_contributors_unless_allowed(judge_rule: Any, approves: Any, commit: Any) -> None:
    facts = {"commits": (commit("c1", ("b0",), author="bob"),), "reviews": (approves("bob"),)}
    barred = judge_rule(BOB, **facts)
    assert barred.status == "pending"
    assert barred.ignored[0].reason == (
        "bob's review does not count: bob wrote or committed a commit of the pull request"
    )
    for option in ("allow_non_author_contributor", "allow_contributor"):
        assert judge_rule(f"options: {{{option}: true}}\n{BOB}", **facts).status == "approved"
    assert judge_rule(f"options: {{allow_author: true}}\n{BOB}", **facts).status == "pending"


def test_it_asks_when_the_head_was_pushed_even_if_nobody_has_said_anything(judge_rule: Any, commit: Any) -> None:
    facts = {"commits": (commit("c1", (), pushed_at=NOT_FETCHED),)}
    result = judge_rule(f"options: {{invalidate_on_push: true}}\n{BOB}", **facts)
    assert (result.status, result.missing_fact) == ("error", "pushed_at")


def test_it_drops_an_approval_given_before_the_newest_push(judge_rule: Any, approves: Any) -> None:
    keys = f"options: {{invalidate_on_push: true}}\n{BOB}"
    stale = judge_rule(keys, reviews=(approves("bob", 5),))
    assert found(stale) == ("pending", "0/1 required approvals")
    assert stale.ignored[0].reason == "bob's review does not count: it was given before the newest push"
    assert judge_rule(keys, reviews=(approves("bob", 6),)).status == "approved"
    assert judge_rule(BOB, reviews=(approves("bob", 5),)).status == "approved"


def test_it_drops_an_edited_comment_where_asked_to(judge_rule: Any, says: Any, pull: Any) -> None:
    edited = says("bob", edited_at=pull().taken_at)
    assert judge_rule(BOB, comments=(edited,)).status == "approved"
    result = judge_rule(f"options: {{ignore_edited_comments: true}}\n{BOB}", comments=(edited, says("cid")))
    assert result.status == "pending"
    assert result.ignored[0].reason == "bob's comment does not count: it was edited"


def test_it_reads_when_something_was_edited_only_where_that_matters(judge_rule: Any, approves: Any) -> None:
    unknown = approves("bob", edited_at=NOT_FETCHED)
    assert judge_rule(BOB, reviews=(unknown,)).status == "approved"
    result = judge_rule(f"options: {{ignore_edited_comments: true}}\n{BOB}", reviews=(unknown,))
    assert (result.status, result.missing_fact) == ("error", "edited_at")


def test_it_takes_a_description_whose_edits_are_unknown_where_edits_do_not_matter(judge_rule: Any) -> None:
    keys = "options: {allow_author: true, methods: {body_patterns: [now]}}\nrequires: {count: 1, users: [ana]}"
    assert judge_rule(keys, body="now!", body_edited_at=NOT_FETCHED).status == "approved"


@pytest.mark.parametrize("fact", ["comments", "reviews", "commits"])
def test_it_is_an_error_that_names_a_missing_fact(judge_rule: Any, fact: str) -> None:
    result = judge_rule(BOB, **{fact: NOT_FETCHED})
    assert (result.status, result.missing_fact, result.required) == ("error", fact, 1)
    assert result.error == f"the fact {fact!r} was not fetched"


def test_it_is_an_error_when_nobody_asked_for_a_permission(judge_rule: Any, approves: Any) -> None:
    result = judge_rule("requires: {count: 1, permissions: [write]}", reviews=(approves("bob"),))
    assert (result.status, result.missing_fact) == ("error", "permission:bob")


def test_it_is_an_error_when_the_head_is_not_among_the_commits(judge_rule: Any) -> None:
    result = judge_rule(BOB, head_sha="gone")
    assert (result.status, result.missing_fact) == ("error", "")
    assert result.error == "the head commit gone is missing, probably due to a force-push"
