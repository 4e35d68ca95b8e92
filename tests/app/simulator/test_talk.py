"""Comments are written and changed, labels added and removed through the API under GitHub's rules."""

from typing import Any
from urllib.parse import quote

import pytest

R = "/repos/acme/widget"
ISSUE = f"{R}/issues/1"
W = "acme/widget"
BOT = "mergegate[bot]"


def _labels(town: Any) -> list[str]:
    return [label["name"] for label in town.get(f"{ISSUE}/labels").body]


def _reader(town: Any) -> str:
    reader = town.github.add_app("reader", permissions={"pull_requests": "read", "issues": "read", "metadata": "read"})
    return f"token {town.token(town.github.install(reader, 'acme'))}"


def test_it_comments_as_the_bot_of_the_app(town: Any) -> None:
    made = town.ask("POST", f"{ISSUE}/comments", {"body": "Blocked."})
    assert (made.status, made.headers["location"]) == (201, made.body["url"])
    assert (made.body["user"]["login"], made.body["performed_via_github_app"]["id"]) == (BOT, town.app.id)
    found = town.get(f"{R}/issues/comments/{made.body['id']}").body
    assert (found["body"], found["performed_via_github_app"]["slug"]) == ("Blocked.", "mergegate")
    assert town.get(f"{ISSUE}/comments").body == [found]


def test_it_comments_again_when_told_again(town: Any) -> None:
    for _ in range(2):
        assert town.ask("POST", f"{ISSUE}/comments", {"body": "Blocked."}).status == 201
    assert [c["body"] for c in town.get(f"{ISSUE}/comments").body] == ["Blocked.", "Blocked."]


def test_it_shows_no_app_where_a_person_wrote(town: Any) -> None:
    town.github.comment(W, 1, by="alice", body="hi")
    (found,) = town.get(f"{ISSUE}/comments").body
    assert (found["user"]["login"], found["performed_via_github_app"]) == ("alice", None)


def test_it_changes_a_comment_whose_author_stays(town: Any) -> None:
    said = town.github.comment(W, 1, by="alice", body="hi")
    town.clock.advance(60)
    changed = town.ask("PATCH", f"{R}/issues/comments/{said.id}", {"body": "ho"})
    assert (changed.status, changed.body["body"], changed.body["user"]["login"]) == (200, "ho", "alice")
    assert changed.body["updated_at"] > changed.body["created_at"]
    (record,) = town.github.state.repository(W).comments[1]
    assert (record.editor, record.app_id) == (BOT, None)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "wasn't supplied"),
        ({"body": None}, "wasn't supplied"),
        ({"body": " "}, "ody cannot be blank"),
        ({"body": "x" * 65_537}, "ody is too long (maximum is 65536 characters)"),
    ],
)
def test_it_refuses_a_comment_without_a_body_of_a_fair_length(town: Any, body: Any, words: str) -> None:
    said = town.github.comment(W, 1, by="alice", body="hi")
    for method, path in (("POST", f"{ISSUE}/comments"), ("PATCH", f"{R}/issues/comments/{said.id}")):
        reply = town.ask(method, path, body)
        assert reply.status == 422
        assert words in (reply.body.get("errors") or [reply.body])[0]["message"]
    assert town.github.state.repository(W).comments[1] == [said]


def test_it_takes_the_longest_comment(town: Any) -> None:
    assert town.ask("POST", f"{ISSUE}/comments", {"body": "é" * 65_536}).status == 201


def test_it_finds_no_comment_that_is_gone(town: Any) -> None:
    said = town.github.comment(W, 1, by="alice", body="hi")
    town.github.delete_comment(W, 1, said.id)
    assert town.get(f"{R}/issues/comments/{said.id}").status == 404
    assert town.ask("PATCH", f"{R}/issues/comments/{said.id}", {"body": "ho"}).status == 404
    assert town.ask("POST", f"{R}/issues/9/comments", {"body": "ho"}).status == 404


def test_it_lists_comments_since_a_time(town: Any) -> None:
    town.github.comment(W, 1, by="alice", body="old")
    town.clock.advance(60)
    town.github.open_pull(W, "feature", by="bob")
    town.github.comment(W, 2, by="alice", body="new")
    town.github.comment(W, 1, by="alice", body="newer")
    since = town.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [c["body"] for c in town.get(f"{ISSUE}/comments?since={since}").body] == ["newer"]
    assert [c["body"] for c in town.get(f"{R}/issues/comments?since={since[:-1]}").body] == ["new", "newer"]
    assert town.get(f"{ISSUE}/comments?since=never").status == 422


def test_it_lists_all_comments_by_their_creation_or_last_change(town: Any) -> None:
    first = town.github.comment(W, 1, by="alice", body="first")
    town.clock.advance(60)
    town.github.comment(W, 1, by="alice", body="second")
    town.clock.advance(60)
    town.github.edit_comment(W, 1, first.id, "first again")
    listed = {q: [c["body"] for c in town.get(f"{R}/issues/comments{q}").body] for q in ("", "?direction=desc")}
    assert listed == {"": ["first again", "second"], "?direction=desc": ["first again", "second"]}
    for query, order in (("updated", ["second", "first again"]), ("updated&direction=desc", ["first again", "second"])):
        assert [c["body"] for c in town.get(f"{R}/issues/comments?sort={query}").body] == order


def test_it_adds_labels_to_those_that_are_there_and_makes_new_ones(town: Any) -> None:
    town.github.label(W, 1, "ready")
    reply = town.ask("POST", f"{ISSUE}/labels", {"labels": ["new one", {"name": "other"}]})
    assert (reply.status, [label["name"] for label in reply.body]) == (200, ["ready", "new one", "other"])
    assert reply.body[1]["url"].endswith("/labels/new%20one")
    assert town.ask("POST", f"{ISSUE}/labels", {"labels": ["ready"]}).body == reply.body
    assert [label["name"] for label in town.get(f"{R}/labels").body] == ["ready", "new one", "other"]


def test_it_knows_a_label_in_any_case(town: Any) -> None:
    town.github.add_label(W, "Ready")
    assert [label["name"] for label in town.ask("POST", f"{ISSUE}/labels", {"labels": ["ready", "READY"]}).body] == [
        "Ready"
    ]
    assert town.ask("DELETE", f"{ISSUE}/labels/ready").body == []


@pytest.mark.parametrize(
    "body", [{}, {"labels": []}, {"labels": "ready"}, {"labels": ["x" * 51]}, {"labels": [" "]}, {"labels": ["a", 1]}]
)
def test_it_adds_nothing_when_one_label_can_not_be(town: Any, body: Any) -> None:
    town.github.label(W, 1, "ready")
    assert town.ask("POST", f"{ISSUE}/labels", body).status == 422
    assert (_labels(town), len(town.get(f"{R}/labels").body)) == (["ready"], 1)


def test_it_adds_no_more_labels_than_a_hundred(town: Any) -> None:
    assert town.ask("POST", f"{ISSUE}/labels", {"labels": [f"l{i}" for i in range(100)]}).status == 200
    assert town.ask("POST", f"{ISSUE}/labels", {"labels": ["one more"]}).status == 422


@pytest.mark.parametrize("name", ["a/b", "good first issue", "100%", "ü?#", "reviews"])
def test_it_removes_a_label_of_any_name_once(town: Any, name: str) -> None:
    for one in (name, "stays"):
        town.github.label(W, 1, one)
    path = f"{ISSUE}/labels/{quote(name, safe='')}"
    gone = town.ask("DELETE", path)
    assert (gone.status, [label["name"] for label in gone.body]) == (200, ["stays"])
    again = town.ask("DELETE", path)
    assert (again.status, again.body["message"]) == (404, "Label does not exist")


def test_it_sets_and_clears_labels(town: Any) -> None:
    town.github.label(W, 1, "ready")
    assert [x["name"] for x in town.ask("PUT", f"{ISSUE}/labels", {"labels": ["a", "b", "a"]}).body] == ["a", "b"]
    assert town.ask("DELETE", f"{ISSUE}/labels").status == 204
    assert _labels(town) == []


def test_it_lets_nobody_talk_without_the_permission(town: Any) -> None:
    auth, said = _reader(town), town.github.comment(W, 1, by="alice", body="hi")
    for method, path, body in (
        ("POST", f"{ISSUE}/comments", {"body": "x"}),
        ("PATCH", f"{R}/issues/comments/{said.id}", {"body": "x"}),
        ("POST", f"{ISSUE}/labels", {"labels": ["x"]}),
        ("PUT", f"{ISSUE}/labels", {"labels": ["x"]}),
        ("DELETE", f"{ISSUE}/labels/x", None),
        ("DELETE", f"{ISSUE}/labels", None),
        ("POST", f"{R}/pulls/1/reviews", {"event": "APPROVE"}),
    ):
        assert (method, town.ask(method, path, body, auth=auth).status) == (method, 403)
    assert (_labels(town), town.github.state.repository(W).comments[1]) == ([], [said])
    assert {write.effect for write in town.github.journal.writes} == {"no"}
