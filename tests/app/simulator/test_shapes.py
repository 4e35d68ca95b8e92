"""Every answer holds what GitHub's own API description demands."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from app.simulator.beyond import BEYOND
from app.simulator.routes.table import ROUTES

R = "/repos/{owner}/{repo}"
W = "/repos/acme/widget"

READS = [
    ("/app", "/app", "/app"),
    ("/app/installations", "/app/installations", "/app/installations"),
    (
        "/app/installations/<int:installation>",
        "/app/installations/{installation_id}",
        "/app/installations/INSTALLED",
    ),
    ("/app/hook/config", "/app/hook/config", "/app/hook/config"),
    ("/app/hook/deliveries", "/app/hook/deliveries", "/app/hook/deliveries"),
    ("/app/hook/deliveries/<int:delivery>", "/app/hook/deliveries/{delivery_id}", "/app/hook/deliveries/DELIVERY"),
    ("/meta", "/meta", "/meta"),
    ("/installation/repositories", "/installation/repositories", "/installation/repositories"),
    ("/rate_limit", "/rate_limit", "/rate_limit"),
    ("/users/<login>", "/users/{username}", "/users/alice"),
    ("/orgs/<org>/members", "/orgs/{org}/members", "/orgs/acme/members"),
    (
        "/orgs/<org>/teams/<team>/members",
        "/orgs/{org}/teams/{team_slug}/members",
        "/orgs/acme/teams/core/members",
    ),
    ("/teams", f"{R}/teams", f"{W}/teams"),
    ("/properties/values", f"{R}/properties/values", f"{W}/properties/values"),
    ("/actions/runs", f"{R}/actions/runs", f"{W}/actions/runs?head_sha=HEAD_SHA"),
    ("/check-runs/<int:run>", f"{R}/check-runs/{{check_run_id}}", f"{W}/check-runs/CHECK_RUN"),
    (
        "/check-runs/<int:run>/annotations",
        f"{R}/check-runs/{{check_run_id}}/annotations",
        f"{W}/check-runs/CHECK_RUN/annotations",
    ),
    (
        "/pulls/<int:number>/reviews/<int:review>",
        f"{R}/pulls/{{pull_number}}/reviews/{{review_id}}",
        f"{W}/pulls/1/reviews/REVIEW",
    ),
    ("/orgs/<org>/members/<login>", "/orgs/{org}/members/{username}", "/orgs/acme/members/alice"),
    ("/orgs/<org>/teams/<team>", "/orgs/{org}/teams/{team_slug}", "/orgs/acme/teams/core"),
    (
        "/orgs/<org>/teams/<team>/memberships/<login>",
        "/orgs/{org}/teams/{team_slug}/memberships/{username}",
        "/orgs/acme/teams/core/memberships/alice",
    ),
    ("", R, W),
    ("/collaborators", f"{R}/collaborators", f"{W}/collaborators"),
    (
        "/collaborators/<login>/permission",
        f"{R}/collaborators/{{username}}/permission",
        f"{W}/collaborators/alice/permission",
    ),
    ("/branches", f"{R}/branches", f"{W}/branches"),
    ("/branches/<path:branch>", f"{R}/branches/{{branch}}", f"{W}/branches/main"),
    ("/contents", f"{R}/contents/{{path}}", f"{W}/contents"),
    ("/contents/", f"{R}/contents/{{path}}", f"{W}/contents/"),
    ("/contents/<path:path>", f"{R}/contents/{{path}}", f"{W}/contents/src/a.py?ref=feature"),
    ("/commits", f"{R}/commits", f"{W}/commits?sha=feature"),
    ("/commits/<path:ref>", f"{R}/commits/{{ref}}", f"{W}/commits/feature"),
    ("/commits/<sha>/pulls", f"{R}/commits/{{commit_sha}}/pulls", f"{W}/commits/HEAD_SHA/pulls"),
    ("/installation", f"{R}/installation", f"{W}/installation"),
    ("/compare/<path:basehead>", f"{R}/compare/{{basehead}}", f"{W}/compare/main...feature"),
    ("/git/blobs/<sha>", f"{R}/git/blobs/{{file_sha}}", f"{W}/git/blobs/BLOB_SHA"),
    ("/git/trees/<path:ref>", f"{R}/git/trees/{{tree_sha}}", f"{W}/git/trees/feature?recursive=1"),
    ("/git/commits/<sha>", f"{R}/git/commits/{{commit_sha}}", f"{W}/git/commits/HEAD_SHA"),
    ("/git/ref/<path:ref>", f"{R}/git/ref/{{ref}}", f"{W}/git/ref/heads/feature"),
    ("/git/matching-refs/<path:ref>", f"{R}/git/matching-refs/{{ref}}", f"{W}/git/matching-refs/heads/"),
    ("/commits/<path:ref>/status", f"{R}/commits/{{ref}}/status", f"{W}/commits/feature/status"),
    ("/commits/<path:ref>/statuses", f"{R}/commits/{{ref}}/statuses", f"{W}/commits/HEAD_SHA/statuses"),
    ("/statuses/<path:ref>", f"{R}/commits/{{ref}}/statuses", f"{W}/statuses/HEAD_SHA"),
    ("/commits/<path:ref>/check-runs", f"{R}/commits/{{ref}}/check-runs", f"{W}/commits/HEAD_SHA/check-runs"),
    ("/commits/<path:ref>/check-suites", f"{R}/commits/{{ref}}/check-suites", f"{W}/commits/HEAD_SHA/check-suites"),
    ("/deployments", f"{R}/deployments", f"{W}/deployments?sha=HEAD_SHA"),
    ("/deployments/<int:deployment>", f"{R}/deployments/{{deployment_id}}", f"{W}/deployments/DEPLOYMENT"),
    (
        "/deployments/<int:deployment>/statuses",
        f"{R}/deployments/{{deployment_id}}/statuses",
        f"{W}/deployments/DEPLOYMENT/statuses",
    ),
    ("/pulls", f"{R}/pulls", f"{W}/pulls"),
    ("/pulls/<int:number>", f"{R}/pulls/{{pull_number}}", f"{W}/pulls/1"),
    ("/pulls/<int:number>/merge", f"{R}/pulls/{{pull_number}}/merge", f"{W}/pulls/2/merge"),
    ("/rules/branches/<path:branch>", f"{R}/rules/branches/{{branch}}", f"{W}/rules/branches/main"),
    (
        "/branches/<path:branch>/protection",
        f"{R}/branches/{{branch}}/protection",
        f"{W}/branches/main/protection",
    ),
    (
        "/branches/<path:branch>/protection/required_status_checks",
        f"{R}/branches/{{branch}}/protection/required_status_checks",
        f"{W}/branches/main/protection/required_status_checks",
    ),
    ("/pulls/<int:number>/files", f"{R}/pulls/{{pull_number}}/files", f"{W}/pulls/1/files"),
    ("/pulls/<int:number>/commits", f"{R}/pulls/{{pull_number}}/commits", f"{W}/pulls/1/commits"),
    ("/pulls/<int:number>/reviews", f"{R}/pulls/{{pull_number}}/reviews", f"{W}/pulls/1/reviews"),
    (
        "/pulls/<int:number>/requested_reviewers",
        f"{R}/pulls/{{pull_number}}/requested_reviewers",
        f"{W}/pulls/1/requested_reviewers",
    ),
    ("/issues/<int:number>", f"{R}/issues/{{issue_number}}", f"{W}/issues/1"),
    ("/issues/<int:number>/comments", f"{R}/issues/{{issue_number}}/comments", f"{W}/issues/1/comments"),
    ("/issues/<int:number>/labels", f"{R}/issues/{{issue_number}}/labels", f"{W}/issues/1/labels"),
    ("/issues/comments", f"{R}/issues/comments", f"{W}/issues/comments"),
    ("/issues/comments/<int:comment>", f"{R}/issues/comments/{{comment_id}}", f"{W}/issues/comments/COMMENT"),
    ("/labels", f"{R}/labels", f"{W}/labels"),
]


@pytest.fixture
def busy(town: Any, hooks: Any) -> Any:
    """The town after some work: every list has something in it."""
    github = town.github
    review = github.review("acme/widget", 1, by="alice", body="fine")
    github.comment("acme/widget", 1, by="bob", body="thanks")
    comment = github.comment("acme/widget", 1, by="mergegate[bot]", body="blocked", app_id=town.app.id)
    github.label("acme/widget", 1, "ready")
    github.request_review("acme/widget", 1, "mia")
    github.change_pull("acme/widget", 1, requested_teams=("core",))
    github.set_status("acme/widget", town.head, by="alice", context="ci", description="green")
    note = {"path": "a.py", "start_line": 1, "end_line": 1, "annotation_level": "notice", "message": "look"}
    check = github.check_run("acme/widget", town.head, app_id=town.app.id, annotations=(note,), summary="fine")
    github.check_run("acme/widget", town.head, app_id=town.app.id, status="queued", name="slow")
    github.workflow_run("acme/widget", town.head)
    github.add_team_to_repository("acme/widget", "core", "write")
    github.set_property("acme/widget", "tier", "gold")
    github.set_property("acme/widget", "langs", ("go", "python"))
    github.set_property("acme/widget", "unset", None)
    github.push("acme/widget", "done", {"done.py": "1"}, by="mia")
    github.merge("acme/widget", github.open_pull("acme/widget", "done", by="mia").number, by="mia")
    github.protect("acme/widget", checks=["ci", ("policy-gate", town.app.id)], approvals=1, strict=True)
    github.add_ruleset("acme/widget", checks=["lint", ("ci", 15368)], approvals=1, queue="squash")
    github.add_ruleset("acme/widget", source="acme", methods=("squash",))
    github.let_pass("acme/widget", town.app.id)
    github.check_suite("acme/widget", town.head, app_id=town.app.id)
    deployment = github.deploy("acme/widget", "feature", by="alice", environment="staging")
    github.deployed("acme/widget", deployment.id, by="alice")
    hooks.ping()
    town.extra = {
        "INSTALLED": str(town.installation.id),
        "DELIVERY": str(hooks.sent[0].id),
        "HEAD_SHA": town.head,
        "BLOB_SHA": github.state.repository("acme/widget").commits[town.head].tree["README.md"].sha,
        "DEPLOYMENT": str(deployment.id),
        "CHECK_RUN": str(check.id),
        "REVIEW": str(review.id),
        "COMMENT": str(comment.id),
    }
    return town


@pytest.mark.parametrize(("template", "path"), [row[1:] for row in READS], ids=[row[2] for row in READS])
def test_it_answers_reads_as_the_description_says(busy: Any, conforms: Any, template: str, path: str) -> None:
    for word, value in busy.extra.items():
        path = path.replace(word, value)
    reply = busy.get(path)
    assert reply.status in (200, 204)
    assert reply.body != []
    conforms("GET", template, reply.status, reply.body)


def test_it_answers_writes_as_the_description_says(busy: Any, conforms: Any) -> None:
    status = busy.ask("POST", f"{W}/statuses/{busy.head}", {"state": "success", "context": "gate"})
    assert status.status == 201
    conforms("POST", f"{R}/statuses/{{sha}}", 201, status.body)
    _check_writes_about_reviews(busy, conforms)
    _check_writes_about_checks(busy, conforms)
    _check_writes_about_talk(busy, conforms)
    token = busy.ask("POST", f"/app/installations/{busy.installation.id}/access_tokens")
    conforms("POST", "/app/installations/{installation_id}/access_tokens", 201, token.body)
    again = busy.ask("POST", f"/app/hook/deliveries/{busy.extra['DELIVERY']}/attempts")
    conforms("POST", "/app/hook/deliveries/{delivery_id}/attempts", again.status, again.body)


def test_it_answers_writes_of_branches_and_pull_requests_as_the_description_says(busy: Any, conforms: Any) -> None:
    tree = busy.get(f"{W}/git/trees/main").body["sha"]
    entry = {"path": "new", "mode": "100644", "type": "blob", "content": "x"}
    commit = {"message": "More", "tree": tree, "parents": [busy.head], "author": {"name": "A", "email": "a@x.test"}}
    sha = busy.ask("POST", f"{W}/git/commits", commit).body["sha"]
    writes: list[tuple[str, str, str, int, Any]] = [
        ("POST", "/git/blobs", "git/blobs", 201, {"content": "x"}),
        ("POST", "/git/trees", "git/trees", 201, {"base_tree": tree, "tree": [entry]}),
        ("POST", "/git/commits", "git/commits", 201, commit),
        ("POST", "/git/refs", "git/refs", 201, {"ref": "refs/heads/new", "sha": busy.head}),
        ("PATCH", "/git/refs/{ref}", "git/refs/heads/new", 200, {"sha": sha}),
        ("POST", "/pulls", "pulls", 201, {"title": "New", "head": "new", "base": "main"}),
        ("PATCH", "/pulls/{pull_number}", "pulls/2", 200, {"title": "Newer"}),
        ("POST", "/pulls", "pulls", 422, {"title": "New", "head": "new", "base": "none"}),
        ("PATCH", "/git/refs/{ref}", "git/refs/heads/new", 422, {"sha": busy.head}),
        ("DELETE", "/git/refs/{ref}", "git/refs/heads/new", 204, None),
    ]
    for method, template, path, status, body in writes:
        reply = busy.ask(method, f"{W}/{path}", body)
        assert reply.status == status
        conforms(method, R + template, status, reply.body)


def _check_writes_about_reviews(busy: Any, conforms: Any) -> None:
    asked = f"{R}/pulls/{{pull_number}}/requested_reviewers"
    for method, status in (("POST", 201), ("DELETE", 200)):
        reply = busy.ask(method, f"{W}/pulls/1/requested_reviewers", {"reviewers": ["mia"], "team_reviewers": ["core"]})
        assert reply.status == status
        conforms(method, asked, status, reply.body)
    reply = busy.ask("PUT", f"{W}/pulls/1/reviews/{busy.extra['REVIEW']}/dismissals", {"message": "Pushed."})
    assert reply.status == 200
    conforms("PUT", f"{R}/pulls/{{pull_number}}/reviews/{{review_id}}/dismissals", 200, reply.body)


def _check_writes_about_talk(busy: Any, conforms: Any) -> None:
    issue, comment = f"{R}/issues/{{issue_number}}", f"{R}/issues/comments/{{comment_id}}"
    writes: list[tuple[str, str, str, int, Any]] = [
        ("POST", f"{issue}/comments", "issues/1/comments", 201, {"body": "Blocked."}),
        ("PATCH", comment, f"issues/comments/{busy.extra['COMMENT']}", 200, {"body": "Free."}),
        ("POST", f"{issue}/labels", "issues/1/labels", 200, {"labels": ["new"]}),
        ("PUT", f"{issue}/labels", "issues/1/labels", 200, {"labels": ["ready", "new"]}),
        ("DELETE", f"{issue}/labels/{{name}}", "issues/1/labels/new", 200, None),
        ("DELETE", f"{issue}/labels/{{name}}", "issues/1/labels/new", 404, None),
        ("DELETE", f"{issue}/labels", "issues/1/labels", 204, None),
        ("POST", f"{R}/pulls/{{pull_number}}/reviews", "pulls/1/reviews", 200, {"event": "APPROVE"}),
        ("POST", f"{R}/pulls/{{pull_number}}/reviews", "pulls/1/reviews", 422, {"event": "COMMENT"}),
        ("POST", f"{issue}/comments", "issues/1/comments", 422, {"body": ""}),
    ]
    for method, template, path, status, body in writes:
        reply = busy.ask(method, f"{W}/{path}", body)
        assert (method, path, reply.status) == (method, path, status)
        conforms(method, template, status, reply.body)


def _check_writes_about_checks(busy: Any, conforms: Any) -> None:
    made = busy.ask("POST", f"{W}/check-runs", {"name": "policy", "head_sha": busy.head})
    assert made.status == 201
    conforms("POST", f"{R}/check-runs", 201, made.body)
    body = {"conclusion": "failure", "output": {"title": "No", "summary": "Wrong key"}}
    ended = busy.ask("PATCH", f"{W}/check-runs/{made.body['id']}", body)
    assert ended.status == 200
    conforms("PATCH", f"{R}/check-runs/{{check_run_id}}", 200, ended.body)


def test_it_describes_a_pull_request_without_head_repository(town: Any, conforms: Any) -> None:
    github = town.github
    github.fork("acme/widget", "eve")
    github.push("eve/widget", "patch", {"evil.py": "x"}, by="eve")
    number = github.open_pull("acme/widget", "eve:patch", by="eve").number
    conforms("GET", f"{R}/pulls/{{pull_number}}", 200, town.get(f"{W}/pulls/{number}").body)
    github.delete_repository("eve/widget")
    found = town.get(f"{W}/pulls/{number}").body
    assert found["head"]["repo"] is None
    assert found["head"]["label"] == "eve:patch"


UNDESCRIBED = {"/apps/<slug>", "/rulesets", "/rulesets/<int:ruleset>"}  # which `beyond` lists


def test_it_lists_every_read_route_here() -> None:
    served = {route.path.replace("/repos/<owner>/<repo>", "") for route in ROUTES if route.method == "GET"}
    assert served - UNDESCRIBED == {row[0] for row in READS}


def test_it_lists_what_the_description_does_not_have_as_beyond_it(cases: Path) -> None:
    paths = json.loads((cases / "github_openapi_subset.json").read_text())["paths"]
    described = {(method.upper(), re.sub(r"{.*?}", "_", path)) for path in paths for method in paths[path]}
    served = {(route.method, re.sub(r"<.*?>", "_", route.path)): route.path for route in ROUTES}
    beyond = " ".join(entry.what for entry in BEYOND)
    for method, path in set(served) - described:
        assert f"{method} {path.rstrip('/').replace('/repos/_/_', R).replace('_', '{ref}')}" in beyond


def test_it_gives_a_source_for_everything_beyond() -> None:
    assert all(entry.what and entry.source for entry in BEYOND)
    assert len({entry.what for entry in BEYOND}) == len(BEYOND)
