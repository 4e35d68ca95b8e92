"""Pull requests are opened and changed through the API, each once, with GitHub's refusals."""

from typing import Any

import pytest

W = "/repos/acme/widget"
BOT = "mergegate[bot]"


def _branch(town: Any, name: str = "fix") -> str:
    sha: str = town.github.push("acme/widget", name, {f"{name}.py": "1"}, by="mia").sha
    return sha


def _open(town: Any, head: str = "fix", **fields: Any) -> Any:
    return town.ask("POST", f"{W}/pulls", {"title": "Fix it", "head": head, "base": "main", **fields})


def _change(town: Any, number: int = 1, **fields: Any) -> Any:
    return town.ask("PATCH", f"{W}/pulls/{number}", fields)


def _said(reply: Any) -> str:
    (error,) = reply.body["errors"]
    return str(error["message"])


def test_it_opens_a_pull_request_of_the_bot(town: Any) -> None:
    sha = _branch(town)
    made = _open(town, body="It was broken.")
    body = made.body
    assert (made.status, made.headers["location"]) == (201, body["url"])
    assert (body["title"], body["body"], body["draft"], body["state"]) == ("Fix it", "It was broken.", False, "open")
    assert (body["user"]["login"], body["head"]["sha"], body["base"]["ref"]) == (BOT, sha, "main")
    issue = town.get(f"{W}/issues/{body['number']}").body
    assert issue["performed_via_github_app"]["slug"] == "mergegate"
    assert town.get(f"{W}/issues/1").body["performed_via_github_app"] is None
    assert [p["number"] for p in town.get(f"{W}/pulls?head=acme:fix&base=main&state=all").body] == [body["number"]]


def test_it_opens_a_draft_without_a_body_out_of_a_fork(town: Any) -> None:
    town.github.fork("acme/widget", "eve")
    town.github.push("eve/widget", "fix", {"fix.py": "1"}, by="eve")
    made = _open(town, "eve:fix", draft=True).body
    assert (made["draft"], made["body"], made["head"]["label"]) == (True, None, "eve:fix")


def test_it_opens_no_second_one_for_the_same_branches(town: Any) -> None:
    _branch(town)
    assert _open(town).status == 201
    again = _open(town, "acme:fix")
    assert (again.status, _said(again)) == (422, "A pull request already exists for acme:fix.")
    town.github.create_branch("acme/widget", "stable")
    assert _open(town, base="stable").status == 201
    assert _change(town, 2, state="closed").status == 200
    assert _open(town).status == 201


def test_it_opens_none_without_a_new_commit(town: Any) -> None:
    town.github.create_branch("acme/widget", "same")
    town.github.create_branch("acme/widget", "behind")
    town.github.push("acme/widget", "main", {"x": "1"}, by="mia")
    said = [_said(_open(town, head)) for head in ("main", "same", "behind")]
    assert said == [f"No commits between main and {head}" for head in ("main", "same", "behind")]
    town.github.fork("acme/widget", "eve")
    assert _said(_open(town, "eve:same")) == "No commits between acme:main and eve:same"
    town.github.push("acme/widget", "orphan", {"x": "1"}, by="mia", onto=())
    assert _said(_open(town, "orphan")) == "The orphan branch has no history in common with main"


def test_it_names_a_head_and_a_base_that_are_none(town: Any) -> None:
    town.github.add_repository("zoe/widget")
    found = [_open(town, *words).body["errors"] for words in (["none"], ["zoe:main"], ["eve:main"])]
    assert found == [[{"resource": "PullRequest", "field": "head", "code": "invalid"}]] * 3
    reply = _open(town, "none", base="gone")
    assert (reply.status, reply.body["message"]) == (422, "Validation Failed")
    assert [error["field"] for error in reply.body["errors"]] == ["head", "base"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"title": None}, "missing_field"),
        ({"title": " "}, "missing_field"),
        ({"title": "x" * 257}, "custom"),
        ({"body": "x" * 65_537}, "custom"),
    ],
)
def test_it_refuses_texts_that_do_not_fit(town: Any, fields: Any, code: str) -> None:
    _branch(town)
    for reply in (_open(town, **fields), _change(town, **fields)):
        assert (reply.status, reply.body["errors"][0]["code"]) == (422, code)


def test_it_changes_only_what_is_said(town: Any) -> None:
    town.github.create_branch("acme/widget", "stable")
    changed = _change(town, title="Four", base="stable")
    assert (changed.status, changed.body["title"], changed.body["body"]) == (200, "Four", "Not two")
    assert (changed.body["base"]["ref"], changed.body["user"]["login"]) == ("stable", "bob")
    assert _change(town, body=None).body["body"] is None
    pull = town.github.state.pull("acme/widget", 1)
    assert pull.editor == BOT
    before = town.github.before
    assert _change(town, title="Four", state="open").status == 200
    assert town.github.before is before


def test_it_closes_and_opens_again_with_what_was_pushed_meanwhile(town: Any) -> None:
    assert _change(town, state="closed").body["closed_at"] is not None
    sha = _branch(town, "feature")
    found = _change(town, state="open").body
    assert (found["state"], found["closed_at"], found["head"]["sha"]) == ("open", None, sha)


def test_it_does_not_open_again_what_cannot_be(town: Any) -> None:
    github = town.github
    _change(town, state="closed")
    _open(town, "feature")
    ours = "acme:feature to acme:main"
    assert _said(_change(town, state="open")) == (
        f"state cannot be changed. There is already an open pull request from {ours}."
    )
    github.push("acme/widget", "feature", {"x": "1"}, by="bob", onto=(github.state.pull("acme/widget", 1).base_sha,))
    moved = "state cannot be changed. The feature branch was force-pushed or recreated."
    assert _said(_change(town, state="open")) == moved
    github.delete_branch("acme/widget", "feature")
    assert _said(_change(town, state="open")) == "state cannot be changed. The feature branch has been deleted."
    _branch(town)
    number = _open(town).body["number"]
    github.merge("acme/widget", number, by="mia")
    assert _said(_change(town, number, state="open")) == (
        "state cannot be changed. The pull request cannot be reopened."
    )
    assert _change(town, state="merged").status == 422


def test_it_moves_none_to_a_base_that_does_not_fit(town: Any) -> None:
    town.github.create_branch("acme/widget", "stable")
    assert _said(_change(town, base="gone")) == "Proposed base branch 'gone' was not found"
    _open(town, "feature", base="stable")
    already = "A pull request already exists for base branch 'stable' and head branch 'feature'"
    assert _said(_change(town, base="stable")) == already
    assert _change(town, base="main").body["base"]["ref"] == "main"
    closed = "Cannot change the base branch of a closed pull request."
    assert _said(_change(town, state="closed", base="main")) == closed
    _change(town, state="closed")
    assert [_said(_change(town, base=base)) for base in ("stable", "main")] == [closed, closed]


def test_it_writes_pull_requests_only_with_the_permission(town: Any) -> None:
    _branch(town)
    token = town.github.tokens.issue(town.installation.id, {"pull_requests": "read"}, town.github.now()).text
    body = {"title": "Fix it", "head": "fix", "base": "main"}
    for method, path in (("POST", "pulls"), ("PATCH", "pulls/1")):
        assert town.ask(method, f"{W}/{path}", body, auth=f"token {token}").status == 403
    assert _change(town, 7, title="x").status == 404


def test_it_opens_once_what_a_lost_answer_hides(town: Any) -> None:
    _branch(town)
    town.github.fault("POST", "/pulls$", 502, when="after")
    assert _open(town).status == 502
    assert len(town.get(f"{W}/pulls?head=acme:fix&state=all").body) == 1
    assert [(w.effect, w.status) for w in town.github.writes("/pulls")] == [("yes", 502)]
