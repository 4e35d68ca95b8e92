"""Branches are made, moved forward and deleted by their refs, and by force only where that is asked for."""

from typing import Any

import pytest

W = "/repos/acme/widget"
NOWHERE = "1" * 40


def _child(town: Any, parent: str | None = None) -> str:
    body = {
        "message": "More",
        "tree": town.get(f"{W}/git/trees/feature").body["sha"],
        "parents": [parent or town.head],
        "author": {"name": "Ada", "email": "ada@example.test"},
    }
    return str(town.ask("POST", f"{W}/git/commits", body).body["sha"])


def _move(town: Any, ref: str, sha: str, **more: Any) -> Any:
    return town.ask("PATCH", f"{W}/git/refs/{ref}", {"sha": sha, **more})


def test_it_makes_a_branch_once(town: Any) -> None:
    body = {"ref": "refs/heads/mergegate/one", "sha": town.head}
    made = town.ask("POST", f"{W}/git/refs", body)
    assert (made.status, made.headers["location"], made.body["object"]["sha"]) == (201, made.body["url"], town.head)
    assert town.get(f"{W}/git/ref/heads/mergegate/one").body == made.body
    again = town.ask("POST", f"{W}/git/refs", body)
    assert (again.status, again.body["message"]) == (422, "Reference already exists")
    assert town.get(f"{W}/branches/mergegate/one").body["commit"]["sha"] == town.head


@pytest.mark.parametrize(
    ("ref", "sha", "message"),
    [
        ("refs/heads/x", NOWHERE, "Object does not exist"),
        ("refs/heads/x", "abc", "The sha parameter must be exactly 40 characters and contain only [0-9a-f]."),
        ("heads/x", None, "Reference name must start with 'refs/heads/' or 'refs/tags/'."),
        ("refs/pull/1/head", None, "Reference name must start with 'refs/heads/' or 'refs/tags/'."),
        ("refs/heads/a..b", None, "refs/heads/a..b is not a valid ref name."),
        ("refs/heads/main/sub", None, "Reference update failed"),
    ],
)
def test_it_refuses_a_branch_with_githubs_words(town: Any, ref: str, sha: str | None, message: str) -> None:
    reply = town.ask("POST", f"{W}/git/refs", {"ref": ref, "sha": sha or town.head})
    assert (reply.status, reply.body["message"]) == (422, message)


def test_it_moves_a_branch_forward_with_its_pull_request(town: Any) -> None:
    sha = _child(town)
    moved = _move(town, "heads/feature", sha)
    assert (moved.status, moved.body["object"]["sha"]) == (200, sha)
    assert town.get(f"{W}/pulls/1").body["head"]["sha"] == sha
    before = town.github.before
    assert _move(town, "heads/feature", sha).status == 200
    assert town.github.before is before


def test_it_moves_a_branch_aside_only_by_force(town: Any) -> None:
    aside = _child(town, town.github.state.repository("acme/widget").branches["main"])
    refused = _move(town, "heads/feature", aside)
    assert (refused.status, refused.body["message"]) == (422, "Update is not a fast forward")
    assert _move(town, "heads/feature", aside, force="yes").status == 422
    assert town.get(f"{W}/git/ref/heads/feature").body["object"]["sha"] == town.head
    assert _move(town, "heads/feature", aside, force=True).status == 200
    assert town.get(f"{W}/pulls/1").body["head"]["sha"] == aside


def test_it_moves_nothing_that_is_not_there(town: Any) -> None:
    replies = [_move(town, ref, town.head) for ref in ("heads/none", "pull/1/head", "refs/heads/feature")]
    assert {(r.status, r.body["message"]) for r in replies} == {(422, "Reference does not exist")}
    assert _move(town, "heads/feature", NOWHERE).body["message"] == "Object does not exist"


def test_it_finds_the_very_ref_or_all_that_begin_like_it(town: Any) -> None:
    town.github.create_branch("acme/widget", "feature-2")
    town.github.create_tag("acme/widget", "v1", at=town.head)
    assert town.get(f"{W}/git/ref/heads/feat").status == 404
    found = [r["ref"] for r in town.get(f"{W}/git/matching-refs/heads/feat").body]
    assert found == ["refs/heads/feature", "refs/heads/feature-2"]
    assert town.get(f"{W}/git/matching-refs/heads/none").body == []
    assert [r["ref"] for r in town.get(f"{W}/git/matching-refs/tags").body] == ["refs/tags/v1"]
    assert town.get(f"{W}/git/ref/pull/1/head").body["object"]["sha"] == town.head


def test_it_makes_and_deletes_a_tag(town: Any) -> None:
    assert town.ask("POST", f"{W}/git/refs", {"ref": "refs/tags/v1", "sha": town.head}).status == 201
    assert town.get(f"{W}/git/ref/tags/v1").body["object"]["sha"] == town.head
    assert town.ask("DELETE", f"{W}/git/refs/tags/v1").status == 204
    assert town.get(f"{W}/git/ref/tags/v1").status == 404


def test_it_closes_the_pull_request_of_a_branch_that_is_deleted(town: Any) -> None:
    assert town.ask("DELETE", f"{W}/git/refs/heads/feature").status == 204
    assert town.get(f"{W}/pulls/1").body["state"] == "closed"
    gone = town.ask("DELETE", f"{W}/git/refs/heads/feature")
    assert (gone.status, gone.body["message"]) == (422, "Reference does not exist")


def test_it_writes_git_data_only_with_the_permission(town: Any) -> None:
    token = town.github.tokens.issue(town.installation.id, {"contents": "read"}, town.github.now()).text
    for method, path in (
        ("POST", "blobs"),
        ("POST", "trees"),
        ("POST", "commits"),
        ("POST", "refs"),
        ("PATCH", "refs/heads/feature"),
        ("DELETE", "refs/heads/feature"),
    ):
        reply = town.ask(method, f"{W}/git/{path}", {"sha": town.head}, auth=f"token {token}")
        assert (reply.status, reply.body["message"]) == (403, "Resource not accessible by integration")
    assert town.get(f"{W}/git/ref/heads/feature", auth=f"token {token}").status == 200


def test_it_does_once_what_a_lost_answer_hides(town: Any) -> None:
    body = {"ref": "refs/heads/one", "sha": town.head}
    town.github.fault("POST", "/git/refs$", 502, when="after")
    assert town.ask("POST", f"{W}/git/refs", body).status == 502
    assert town.get(f"{W}/git/ref/heads/one").body["object"]["sha"] == town.head
    assert [(w.effect, w.status) for w in town.github.writes("/git/refs")] == [("yes", 502)]
    town.github.fault("PATCH", "/git/refs/", 502, when="before")
    assert _move(town, "heads/one", _child(town)).status == 502
    assert town.get(f"{W}/git/ref/heads/one").body["object"]["sha"] == town.head
