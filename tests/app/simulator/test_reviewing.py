"""Reviews are requested and dismissed through the API under GitHub's rules."""

from typing import Any

import pytest

P = "/repos/acme/widget/pulls/1"
W = "acme/widget"
BOT = "mergegate[bot]"


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


@pytest.mark.parametrize(
    ("event", "state"), [("APPROVE", "APPROVED"), ("REQUEST_CHANGES", "CHANGES_REQUESTED"), ("COMMENT", "COMMENTED")]
)
def test_it_reviews_as_the_bot_of_the_app(town: Any, event: str, state: str) -> None:
    made = town.ask("POST", f"{P}/reviews", {"event": event, "body": "So.", "commit_id": town.head})
    assert (made.status, made.body["state"], made.body["commit_id"]) == (200, state, town.head)
    assert made.body["user"]["login"] == BOT
    assert town.get(f"{P}/reviews").body == [made.body]


def test_it_reviews_again_when_told_again(town: Any) -> None:
    assert [town.ask("POST", f"{P}/reviews", {"event": "APPROVE"}).status for _ in range(2)] == [200, 200]
    assert [r["state"] for r in town.get(f"{P}/reviews").body] == ["APPROVED", "APPROVED"]


def test_it_reviews_a_former_commit_of_the_pull_request_and_none_of_others(town: Any) -> None:
    town.github.push(W, "feature", {"c.py": "1"}, by="bob")
    former = town.ask("POST", f"{P}/reviews", {"event": "APPROVE", "commit_id": town.head})
    assert (former.status, former.body["commit_id"]) == (200, town.head)
    base = town.github.state.repository(W).branches["main"]
    for sha in (base, "f" * 40, 7):
        reply = town.ask("POST", f"{P}/reviews", {"event": "APPROVE", "commit_id": sha})
        assert (reply.status, reply.body["errors"]) == (422, ["Commit is not part of the pull request"])
    assert len(town.get(f"{P}/reviews").body) == 1


def test_it_keeps_a_review_without_an_event_to_its_author(town: Any) -> None:
    town.github.request_review(W, 1, BOT)
    made = town.ask("POST", f"{P}/reviews", {"body": "Not yet."})
    assert (made.status, made.body["state"], "submitted_at" in made.body) == (200, "PENDING", False)
    again = town.ask("POST", f"{P}/reviews", {"event": "APPROVE"})
    assert (again.status, again.body["errors"]) == (422, ["User can only have one pending review per pull request"])
    other = town.github.install(town.github.add_app("other"), "acme")
    auth = f"token {town.token(other)}"
    assert town.get(f"{P}/reviews", auth=auth).body == []
    assert town.get(f"{P}/reviews/{made.body['id']}", auth=auth).status == 404
    assert town.get(f"{P}/reviews").body == [made.body]
    assert _asked(town) == ([BOT], [])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"event": "MERGE"}, "MERGE is not a member of"),
        ({"event": "APPROVE", "body": 7}, "is not a string"),
        ({"event": "APPROVE", "body": "x" * 65_537}, "body is too long (maximum is 65536 characters)"),
        ({"event": "COMMENT"}, "Body is required for this event"),
        ({"event": "REQUEST_CHANGES", "body": " "}, "Body is required for this event"),
    ],
)
def test_it_refuses_a_review_that_says_nothing_or_what_nobody_knows(town: Any, body: Any, words: str) -> None:
    reply = town.ask("POST", f"{P}/reviews", body)
    assert reply.status == 422
    assert words in str(reply.body)
    assert town.get(f"{P}/reviews").body == []


@pytest.mark.parametrize(("event", "status"), [("APPROVE", 422), ("REQUEST_CHANGES", 422), ("COMMENT", 200)])
def test_it_lets_nobody_judge_the_own_pull_request(town: Any, event: str, status: int) -> None:
    number = town.github.open_pull(W, "feature", by=BOT).number
    reply = town.ask("POST", f"/repos/acme/widget/pulls/{number}/reviews", {"event": event, "body": "Mine."})
    words = {"APPROVE": "approve", "REQUEST_CHANGES": "request changes on"}
    said = [f"Can not {words[event]} your own pull request"] if event in words else None
    assert (reply.status, reply.body.get("errors")) == (status, said)


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
