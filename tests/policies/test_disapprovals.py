"""What turns a pull request down, and what takes that back."""

from typing import Any

import pytest

from policies.facts import NOT_FETCHED
from policies.result import Result

BY_DAN = "policy: {disapproval: {requires: {users: [dan, eve]}}}"


@pytest.fixture
def disapproval(judge: Any) -> Any:
    """The text of a policy and facts -> the result of its disapproval."""
    return lambda policy, **facts: judge(policy, **facts).children[1]


def found(result: Result) -> tuple[str, str]:
    return (result.status, result.description)


def test_it_asks_nobody_where_nothing_is_written(disapproval: Any) -> None:
    nothing = "No disapproval policy is specified or the policy is empty"
    silent = {"comments": NOT_FETCHED, "reviews": NOT_FETCHED}
    for policy in ("", "policy: {disapproval: {}}", "policy: {disapproval: {requires: {users: []}}}"):
        assert found(disapproval(policy, **silent)) == ("skipped", nothing)


def test_it_turns_down_by_comment_or_review(disapproval: Any, says: Any, approves: Any) -> None:
    assert found(disapproval(BY_DAN)) == ("skipped", "No disapprovals")
    assert found(disapproval(BY_DAN, comments=(says("bob", ":-1:"),))) == ("skipped", "No disapprovals")
    by_comment = disapproval(BY_DAN, comments=(says("dan", ":-1:"),))
    assert found(by_comment) == ("disapproved", "Disapproved by dan")
    assert [one.login for one in by_comment.approvers] == ["dan"]
    by_review = disapproval(BY_DAN, reviews=(approves("eve", state="changes_requested"),))
    assert found(by_review) == ("disapproved", "Disapproved by eve")


def test_it_is_revoked_by_anybody_of_them_at_the_same_moment_or_later(
    disapproval: Any, says: Any, approves: Any
) -> None:
    against = (says("dan", ":-1:", 20),)
    for minute, status in ((19, "disapproved"), (20, "skipped"), (21, "skipped")):
        assert disapproval(BY_DAN, comments=against, reviews=(approves("eve", minute),)).status == status
    revoked = disapproval(BY_DAN, comments=against, reviews=(approves("eve", 21),))
    assert found(revoked) == ("skipped", "Disapproval revoked by eve")


def test_it_turns_down_on_a_condition_that_nobody_can_revoke(disapproval: Any, approves: Any) -> None:
    policy = "policy: {disapproval: {if: {has_labels: [wip], title: {matches: [WIP]}}, requires: {users: [dan]}}}"
    held = disapproval(policy, title="WIP: gears", reviews=(approves("dan"),))
    assert found(held) == ("disapproved", "PR Title matches a Match pattern")
    assert [one.satisfied for one in held.predicates] == [False, True]
    assert found(disapproval(policy, labels=("wip",))) == (
        "disapproved",
        "A precondition of this rule was satisfied",
    )
    free = disapproval(policy)
    assert found(free) == ("skipped", "No disapprovals")
    assert [one.satisfied for one in free.predicates] == [False, False]


def test_it_is_an_error_that_names_a_missing_fact(disapproval: Any) -> None:
    result = disapproval(BY_DAN, comments=NOT_FETCHED)
    assert (result.status, result.missing_fact) == ("error", "comments")


def test_it_is_an_error_when_the_head_is_missing(disapproval: Any) -> None:
    result = disapproval(BY_DAN, head_sha="gone")
    assert (result.status, result.missing_fact) == ("error", "")
