"""Which reviews should be dismissed."""

from typing import Any

import pytest

from policies.dismissals import Dismissal, propose
from policies.facts import NOT_FETCHED
from policies.server_options import BUILT_IN, ServerOptions

STRICT = ServerOptions(strict_review_dismissal=True)
PUSHED = "policy: {approval: [r]}\napproval_rules: [{name: r, options: {invalidate_on_push: true}, %s}]"
ONE = "requires: {count: 1, users: [bob, cid]}"
PUSH = "Invalidated by push of c1"


def test_it_dismisses_what_a_push_has_spoilt(judge: Any, approves: Any, says: Any) -> None:
    reviews = (approves("bob", 4), approves("cid", 5), approves("dan", 6))
    result = judge(PUSHED % ONE, reviews=reviews, comments=(says("eve", minute=1),))
    assert propose(result, BUILT_IN) == (
        Dismissal(review_id="R-bob", login="bob", reason=PUSH),
        Dismissal(review_id="R-cid", login="cid", reason=PUSH),
    )


def test_it_names_the_commit_by_its_first_seven_characters(judge: Any, approves: Any, commit: Any) -> None:
    facts = {"commits": (commit("0123456789", ()),), "head_sha": "0123456789", "reviews": (approves("bob", 4),)}
    assert propose(judge(PUSHED % ONE, **facts), BUILT_IN)[0].reason == "Invalidated by push of 0123456"


def test_it_dismisses_what_an_edit_has_spoilt_once(judge: Any, approves: Any) -> None:
    rules = ", ".join(f"{{name: {name}, options: {{ignore_edited_comments: true}}, {ONE}}}" for name in "ab")
    text = f"policy: {{approval: [{{or: [a, b]}}]}}\napproval_rules: [{rules}]"
    edited = approves("bob", 6, edited_at=approves("bob", 7).created_at)
    assert propose(judge(text, reviews=(edited,)), BUILT_IN) == (
        Dismissal(review_id="R-bob", login="bob", reason="Comment was edited"),
    )


def test_it_gives_the_reason_of_the_first_rule(judge: Any, approves: Any) -> None:
    edits = f"{{name: s, options: {{ignore_edited_comments: true}}, {ONE}}}"
    edited = approves("bob", 4, edited_at=approves("bob", 7).created_at)
    for tree, reason in (("[r, s]", PUSH), ("[s, r]", "Comment was edited")):
        text = (PUSHED % ONE).replace("[r]", tree).removesuffix("]") + f", {edits}]"
        assert [each.reason for each in propose(judge(text, reviews=(edited,)), BUILT_IN)] == [reason]


@pytest.mark.parametrize(("server", "dismissed"), [(BUILT_IN, []), (STRICT, ["bob"])])
def test_it_keeps_what_counts_elsewhere_unless_strict(
    judge: Any, approves: Any, server: ServerOptions, dismissed: list[str]
) -> None:
    text = (PUSHED % ONE).replace("[r]", "[r, s]").removesuffix("]") + f", {{name: s, {ONE}}}]"
    result = judge(text, reviews=(approves("bob", 4),))
    assert [dismissal.login for dismissal in propose(result, server)] == dismissed


def test_it_keeps_who_is_only_not_allowed_to_approve(judge: Any, approves: Any) -> None:
    result = judge(PUSHED % ONE, reviews=(approves("ana"), approves("dan")))
    assert result.children[0].children[0].ignored
    assert propose(result, STRICT) == ()


def test_it_dismisses_nothing_after_a_failed_evaluation(judge: Any, approves: Any) -> None:
    text = (PUSHED % ONE).replace("[r]", "[r, s]").removesuffix("]") + ", {name: s, if: {has_labels: [x]}}]"
    result = judge(text, reviews=(approves("bob", 4),), labels=NOT_FETCHED)
    assert (result.status, propose(result, STRICT)) == ("error", ())
