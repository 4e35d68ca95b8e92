"""GraphQL answers as GitHub's schema says, in pages."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.simulator.graph import connections
from app.simulator.objects import Seal

W = "acme/widget"
FACTS = """
query Facts($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    databaseId
    pullRequest(number: $number) {
      headRefOid lastEditedAt editor { login }
      author { login __typename }
      commits(first: 2, after: $after) {
        totalCount
        pageInfo { hasNextPage endCursor }
        nodes { commit {
          oid committedViaWeb
          parents(first: 3) { nodes { oid } }
          author { user { login } }
          committer { user { login } }
          signature {
            __typename isValid state signer { login }
            ... on GpgSignature { keyId }
            ... on SshSignature { keyFingerprint }
          }
        } }
      }
      comments(first: 100) {
        nodes { fullDatabaseId author { login __typename } body createdAt lastEditedAt editor { login } }
      }
      reviews(first: 100) {
        nodes { fullDatabaseId state author { login } commit { oid } onBehalfOf(first: 10) { nodes { slug } } }
      }
    }
  }
}
"""
PULL = 'query { repository(owner: "acme", name: "widget") { pullRequest(number: 1)'
VARIABLES = {"owner": "acme", "name": "widget", "number": 1}


def ask(town: Any, query: str = FACTS, **variables: Any) -> Any:
    return town.ask("POST", "/graphql", {"query": query, "variables": {**VARIABLES, **variables}})


def pull(town: Any, selection: str) -> Any:
    body = ask(
        town, f'query {{ repository(owner: "acme", name: "widget") {{ pullRequest(number: 1) {selection} }} }}'
    ).body
    assert "errors" not in body
    return body["data"]["repository"]["pullRequest"]


def test_it_tells_the_facts_of_a_pull_request(town: Any) -> None:
    found = ask(town).body["data"]["repository"]["pullRequest"]
    assert (found["headRefOid"], found["author"]) == (town.head, {"login": "bob", "__typename": "User"})
    assert (found["lastEditedAt"], found["editor"], found["comments"]["nodes"]) == (None, None, [])
    commit = found["commits"]["nodes"][0]["commit"]
    assert (commit["oid"], commit["committedViaWeb"], commit["signature"]) == (town.head, False, None)
    assert commit["author"] == commit["committer"] == {"user": {"login": "bob"}}


def test_it_pages_with_cursors(town: Any) -> None:
    shas = [town.head] + [town.github.push(W, "feature", {"n": str(n)}, by="bob").sha for n in range(4)]
    seen, more, after = [], [], None
    for _ in range(3):
        page = ask(town, after=after).body["data"]["repository"]["pullRequest"]["commits"]
        seen += [node["commit"]["oid"] for node in page["nodes"]]
        more.append(page["pageInfo"]["hasNextPage"])
        after = page["pageInfo"]["endCursor"]
    assert (seen, more) == (shas, [True, True, False])
    assert page["totalCount"] == 5


@given(count=st.integers(0, 30), size=st.integers(1, 9), way=st.sampled_from([("first", "after"), ("last", "before")]))
def test_it_shows_each_record_exactly_once_over_all_pages(count: int, size: int, way: tuple[str, str]) -> None:
    page = connections.connection(range(count), lambda n: {"n": n})
    seen: list[int] = []
    bound, (much, where) = None, way
    while True:
        shown = page(SimpleNamespace(field_name="numbers"), **{much: size, where: bound})
        numbers = [node["n"] for node in shown["nodes"]]
        seen = [*seen, *numbers] if much == "first" else [*numbers, *seen]
        bound = shown["pageInfo"]["endCursor" if much == "first" else "startCursor"]
        if not shown["pageInfo"]["hasNextPage" if much == "first" else "hasPreviousPage"]:
            break
    assert seen == list(range(count))


def test_it_pages_backwards(town: Any) -> None:
    for number in range(5):
        town.github.comment(W, 1, by="mia", body=str(number))
    last = pull(town, "{ comments(last: 2) { pageInfo { startCursor hasPreviousPage } nodes { body } } }")["comments"]
    assert [c["body"] for c in last["nodes"]] == ["3", "4"]
    assert last["pageInfo"]["hasPreviousPage"] is True
    before = last["pageInfo"]["startCursor"]
    found = pull(town, f'{{ comments(last: 2, before: "{before}") {{ nodes {{ body }} }} }}')
    assert [c["body"] for c in found["comments"]["nodes"]] == ["1", "2"]


def test_it_tells_who_signed_a_commit(town: Any) -> None:
    town.github.push(W, "feature", {"s": "1"}, by="bob", seal=Seal(kind="gpg", signer="bob", key="ABCD"))
    town.github.push(W, "feature", {"s": "2"}, by="bob", seal=Seal(kind="ssh", state="UNKNOWN_KEY", key="SHA256:x"))
    fields = (
        "__typename isValid state signer { login } ... on GpgSignature { keyId } ... on SshSignature { keyFingerprint }"
    )
    nodes = pull(town, f"{{ commits(first: 9) {{ nodes {{ commit {{ signature {{ {fields} }} }} }} }} }}")["commits"][
        "nodes"
    ]
    assert [node["commit"]["signature"] for node in nodes] == [
        None,
        {"__typename": "GpgSignature", "isValid": True, "state": "VALID", "signer": {"login": "bob"}, "keyId": "ABCD"},
        {
            "__typename": "SshSignature",
            "isValid": False,
            "state": "UNKNOWN_KEY",
            "signer": None,
            "keyFingerprint": "SHA256:x",
        },
    ]


def test_it_knows_no_user_behind_what_is_committed_in_githubs_pages(town: Any) -> None:
    town.github.push(W, "main", {"base.py": "1"}, by="alice")
    merged = town.github.update_branch(W, 1, by="mia")
    people = "author { user { login } } committer { name user { login } }"
    fields = f"oid committedViaWeb {people} signature {{ wasSignedByGitHub }}"
    nodes = pull(town, f"{{ commits(first: 9) {{ nodes {{ commit {{ {fields} }} }} }} }}")["commits"]["nodes"]
    assert nodes[-1]["commit"] == {
        "oid": merged.sha,
        "committedViaWeb": True,
        "author": {"user": {"login": "mia"}},
        "committer": {"name": "web-flow", "user": None},
        "signature": {"wasSignedByGitHub": True},
    }
    assert town.get(f"/repos/{W}/commits/{merged.sha}").body["committer"]["login"] == "web-flow"


def test_it_names_bots_without_their_suffix(town: Any) -> None:
    town.github.comment(W, 1, by="mergegate[bot]", body="hi")
    found = pull(town, "{ comments(first: 1) { nodes { author { __typename login } } } }")
    assert found["comments"]["nodes"] == [{"author": {"__typename": "Bot", "login": "mergegate"}}]


def test_it_tells_who_edited_last(town: Any) -> None:
    github = town.github
    said = github.comment(W, 1, by="alice", body="no")
    review = github.review(W, 1, by="alice", body="fine", state="commented")
    town.clock.advance(60)
    github.edit_comment(W, 1, said.id, ":+1:", by="mia")
    github.edit_review(W, 1, review.id, "finer")
    github.edit_body(W, 1, "Other", by="root")
    edit = "lastEditedAt includesCreatedEdit editor { login } body"
    found = pull(
        town, f"{{ {edit} comments(first: 1) {{ nodes {{ {edit} }} }} reviews(first: 1) {{ nodes {{ {edit} }} }} }}"
    )
    at = {"lastEditedAt": "2026-03-01T12:01:00Z", "includesCreatedEdit": True}
    assert found.pop("comments")["nodes"] == [{**at, "editor": {"login": "mia"}, "body": ":+1:"}]
    assert found.pop("reviews")["nodes"] == [{**at, "editor": {"login": "alice"}, "body": "finer"}]
    assert found == {**at, "editor": {"login": "root"}, "body": "Other"}


def test_it_tells_for_which_teams_somebody_reviewed(town: Any) -> None:
    town.github.request_review(W, 1, team="core", by="bob")
    town.github.review(W, 1, by="alice")
    town.github.review(W, 1, by="mia", state="commented")
    found = pull(
        town, "{ reviews(first: 9) { nodes { author { login } state onBehalfOf(first: 9) { nodes { slug } } } } }"
    )
    assert [(r["author"]["login"], r["state"], r["onBehalfOf"]["nodes"]) for r in found["reviews"]["nodes"]] == [
        ("alice", "APPROVED", [{"slug": "core"}]),
        ("mia", "COMMENTED", []),
    ]


def test_it_tells_of_review_requests_and_of_those_taken_back(town: Any) -> None:
    github = town.github
    github.request_review(W, 1, "mia", by="bob")
    github.request_review(W, 1, team="core", by="bob")
    github.unrequest_review(W, 1, "mia", by="alice")
    who = "__typename actor { login } requestedReviewer { ... on User { login } ... on Team { slug } }"
    found = pull(
        town,
        "{ reviewRequests(first: 9) { nodes { requestedReviewer { ... on Team { combinedSlug } } } }"
        " timelineItems(first: 9, itemTypes: [REVIEW_REQUESTED_EVENT, REVIEW_REQUEST_REMOVED_EVENT])"
        f" {{ nodes {{ ... on ReviewRequestedEvent {{ {who} }} ... on ReviewRequestRemovedEvent {{ {who} }} }} }} }}",
    )
    assert found["reviewRequests"]["nodes"] == [{"requestedReviewer": {"combinedSlug": "acme/core"}}]
    events = found["timelineItems"]["nodes"]
    assert [(e["__typename"], e["actor"]["login"], e["requestedReviewer"]) for e in events] == [
        ("ReviewRequestedEvent", "bob", {"login": "mia"}),
        ("ReviewRequestedEvent", "bob", {"slug": "core"}),
        ("ReviewRequestRemovedEvent", "alice", {"login": "mia"}),
    ]


def test_it_is_no_write(town: Any) -> None:
    ask(town)
    assert town.github.journal.writes == []
    town.github.finish()


def test_it_finds_a_pull_request_by_its_node_id(town: Any) -> None:
    identity = town.get(f"/repos/{W}/pulls/1").body["node_id"]
    query = "query($id: ID!) { node(id: $id) { __typename ... on PullRequest { number } } }"
    body = town.ask("POST", "/graphql", {"query": query, "variables": {"id": identity}}).body
    assert body["data"]["node"] == {"__typename": "PullRequest", "number": 1}
    for wrong in ("?", "UFIx", identity[:-4]):
        body = town.ask("POST", "/graphql", {"query": query, "variables": {"id": wrong}}).body
        assert body["errors"][0]["type"] == "NOT_FOUND"


def test_it_follows_a_repository_to_its_new_name(town: Any) -> None:
    town.github.rename(W, "acme/gadget")
    assert ask(town).body["data"]["repository"]["pullRequest"]["headRefOid"] == town.head
    lost = '{ repository(owner: "acme", name: "widget", followRenames: false) { name } }'
    assert ask(town, lost).body["errors"][0]["type"] == "NOT_FOUND"


def test_it_tells_through_what_people_may_work(town: Any) -> None:
    town.github.add_team_to_repository(W, "core", "maintain")
    query = """{ repository(owner: "acme", name: "widget") { collaborators(first: 9, affiliation: DIRECT) {
        edges { permission node { login } permissionSources {
          roleName permission source { __typename ... on Team { slug } } } } } } }"""
    edges = ask(town, query).body["data"]["repository"]["collaborators"]["edges"]
    assert [(e["node"]["login"], e["permission"]) for e in edges] == [
        ("alice", "MAINTAIN"),
        ("bob", "READ"),
        ("mia", "MAINTAIN"),
    ]
    assert edges[0]["permissionSources"] == [
        {"roleName": "write", "permission": "WRITE", "source": {"__typename": "Repository"}},
        {"roleName": "maintain", "permission": "WRITE", "source": {"__typename": "Team", "slug": "core"}},
    ]
