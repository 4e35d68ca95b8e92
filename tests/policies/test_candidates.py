"""What matches a method, and whose entry is the newest."""

from typing import Any

import pytest

from policies import candidates
from policies.options import BUILT_IN, Methods
from policies.patterns import Pattern

OFF = Methods()
DEFAULT = BUILT_IN.methods


def found(methods: Methods, snapshot: Any) -> list[tuple[str, str]]:
    return [(one.login, one.source) for one in candidates.collect(methods, snapshot)]


@pytest.mark.parametrize(("body", "counts"), [("ok :+1: ship", True), ("> 👍🏽", True), (":thumbsup:", False)])
def test_it_takes_comments_that_contain_an_entry(pull: Any, says: Any, body: str, counts: bool) -> None:
    snapshot = pull(comments=(says("bob", body),))
    assert found(DEFAULT, snapshot) == ([("bob", "comment")] if counts else [])


def test_it_reads_the_body_of_a_commenting_review_as_a_comment(pull: Any, approves: Any) -> None:
    snapshot = pull(
        reviews=(approves("bob", state="commented", body=":+1:"), approves("cid", state="changes_requested"))
    )
    assert found(DEFAULT, snapshot) == [("bob", "comment")]
    assert candidates.collect(DEFAULT, snapshot)[0].approver.review_id is None


def test_it_takes_patterns_in_comments(pull: Any, says: Any) -> None:
    methods = Methods(comment_patterns=(Pattern(text="^ok"),))
    assert found(methods, pull(comments=(says("bob", "ok then"), says("cid", "not ok")))) == [("bob", "comment")]


def test_it_takes_reviews_only_where_they_count(pull: Any, approves: Any) -> None:
    snapshot = pull(reviews=(approves("bob", body="lgtm"), approves("cid")))
    assert found(OFF, snapshot) == []
    assert found(Methods(github_review=True), snapshot) == [("bob", "review"), ("cid", "review")]
    assert found(Methods(github_review_comment_patterns=(Pattern(text="lgtm"),)), snapshot) == [("bob", "review")]


def test_it_takes_the_description_as_the_authors_word(pull: Any) -> None:
    methods = Methods(body_patterns=(Pattern(text="urgent"),))
    assert found(methods, pull(body="urgent!")) == [("ana", "body")]
    assert found(methods, pull(body=None)) == []


def test_it_keeps_the_newest_entry_of_each_user(pull: Any, says: Any, approves: Any) -> None:
    snapshot = pull(comments=(says("bob", minute=10), says("cid", minute=12)), reviews=(approves("bob", 20),))
    assert found(DEFAULT, snapshot) == [("cid", "comment"), ("bob", "review")]
    tied = pull(comments=(says("bob", minute=10),), reviews=(approves("bob", 10),))
    assert found(DEFAULT, tied) == [("bob", "comment")]


def test_it_lets_an_edit_spoil_the_newest_entry_only(pull: Any, says: Any) -> None:
    edited = says("bob", minute=20, edited_at=pull().taken_at)
    options = BUILT_IN.model_copy(update={"ignore_edited_comments": True})
    collected = candidates.collect(DEFAULT, pull(comments=(says("bob"), edited)))
    kept, dropped = candidates.sift(collected, options, pull())
    assert (kept, [one.login for one in dropped]) == ((), ["bob"])


def test_it_spoils_nothing_by_a_push_when_no_commit_is_considered(pull: Any, says: Any, commit: Any) -> None:
    options = BUILT_IN.model_copy(update={"invalidate_on_push": True, "ignore_update_merges": True})
    merges = (commit("m1", ("m2", "x"), committed_via_web=True), commit("m2", ("m1", "y"), committed_via_web=True))
    snapshot = pull(comments=(says("bob", minute=1),), commits=merges, head_sha="m1")
    collected = candidates.collect(DEFAULT, snapshot)
    assert candidates.sift(collected, options, snapshot) == (collected, ())
