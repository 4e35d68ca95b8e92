"""GraphQL refuses what is not found, not allowed, too much or not served, and fails as the script says."""

from typing import Any

import pytest

from tests.app.simulator.test_graph import FACTS, PULL, VARIABLES, W, ask


@pytest.mark.parametrize(
    ("variables", "path", "message"),
    [
        ({"name": "nothing"}, ["repository"], "Could not resolve to a Repository with the name 'acme/nothing'."),
        ({"number": 9}, ["repository", "pullRequest"], "Could not resolve to a PullRequest with the number of 9."),
    ],
)
def test_it_says_what_it_does_not_find(town: Any, variables: Any, path: Any, message: str) -> None:
    reply = ask(town, **variables)
    assert reply.status == 200
    error = reply.body["errors"][0]
    assert (error["type"], error["path"], error["message"]) == ("NOT_FOUND", path, message)


def test_it_hides_private_repositories_and_forbids_without_the_permission(town: Any) -> None:
    town.github.add_repository("zoe/secret", visibility="private")
    assert ask(town, owner="zoe", name="secret").body["errors"][0]["type"] == "NOT_FOUND"
    poor = town.github.add_app("poor", permissions={"metadata": "read"})
    auth = f"token {town.token(town.github.install(poor, 'acme'))}"
    body = town.ask("POST", "/graphql", {"query": FACTS, "variables": VARIABLES}, auth=auth).body
    assert body["errors"][0]["type"] == "FORBIDDEN"
    assert body["data"]["repository"]["pullRequest"] is None


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ("", "MISSING_PAGINATION_BOUNDARIES"),
        ("(first: 101)", "EXCESSIVE_PAGINATION"),
        ("(first: -1)", "INVALID_PAGINATION"),
        ('(first: 1, after: "what")', "INVALID_CURSOR_ARGUMENTS"),
    ],
)
def test_it_refuses_pages_without_bounds(town: Any, arguments: str, kind: str) -> None:
    query = f"{PULL} {{ comments{arguments} {{ totalCount }} }} }} }}"
    assert ask(town, query).body["errors"][0]["type"] == kind


def test_it_refuses_a_query_for_too_many_nodes(town: Any) -> None:
    parents = "parents(first: 100) { nodes { parents(first: 100) { totalCount } } }"
    query = f"{PULL} {{ commits(first: 100) {{ nodes {{ commit {{ {parents} }} }} }} }} }} }}"
    assert ask(town, query).body["errors"][0]["type"] == "MAX_NODE_LIMIT_EXCEEDED"


def test_it_takes_points_from_a_limit_of_its_own(town: Any) -> None:
    inner = "commits(first: 100) { nodes { commit { parents(first: 2) { nodes { oid } } } } }"
    pulled = f'repository(owner: "acme", name: "widget") {{ pullRequest(number: 1) {{ {inner} }} }}'
    reply = ask(town, f"query {{ {pulled} rateLimit {{ cost nodeCount remaining used }} }}")
    assert reply.body["data"]["rateLimit"] == {"cost": 1, "nodeCount": 300, "remaining": 4999, "used": 1}
    found = [reply.headers[f"x-ratelimit-{name}"] for name in ("resource", "used", "remaining")]
    assert found == ["graphql", "1", "4999"]
    assert town.get("/rate_limit").body["resources"]["graphql"]["used"] == 1
    assert town.get("/rate_limit").body["rate"]["used"] == 0


def test_it_says_with_200_that_the_points_are_used_up(town: Any) -> None:
    town.github.exhaust(town.installation, "graphql")
    reply = ask(town)
    assert (reply.status, reply.body["errors"][0]["type"], "data" in reply.body) == (200, "RATE_LIMIT", False)
    assert reply.headers["x-ratelimit-remaining"] == "0"
    assert town.get(f"/repos/{W}").status == 200
    town.clock.advance(3600)
    assert "errors" not in ask(town).body


@pytest.mark.parametrize(
    "query",
    [
        '{ repository(owner: "acme", name: "widget") { starsInTheSky } }',
        "{ viewer { login } }",
        "mutation { addStar(input: {}) { clientMutationId } }",
        "query {",
    ],
)
def test_it_remembers_what_it_does_not_serve(town: Any, query: str) -> None:
    body = ask(town, query).body
    assert body["errors"][0]["message"]
    assert "data" not in body
    with pytest.raises(AssertionError, match="unknown request: POST /graphql: "):
        town.github.finish()


def test_it_wants_a_token_and_a_query(town: Any) -> None:
    assert town.ask("POST", "/graphql", {"query": FACTS}, auth="").status == 401
    assert town.ask("POST", "/graphql", {"query": FACTS}, auth="token ghs_wrong").status == 401
    assert town.ask("POST", "/graphql", {"query": 1}).status == 400


def test_it_fails_as_the_script_says(town: Any) -> None:
    town.github.fault("POST", "/graphql", 502)
    town.github.fail_query("FORBIDDEN", "Resource not accessible by integration")
    town.github.fault("POST", "/graphql", "stale")
    town.github.comment(W, 1, by="mia", body="late")
    assert ask(town).status == 502
    refused = ask(town)
    assert (refused.status, refused.body["errors"][0]["type"]) == (200, "FORBIDDEN")
    found = [len(ask(town).body["data"]["repository"]["pullRequest"]["comments"]["nodes"]) for _ in range(2)]
    assert found == [0, 1]


def test_it_loses_a_part_of_the_data_as_the_script_says(town: Any) -> None:
    town.github.lose_field("reviews")
    town.github.fail_query(None, "Something went wrong while executing your query.")
    body = ask(town).body
    assert body["errors"][0]["path"] == ["repository", "pullRequest", "reviews"]
    found = body["data"]["repository"]["pullRequest"]
    assert (found["reviews"], found["headRefOid"]) == (None, town.head)
    assert [list(ask(town).body["errors"][0]), "errors" in ask(town).body] == [["message"], False]
