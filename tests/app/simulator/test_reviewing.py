"""Reviews are requested and dismissed through the API under GitHub's rules."""

from typing import Any

import pytest

P = "/repos/acme/widget/pulls/1"
W = "acme/widget"


def _asked(town: Any) -> tuple[list[str], list[str]]:
    body = town.get(f"{P}/requested_reviewers").body
    return [u["login"] for u in body["users"]], [t["slug"] for t in body["teams"]]


def test_it_asks_once_however_often_it_is_told(town: Any) -> None:
    town.github.add_team_to_repository(W, "core")
    body = {"reviewers": ["mia"], "team_reviewers": ["core"]}
    assert [town.ask("POST", f"{P}/requested_reviewers", body).status for _ in range(2)] == [201, 201]
    assert _asked(town) == (["mia"], ["core"])
    assert town.ask("DELETE", f"{P}/requested_reviewers", {"reviewers": ["mia", "alice"]}).status == 200
    assert _asked(town) == ([], ["core"])
    events = town.github.state.repository(W).asked[1]
    assert [(e.by, e.name, e.what) for e in events] == [
        ("mergegate[bot]", "mia", "requested"),
        ("mergegate[bot]", "core", "requested"),
        ("mergegate[bot]", "mia", "removed"),
    ]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"reviewers": ["mia", "stranger"]}, "may only be requested from collaborators"),
        ({"reviewers": ["mia"], "team_reviewers": ["core"]}, "may only be requested from collaborators"),
        ({"reviewers": ["mia", "bob"]}, "cannot be requested from pull request author"),
    ],
)
def test_it_asks_nobody_when_one_of_them_can_not_be_asked(town: Any, body: Any, words: str) -> None:
    reply = town.ask("POST", f"{P}/requested_reviewers", body)
    assert (reply.status, _asked(town)) == (422, ([], []))
    assert words in reply.body["message"]
    assert [w.effect for w in town.github.writes("/requested_reviewers")] == ["no"]


def test_it_dismisses_a_review_once(town: Any) -> None:
    review = town.github.review(W, 1, by="alice")
    path = f"{P}/reviews/{review.id}/dismissals"
    assert town.ask("PUT", path, {"message": "Pushed since."}).body["state"] == "DISMISSED"
    again = town.ask("PUT", path, {"message": "Pushed since."})
    assert (again.status, again.body["message"]) == (422, "Can not dismiss a dismissed pull request review")
    assert town.get(f"{P}/reviews/{review.id}").body["state"] == "DISMISSED"


@pytest.mark.parametrize("body", [{}, {"message": " "}, {"message": "so", "event": "APPROVE"}])
def test_it_dismisses_nothing_without_a_message(town: Any, body: Any) -> None:
    review = town.github.review(W, 1, by="alice")
    assert town.ask("PUT", f"{P}/reviews/{review.id}/dismissals", body).status == 422
    assert town.get(f"{P}/reviews/{review.id}").body["state"] == "APPROVED"


def test_it_dismisses_no_comment_and_nothing_unknown(town: Any) -> None:
    said = town.github.review(W, 1, by="alice", state="COMMENTED")
    assert town.ask("PUT", f"{P}/reviews/{said.id}/dismissals", {"message": "no"}).status == 422
    assert town.ask("PUT", f"{P}/reviews/1/dismissals", {"message": "no"}).status == 404
    assert town.get(f"{P}/reviews/1").status == 404


def test_it_lets_nobody_ask_or_dismiss_without_the_permission(town: Any) -> None:
    review = town.github.review(W, 1, by="alice")
    reader = town.github.add_app("reader", permissions={"pull_requests": "read", "metadata": "read"})
    auth = f"token {town.token(town.github.install(reader, 'acme'))}"
    assert town.ask("POST", f"{P}/requested_reviewers", {"reviewers": ["mia"]}, auth=auth).status == 403
    assert town.ask("PUT", f"{P}/reviews/{review.id}/dismissals", {"message": "m"}, auth=auth).status == 403
    assert _asked(town) == ([], [])


def test_it_forgets_the_team_once_a_member_has_reviewed(town: Any) -> None:
    town.github.request_review(W, 1, team="core")
    town.github.review(W, 1, by="mia")
    assert _asked(town) == ([], ["core"])
    town.github.review(W, 1, by="alice")
    assert _asked(town) == ([], [])
