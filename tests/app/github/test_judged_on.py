"""Payloads tell of a review and of a base that was left; what is not understood there is left out, not refused."""

from typing import Any

import pytest

from app.events import Event, SaidReview
from app.github import payloads

REPOSITORY = {"id": 1, "full_name": "acme/widget", "owner": {"login": "acme"}}
PULL = {
    "number": 7,
    "head": {"sha": "a" * 40, "ref": "f", "repo": None},
    "base": {"sha": "b" * 40, "ref": "stable"},
    "updated_at": "2026-01-31T10:00:00Z",
}
ABOUT = {"number": 7, "pull_request": PULL, "repository": REPOSITORY}


def _review(review: Any, action: str = "submitted") -> SaidReview | None:
    body = {"action": action, "review": review, "pull_request": PULL, "repository": REPOSITORY}
    event = payloads.normalize("pull_request_review", body)
    assert isinstance(event, Event)
    return event.review


def _left(changes: Any, action: str = "edited") -> str | None:
    event = payloads.normalize("pull_request", {"action": action, "changes": changes, **ABOUT})
    assert isinstance(event, Event)
    return event.left_branch


@pytest.mark.parametrize("state", ["approved", "changes_requested", "dismissed", "something_new"])
def test_a_review_is_told_with_its_state_in_capitals(state: str) -> None:
    assert _review({"id": 5, "state": state, "body": "secret"}) == SaidReview(id=5, state=state.upper())


@pytest.mark.parametrize(
    "review",
    [
        {"id": 5},
        {"state": "approved"},
        {"id": "5", "state": "approved"},
        {"id": True, "state": "approved"},
        {"id": 0, "state": "approved"},
        {"id": 2**63, "state": "approved"},
        {"id": 5, "state": None},
        {"id": 5, "state": "x" * 41},
        {"id": 5, "state": "\x00"},
        {"id": 5, "state": "\ud800"},
        [1],
    ],
)
def test_a_review_that_is_not_understood_is_left_out(review: Any) -> None:
    assert _review(review) is None


def test_an_edit_that_changes_the_base_names_the_one_that_was_left() -> None:
    assert _left({"base": {"ref": {"from": "main"}, "sha": {"from": "c" * 40}}}) == "main"


@pytest.mark.parametrize("changes", [None, {}, [], {"title": {"from": "a"}}, {"base": None}])
def test_an_edit_of_something_else_leaves_no_base(changes: Any) -> None:
    assert _left(changes) is None


def test_another_action_leaves_no_base() -> None:
    assert _left({"base": {"ref": {"from": "main"}}}, "labeled") is None


@pytest.mark.parametrize("base", [{}, {"ref": {}}, {"ref": {"from": 5}}, {"ref": {"from": "a\nb"}}, {"ref": "main"}])
def test_a_base_that_was_left_without_a_name_was_left_all_the_same(base: Any) -> None:
    assert _left({"base": base}) == ""
