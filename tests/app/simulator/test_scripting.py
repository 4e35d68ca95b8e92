"""A script is told of each step of a request, and may answer in GitHub's place."""

import http.client
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from app.simulator.resources import RESOURCES, find
from app.simulator.scripting import Reply, Request

W = "/repos/acme/widget"
MERGE = f"{W}/pulls/1/merge"


@dataclass
class Script:
    """Answers requests for one resource, and keeps what it was told."""

    resource: str = "none"
    say: Reply | None = None
    told: list[tuple[str, str]] = field(default_factory=list)
    at: dict[str, Callable[[Request], object]] = field(default_factory=dict)
    last: Request | None = None

    def before(self, request: Request) -> Reply | None:
        self._tell("before", request)
        return self.say if request.resource == self.resource else None

    def after_effect(self, request: Request) -> None:
        self._tell("after_effect", request)

    def after_reply(self, request: Request) -> None:
        self._tell("after_reply", request)

    def _tell(self, point: str, request: Request) -> None:
        self.last = request
        self.told.append((point, request.resource))
        if point in self.at:
            self.at[point](request)


def _script(town: Any, resource: str = "none", **said: Any) -> Script:
    town.github.script = Script(resource, Reply(**said) if said else None)
    return town.github.script  # type: ignore[no-any-return]


def _merged(town: Any) -> bool:
    return town.github.state.pull("acme/widget", 1).merged_at is not None


def test_it_is_told_of_each_request_in_three_points(town: Any) -> None:
    script = _script(town)
    town.get(f"{W}/pulls/1")
    assert script.told == [("before", "pull"), ("after_effect", "pull"), ("after_reply", "pull")]


def test_the_world_may_change_before_a_request_is_answered(town: Any) -> None:
    script = _script(town)
    script.at["before"] = lambda _: town.github.convert_to_draft("acme/widget", 1)
    assert town.ask("PUT", MERGE, {"sha": town.head}).status == 405


def test_the_world_may_change_after_the_effect(town: Any) -> None:
    script, seen = _script(town), []
    script.at["after_effect"] = lambda _: seen.append(_merged(town))
    script.at["after_reply"] = lambda _: town.github.retarget("acme/widget", 1, "feature")
    assert town.ask("PUT", MERGE).body["merged"] is True
    assert (seen, town.github.state.pull("acme/widget", 1).base_ref) == ([True], "feature")


def test_a_point_may_ask_github_itself(town: Any) -> None:
    script, seen = _script(town), {}
    script.at["before"] = lambda asked: asked.method == "GET" or seen.update(town.get(f"{W}/pulls/1").body)
    assert town.ask("PUT", MERGE).status == 200
    assert seen["merged"] is False


def test_it_says_what_a_request_names(town: Any) -> None:
    script = _script(town)
    town.ask("PUT", MERGE, {"sha": town.head})
    asked = script.last
    assert asked is not None
    assert (asked.method, asked.path, asked.number, asked.sha, asked.body) == (
        "PUT",
        MERGE,
        1,
        town.head,
        {"sha": town.head},
    )
    number = town.github.state.repository("acme/widget").id
    town.get(f"/repositories/{number}/pulls/1/reviews?page=2")
    assert script.last is not None
    assert (script.last.resource, script.last.query, script.last.path) == (
        "reviews",
        {"page": "2"},
        f"{W}/pulls/1/reviews",
    )


@pytest.mark.parametrize("effect", ["none", "full"])
def test_an_error_hides_whether_it_merged(town: Any, effect: str) -> None:
    _script(town, "merge_put", status=502, effect=effect)
    reply = town.ask("PUT", MERGE)
    assert (reply.status, reply.body["message"], _merged(town)) == (502, "Server Error", effect == "full")
    [write] = town.github.writes("/merge")
    assert (write.status, write.effect, write.message) == (502, "yes" if effect == "full" else "no", "Server Error")


def test_half_a_merge_moves_the_base_alone(town: Any) -> None:
    base = town.github.state.repository("acme/widget").branches["main"]
    _script(town, "merge_put", status=500, effect="partial")
    assert town.ask("PUT", MERGE).status == 500
    assert _merged(town) is False
    assert town.github.state.repository("acme/widget").branches["main"] != base


def test_a_wrong_merge_answers_as_a_right_one(town: Any) -> None:
    _script(town, "merge_put", status=200, effect="wrong_tree")
    reply = town.ask("PUT", MERGE)
    commit = town.github.state.repository("acme/widget").commits[reply.body["sha"]]
    assert (reply.body["merged"], "stray.txt" in commit.tree) == (True, True)


def test_only_a_merge_comes_to_pass_in_part(town: Any) -> None:
    _script(town, "status_post", status=500, effect="partial")
    town.ask("POST", f"{W}/statuses/{town.head}", {"state": "success"})
    with pytest.raises(AssertionError, match="the simulator broke at: POST"):
        town.github.finish()


def test_it_words_what_it_says(town: Any) -> None:
    _script(town, "merge_put", status=403, message="You have exceeded a limit.", headers={"retry-after": "60"})
    reply = town.ask("PUT", MERGE)
    assert (reply.status, reply.body["message"], reply.headers["retry-after"]) == (
        403,
        "You have exceeded a limit.",
        "60",
    )
    _script(town, "merge_put", status=200, body={"merged": False})
    assert town.ask("PUT", MERGE).body == {"merged": False}
    assert _merged(town) is False


def test_without_effect_it_still_says_what_would_have_happened(town: Any) -> None:
    _script(town, "merge_put", status=200)
    assert town.ask("PUT", MERGE).body["merged"] is True
    assert _merged(town) is False


def _raw(town: Any, method: str, path: str) -> tuple[int, str, bytes]:
    host = town.url.removeprefix("http://")
    connection = http.client.HTTPConnection(host, timeout=20)
    connection.request(method, path, headers={"authorization": f"token {town.token()}"})
    answer = connection.getresponse()
    found = (answer.status, answer.getheader("content-type") or "", answer.read())
    connection.close()
    return found


def test_a_body_may_be_a_page_half_or_nothing(town: Any) -> None:
    whole = len(json.dumps(town.get(f"{W}/commits/{town.head}/check-runs").body))
    path = f"{W}/commits/{town.head}/check-runs"
    _script(town, "checks", status=200, body_kind="html")
    status, kind, page = _raw(town, "GET", path)
    assert (status, kind, page[:6]) == (200, "text/html; charset=utf-8", b"<html>")
    _script(town, "checks", body_kind="cut")
    assert len(_raw(town, "GET", path)[2]) == whole // 2
    _script(town, "checks", body_kind="empty")
    assert _raw(town, "GET", path)[2] == b""


@pytest.mark.parametrize("silence", ["hang", "drop"])
def test_silence_ends_the_connection_after_the_script_was_told(town: Any, silence: str) -> None:
    script = _script(town, "merge_put", silence=silence, effect="full")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        town.ask("PUT", MERGE)
    assert [point for point, _ in script.told] == ["before", "after_effect", "after_reply"]
    assert (_merged(town), town.github.writes("/merge")[0].status) == (True, 0)


def test_the_effect_may_come_later_than_the_silence(town: Any) -> None:
    script = _script(town, "merge_put", silence="hang")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        town.ask("PUT", MERGE)
    assert _merged(town) is False
    assert script.last is not None
    script.last.perform("full")
    assert _merged(town) is True


def test_an_answer_may_be_old_or_of_another_commit(town: Any) -> None:
    old = town.github.state.pull("acme/widget", 1).base_sha
    town.github.check_run("acme/widget", old, app_id=town.app.id, name="old")
    _script(town, "pull", effect="full", edit=lambda body: {**body, "draft": True})
    assert town.get(f"{W}/pulls/1").body["draft"] is True
    _script(town, "checks", effect="full", path=f"{W}/commits/{old}/check-runs")
    found = town.get(f"{W}/commits/{town.head}/check-runs").body
    assert [run["name"] for run in found["check_runs"]] == ["old"]


@pytest.mark.parametrize("said", [{"body_kind": "xml"}, {"effect": "some"}, {"silence": "sleep"}])
def test_it_knows_no_other_answers(said: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no such"):
        Reply(**said)


EACH = [
    ("token", "POST", "/app/installations/1/access_tokens"),
    ("graphql", "POST", "/graphql"),
    ("repo", "GET", W),
    ("merge_put", "PUT", MERGE),
    ("merge_get", "GET", MERGE),
    ("update_branch", "PUT", f"{W}/pulls/1/update-branch"),
    ("pull", "GET", f"{W}/pulls/1"),
    ("pull_list", "GET", f"{W}/pulls"),
    ("reviews", "GET", f"{W}/pulls/1/reviews"),
    ("review_post", "POST", f"{W}/pulls/1/reviews"),
    ("issue", "GET", f"{W}/issues/1"),
    ("permission", "GET", f"{W}/collaborators/alice/permission"),
    ("checks", "GET", f"{W}/commits/abc/check-runs"),
    ("suites", "GET", f"{W}/commits/abc/check-suites"),
    ("statuses", "GET", f"{W}/commits/abc/status"),
    ("statuses", "GET", f"{W}/commits/abc/statuses"),
    ("statuses", "GET", f"{W}/statuses/abc"),
    ("status_post", "POST", f"{W}/statuses/abc"),
    ("check_post", "POST", f"{W}/check-runs"),
    ("check_post", "PATCH", f"{W}/check-runs/1"),
    ("protection", "GET", f"{W}/branches/release/1/protection"),
    ("rules", "GET", f"{W}/rules/branches/release/1"),
    ("ref_get", "GET", f"{W}/git/ref/heads/a/b"),
    ("ref_get", "GET", f"{W}/branches/a/b"),
    ("ref_delete", "DELETE", f"{W}/git/refs/heads/a/b"),
    ("compare", "GET", f"{W}/compare/a...b"),
    ("contents", "GET", f"{W}/contents/a/b"),
    ("commit", "GET", f"{W}/commits/abc"),
    ("commit", "GET", f"{W}/git/commits/abc"),
    ("any", "GET", f"{W}/pulls/1/files"),
]


@pytest.mark.parametrize(("resource", "method", "path"), EACH)
def test_it_names_what_a_request_is_about(resource: str, method: str, path: str) -> None:
    assert find(method, path, query={}, body={}).resource == resource


def test_it_has_a_request_for_each_name() -> None:
    assert {row[0] for row in EACH} == {*RESOURCES, "any"}


def test_it_reads_number_person_and_commit_out_of_a_request() -> None:
    assert find("GET", f"{W}/collaborators/alice/permission", query={}, body={}).user == "alice"
    assert find("GET", f"{W}/commits/abc/check-runs", query={}, body={}).sha == "abc"
    assert find("GET", f"{W}/contents/a", query={"ref": "abc"}, body={}).sha == "abc"
    assert find("POST", f"{W}/check-runs", query={}, body={"head_sha": "abc"}).sha == "abc"
    assert find("POST", "/graphql", query={}, body={"variables": {"number": 7}}).number == 7
    assert find("GET", f"{W}/issues/7/comments", query={}, body={}).number == 7
