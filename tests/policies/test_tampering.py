"""Remarks that counted and were edited or deleted by somebody else."""

from typing import Any

import pytest

from policies.document import parse
from policies.evaluation import evaluate
from policies.facts import NOT_FETCHED, Alteration
from policies.needs import users_to_look_up
from policies.policy import MODES, Mode
from policies.result import Result
from tests.policies.conftest import at, build_pull

ONE = "policy: {approval: [r]}\napproval_rules: [{name: r, requires: {count: 1, users: [bob, cid]}%s}]"
AGAIN = "has to say it again"


def judged(text: str, mode: Mode = "compat", **facts: Any) -> Result:
    return evaluate(parse(text), build_pull(**facts), mode)


def tampering(text: str, mode: Mode = "compat", **facts: Any) -> Result | None:
    return next((child for child in judged(text, mode, **facts).children if child.kind == "tampering"), None)


def altered(author: str = "bob", by: str = "ana", **more: Any) -> Alteration:
    known = {"author": author, "by": by, "what": "deleted", "was": ":+1:", "said_at": at(10), "altered_at": at(20)}
    return Alteration(**{**known, **more})


@pytest.fixture
def edited(says: Any) -> Any:
    """A comment of bob's that ana has edited at 12:20."""
    return lambda body=":+1:", by="ana", **more: says("bob", body, **{"edited_at": at(20), "edited_by": by, **more})


@pytest.mark.parametrize("mode", ["compat", "strict"])
def test_a_comment_in_the_words_of_somebody_else_turns_the_pull_request_down(edited: Any, mode: Mode) -> None:
    result = judged(ONE % "", mode, comments=(edited(),))
    assert result.status == "disapproved"
    assert result.description == f"ana edited bob's comment, which counted here: bob {AGAIN}"
    assert [child.kind for child in result.children] == ["approval", "disapproval", "tampering"]


def test_it_is_no_part_of_the_tree_where_nothing_has_happened(says: Any, edited: Any) -> None:
    own = edited(by="bob")
    for comments in ((), (says("bob"),), (own,), (edited("fine"),)):
        assert [child.kind for child in judged(ONE % "", comments=comments).children] == ["approval", "disapproval"]
    assert judged(ONE % "", comments=(own,)).status == "approved"


def test_a_push_does_not_clear_it(edited: Any, commit: Any) -> None:
    found = tampering(
        ONE % ", options: {invalidate_on_push: true}",
        comments=(edited(),),
        commits=(commit("c1", (), pushed_at=at(50)),),
    )
    assert found is not None


def test_it_is_cleared_when_the_author_says_it_again(edited: Any, says: Any, approves: Any) -> None:
    again: list[dict[str, Any]] = [
        {"comments": (edited(), says("bob", minute=21, edited_by=None))},
        {"comments": (edited(),), "reviews": (approves("bob", 21),)},
    ]
    for facts in again:
        assert judged(ONE % "", **facts).status == "approved"
    not_yet: list[dict[str, Any]] = [
        {"comments": (edited(), says("bob", minute=20))},
        {"comments": (edited(), says("bob", "what?", minute=21))},
        {"comments": (edited(), says("cid", minute=21))},
        {"comments": (edited(), edited(minute=30, edited_at=at(31)))},
        {"comments": (edited(edited_at=NOT_FETCHED), says("bob", minute=30))},
    ]
    for facts in not_yet:
        assert judged(ONE % "", **facts).status == "disapproved"


def test_strict_forgets_nobody_whose_remark_counts_in_policy_bot(edited: Any, commit: Any, approves: Any) -> None:
    """Strictly bob wrote a branch that was merged in, so that his own remark counts no more; ana's edit of it does."""
    merged = (commit("c1", ("b0",)), commit("s1", ("b0",), author="bob"), commit("m", ("c1", "s1")))
    for said in ({"comments": (edited(),)}, {"alterations": (altered(),)}):
        facts: Any = {"commits": merged, "head_sha": "m", "reviews": (approves("cid", 30),), **said}
        assert [judged(ONE % "", mode, **facts).status for mode in MODES] == ["disapproved", "disapproved"]


def test_it_counts_only_where_its_author_counts(edited: Any, commit: Any) -> None:
    assert tampering(ONE.replace("bob, ", "") % "", comments=(edited(),)) is None
    assert tampering(ONE % "", comments=(edited(),), commits=(commit("c1", (), author="bob"),)) is None
    assert tampering(ONE.replace("count: 1", "count: 0") % "", comments=(edited(),)) is None
    unused = ONE.replace("approval: [r]", "approval: [a]").replace("rules: [", "rules: [{name: a}, ")
    assert tampering(unused % "", comments=(edited(),)) is None


def test_it_looks_at_reviews_and_the_description_too(approves: Any) -> None:
    touched: Any = {"edited_at": at(20), "edited_by": "ana"}
    review = tampering(ONE % "", reviews=(approves("bob", **touched),))
    said = tampering(ONE % "", reviews=(approves("bob", state="commented", body="👍", **touched),))
    assert [found and found.description for found in (review, said)] == [
        f"ana edited bob's review, which counted here: bob {AGAIN}",
        f"ana edited bob's comment, which counted here: bob {AGAIN}",
    ]
    options = "options: {allow_author: true, allow_contributor: true, methods: {body_patterns: [ok]}}"
    body = ONE.replace("bob, cid", "ana") % f", {options}"
    found = tampering(body, body="ok", body_edited_at=at(20), body_edited_by="cid")
    assert found is not None
    assert found.description == f"cid edited ana's description, which counted here: ana {AGAIN}"
    assert tampering(body, body="ok", body_edited_at=at(20), body_edited_by="ana") is None


DISAPPROVAL = "policy: {disapproval: {requires: {users: [bob]}}}"


def test_it_looks_at_both_sides_of_a_disapproval(edited: Any, approves: Any) -> None:
    for body in (":-1:", ":+1:"):
        found = tampering(DISAPPROVAL, comments=(edited(body),))
        assert found is not None
        assert found.status == "disapproved"
    asked = approves("bob", state="changes_requested", edited_at=at(20), edited_by="ana")
    assert tampering(DISAPPROVAL, reviews=(asked,)) is not None
    assert tampering(DISAPPROVAL.replace("bob", "cid"), comments=(edited(),)) is None
    assert tampering("policy: {}", comments=(edited(),)) is None


def test_what_was_deleted_or_edited_away_turns_it_down() -> None:
    result = judged(DISAPPROVAL, alterations=(altered(was=":-1:"), altered(was=":-1:", what="edited", by="cid")))
    assert result.status == "disapproved"
    assert result.description == (
        f"ana deleted bob's comment, which counted here: bob {AGAIN}; "
        f"cid edited bob's comment, which counted here: bob {AGAIN}"
    )


@pytest.mark.parametrize(
    "alteration", [altered(by="bob"), altered(was="fine"), altered("dan")], ids=["own", "no match", "nobody"]
)
def test_an_alteration_is_nothing_where_nothing_counted(alteration: Alteration) -> None:
    assert tampering(ONE % "", alterations=(alteration,)) is None


def test_an_alteration_is_found_by_patterns_of_comments_and_reviews() -> None:
    for method in ("comment_patterns", "github_review_comment_patterns"):
        text = ONE % f", options: {{methods: {{comments: [], {method}: [^ship]}}}}"
        assert tampering(text, alterations=(altered(was="ship it"),)) is not None
        assert tampering(text, alterations=(altered(was="no ship"),)) is None


def test_any_later_word_of_the_author_clears_an_alteration(says: Any, approves: Any) -> None:
    cleared: list[dict[str, Any]] = [
        {"comments": (says("bob", "never mind", minute=21),)},
        {"reviews": (approves("bob", 21, state="commented", edited_by="bob"),)},
        {"comments": (says("bob", "put right", minute=10, edited_at=at(21), edited_by="bob"),)},
    ]
    for facts in cleared:
        assert tampering(ONE % "", alterations=(altered(),), **facts) is None
    standing: list[dict[str, Any]] = [
        {"comments": (says("bob", "too early", minute=20),)},
        {"comments": (says("bob", "put into his mouth", minute=30, edited_at=at(31), edited_by="ana"),)},
        {"comments": (says("ana", "not his", minute=30),)},
        {"comments": (says("bob", "put right too early", minute=10, edited_at=at(20), edited_by="bob"),)},
        {"comments": (says("bob", "edited by whom?", minute=10, edited_at=at(30), edited_by=NOT_FETCHED),)},
    ]
    for facts in standing:
        assert tampering(ONE % "", alterations=(altered(),), **facts) is not None


def test_who_wrote_what_was_altered_is_looked_up() -> None:
    for text in (
        ONE.replace("users: [bob, cid]", "admins: true") % "",
        DISAPPROVAL.replace("users: [bob]", "admins: true"),
    ):
        facts: Any = {"alterations": (altered(),)}
        assert users_to_look_up(parse(text), build_pull(**facts)) == ("bob",)
        failed = judged(text, **facts)
        assert (failed.status, failed.missing_fact) == ("error", "permission:bob")
        assert judged(text, permissions=(("bob", "admin"),), **facts).status == "disapproved"
        assert tampering(text, permissions=(("bob", "read"),), **facts) is None


def test_an_error_is_shown_before_a_tampering(edited: Any) -> None:
    text = ONE.replace("[r]", "[r, e]").replace("rules: [", "rules: [{name: e, if: {has_labels: [x]}}, ")
    assert judged(text % "", comments=(edited(),), labels=NOT_FETCHED).missing_fact == "labels"


def test_a_description_that_nobody_needs_is_not_looked_at(says: Any) -> None:
    assert judged(ONE % "", "strict", comments=(says("bob"),), body=NOT_FETCHED, body_edited_at=NOT_FETCHED).status == (
        "approved"
    )


def test_what_cannot_be_judged_is_an_error() -> None:
    result = judged(ONE % "", alterations=(altered(),), head_sha="gone")
    assert (result.status, result.children[2].kind, result.children[2].status) == ("error", "tampering", "error")
    assert tampering(ONE % "", alterations=(altered(),), comments=NOT_FETCHED) is not None


def test_strictly_it_must_be_known_who_edited(edited: Any, says: Any) -> None:
    unknown = edited(by=NOT_FETCHED)
    assert judged(ONE % "", comments=(unknown,)).status == "approved"
    failed = judged(ONE % "", "strict", comments=(unknown,))
    assert (failed.status, failed.missing_fact) == ("error", "edited_by")
    nowhere = edited(by=None)
    failed = judged(ONE % "", "strict", comments=(nowhere,))
    assert (failed.status, failed.error) == (
        "error",
        "GitHub no longer knows who edited bob's comment; bob can say it again",
    )
    assert judged(ONE % "", "strict", comments=(nowhere, says("bob", minute=30))).status == "approved"
    assert judged(ONE % "", "strict", comments=(says("bob", edited_by=NOT_FETCHED),)).status == "approved"
    assert judged(ONE % "", "strict", comments=(says("dan", edited_at=NOT_FETCHED),)).status == "pending"
