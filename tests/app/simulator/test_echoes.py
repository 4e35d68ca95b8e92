"""What the API does to branches and pull requests is told of, in the shapes of GitHub's examples."""

from typing import Any

import pytest

W = "acme/widget"
API = f"/repos/{W}"


@pytest.fixture
def told(town: Any, hooks: Any, receiver: Any) -> Any:
    """Write through the API, wait for the webhooks, and see which came."""
    hooks.echo()

    def write(method: str, path: str, body: Any = None) -> Any:
        receiver.got.clear()
        assert town.ask(method, f"{API}/{path}", body).status < 300
        hooks.settle()
        return receiver.events()

    return write


def _child(town: Any) -> str:
    body = {
        "message": "More",
        "tree": town.get(f"{API}/git/trees/main").body["sha"],
        "parents": [town.head],
        "author": {"name": "Ada", "email": "ada@example.test"},
    }
    return str(town.ask("POST", f"{API}/git/commits", body).body["sha"])


def test_it_tells_of_a_new_branch(town: Any, told: Any, receiver: Any) -> None:
    assert told("POST", "git/refs", {"ref": "refs/heads/one", "sha": town.head}) == [("push", None), ("create", None)]
    (push,), (create,) = receiver.bodies("push"), receiver.bodies("create")
    assert (push["ref"], push["created"], push["after"]) == ("refs/heads/one", True, town.head)
    assert (create["ref"], create["ref_type"], create["master_branch"]) == ("one", "branch", "main")
    assert {push["sender"]["login"], create["sender"]["login"]} == {"mergegate[bot]"}


def test_it_tells_of_a_branch_that_moved_and_of_its_pull_request(town: Any, told: Any, receiver: Any) -> None:
    sha = _child(town)
    assert told("PATCH", "git/refs/heads/feature", {"sha": sha}) == [("push", None), ("pull_request", "synchronize")]
    (push,), (pull,) = receiver.bodies("push"), receiver.bodies("pull_request")
    assert (push["before"], push["after"], push["forced"]) == (town.head, sha, False)
    assert (pull["before"], pull["after"]) == (town.head, sha)
    told("PATCH", "git/refs/heads/feature", {"sha": town.head, "force": True})
    assert receiver.bodies("push")[0]["forced"] is True


def test_it_tells_of_a_branch_that_is_gone(town: Any, told: Any, receiver: Any) -> None:
    events = told("DELETE", "git/refs/heads/feature")
    assert events == [("push", None), ("delete", None), ("pull_request", "closed")]
    (push,) = receiver.bodies("push")
    assert (push["deleted"], push["head_commit"], push["after"]) == (True, None, "0" * 40)


def test_it_tells_of_no_object_no_tag_and_no_branch_that_stays(town: Any, told: Any) -> None:
    assert told("POST", "git/blobs", {"content": "x"}) == []
    assert told("POST", "git/refs", {"ref": "refs/tags/v1", "sha": town.head}) == []
    assert told("DELETE", "git/refs/tags/v1") == []
    assert told("PATCH", "git/refs/heads/feature", {"sha": town.head}) == []


def test_it_tells_of_a_pull_request_that_is_opened_and_changed(town: Any, told: Any, receiver: Any) -> None:
    town.github.push(W, "fix", {"fix.py": "1"}, by="mia")
    town.github.create_branch(W, "stable")
    assert told("POST", "pulls", {"title": "Fix", "head": "fix", "base": "main"}) == [("pull_request", "opened")]
    assert told("PATCH", "pulls/2", {"title": "Fix it", "body": "So.", "base": "stable"}) == [
        ("pull_request", "edited")
    ]
    edited = receiver.bodies("pull_request")[0]
    main = town.github.state.repository(W).branches["main"]
    assert edited["changes"] == {
        "title": {"from": "Fix"},
        "body": {"from": ""},
        "base": {"ref": {"from": "main"}, "sha": {"from": main}},
    }
    assert edited["sender"]["login"] == "mergegate[bot]"
    assert told("PATCH", "pulls/2", {"title": "Fix it"}) == []
    closed = told("PATCH", "pulls/2", {"title": "No", "state": "closed"})
    assert closed == [("pull_request", "edited"), ("pull_request", "closed")]
    assert told("PATCH", "pulls/2", {"state": "open"}) == [("pull_request", "reopened")]


def test_it_tells_of_what_people_do_to_branches(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.create_branch(W, "one", by="mia", at="feature")
    hooks.delete_branch(W, "one", by="mia")
    assert [event for event, _ in receiver.events()] == ["push", "create", "push", "delete"]
    assert {body["sender"]["login"] for body in receiver.bodies("push")} == {"mia"}
