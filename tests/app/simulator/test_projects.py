"""Projects are read and one field of an item is set through GraphQL, which is a write like any other."""

import http.client
from dataclasses import dataclass
from typing import Any

import pytest

from app.simulator.projects import Field, Item, Project

W = "acme/widget"
PERMISSIONS = {"metadata": "read", "organization_projects": "write", "pull_requests": "read"}
SET = """
mutation SetField($project: ID!, $item: ID!, $field: ID!, $option: String!) {
  updateProjectV2ItemFieldValue(
    input: {projectId: $project, itemId: $item, fieldId: $field, value: {singleSelectOptionId: $option}}
  ) { projectV2Item { id fieldValueByName(name: "Status") { ... on ProjectV2ItemFieldSingleSelectValue { name } } } }
}
"""
ITEM = """
query Item($item: ID!) {
  node(id: $item) {
    ... on ProjectV2Item {
      id type
      project { title number owner { id } }
      content {
        ... on PullRequest { number repository { databaseId } }
        ... on DraftIssue { title }
      }
      fieldValues(first: 100) {
        totalCount
        nodes {
          ... on ProjectV2ItemFieldSingleSelectValue {
            optionId name field { ... on ProjectV2SingleSelectField { id } }
          }
          ... on ProjectV2ItemFieldTextValue { text }
        }
      }
    }
  }
}
"""


@dataclass
class Board:
    project: Project
    status: Field
    item: Item

    @property
    def variables(self) -> dict[str, str]:
        ids = {"project": self.project.node_id, "item": self.item.node_id, "field": self.status.node_id}
        return {**ids, "option": self.status.options[1].id}


@pytest.fixture
def board(town: Any) -> Board:
    project = town.github.add_project("acme", "Roadmap")
    status = town.github.project_field(project.id, "Status", ("Todo", "In review", "Done"))
    return Board(project, status, town.github.project_item(project.id, W, 1))


def ask(town: Any, query: str, *, auth: str | None = None, **variables: Any) -> Any:
    return town.ask("POST", "/graphql", {"query": query, "variables": variables}, auth=auth)


def chosen(town: Any, board: Board) -> list[str]:
    item = town.github.state.projects[board.project.id].items[board.item.id]
    return list(item.chosen.values())


def test_it_shows_an_item_with_its_pull_request_and_its_fields(town: Any, board: Board) -> None:
    before = ask(town, ITEM, item=board.item.node_id).body["data"]["node"]
    assert before["fieldValues"] == {"totalCount": 1, "nodes": [{"text": "Three"}]}
    town.github.choose(board.project.id, board.item.id, board.status.id, board.status.options[0].id)
    found = ask(town, ITEM, item=board.item.node_id).body["data"]["node"]
    number = town.github.state.repository(W).id
    assert (found["type"], found["content"]) == ("PULL_REQUEST", {"number": 1, "repository": {"databaseId": number}})
    assert (found["project"]["title"], found["project"]["number"]) == ("Roadmap", 1)
    todo = board.status.options[0]
    assert found["fieldValues"]["nodes"][1] == {
        "optionId": todo.id,
        "name": "Todo",
        "field": {"id": board.status.node_id},
    }


def test_it_shows_a_field_and_a_project_by_their_ids(town: Any, board: Board) -> None:
    query = """query($id: ID!) { node(id: $id) {
      ... on ProjectV2SingleSelectField { name options { id name } } ... on ProjectV2 { title } } }"""
    found = ask(town, query, id=board.status.node_id).body["data"]["node"]
    assert found == {"name": "Status", "options": [{"id": o.id, "name": o.name} for o in board.status.options]}
    assert ask(town, query, id=board.project.node_id).body["data"]["node"] == {"title": "Roadmap"}


def test_it_shows_a_draft_for_what_it_is(town: Any, board: Board) -> None:
    draft = town.github.project_draft(board.project.id, "An idea", by="alice")
    found = ask(town, ITEM, item=draft.node_id).body["data"]["node"]
    assert (found["type"], found["content"]) == ("DRAFT_ISSUE", {"title": "An idea"})


def test_it_hides_a_pull_request_that_may_not_be_seen(town: Any, board: Board) -> None:
    town.github.add_repository("acme/secret", files={"a": "1"}, visibility="private")
    town.github.push("acme/secret", "topic", {"a": "2"}, by="alice")
    town.github.open_pull("acme/secret", "topic", by="alice")
    item = town.github.project_item(board.project.id, "acme/secret", 1)
    town.github.select(town.installation, W)
    found = ask(town, ITEM, item=item.node_id).body["data"]["node"]
    assert (found["type"], found["content"]) == ("REDACTED", None)
    app = town.github.add_app("blind", permissions={**PERMISSIONS, "pull_requests": "none"})
    auth = f"token {town.token(town.github.install(app, 'acme'))}"
    assert ask(town, ITEM, auth=auth, item=item.node_id).body["data"]["node"]["content"] is None


def test_it_shows_a_project_by_its_owner_and_number(town: Any, board: Board) -> None:
    query = """query($login: String!, $number: Int!) { organization(login: $login) { login projectV2(number: $number) {
      id title items(first: 10) { nodes { id } } field(name: "Status") { ... on ProjectV2SingleSelectField {
        id name dataType options { id name } some: options(names: ["Done"]) { name } project { id } } }
      fields(first: 10) { nodes { ... on ProjectV2FieldCommon { name dataType } } } } } }"""
    found = ask(town, query, login="ACME", number=1).body["data"]["organization"]["projectV2"]
    assert (found["id"], found["title"]) == (board.project.node_id, "Roadmap")
    assert found["items"]["nodes"] == [{"id": board.item.node_id}]
    assert [o["name"] for o in found["field"]["options"]] == ["Todo", "In review", "Done"]
    assert (found["field"]["some"], found["field"]["project"]["id"]) == ([{"name": "Done"}], board.project.node_id)
    assert [(f["name"], f["dataType"]) for f in found["fields"]["nodes"]] == [
        ("Title", "TITLE"),
        ("Status", "SINGLE_SELECT"),
    ]
    for login, number, said in (("acme", 2, "ProjectV2 with the number 2"), ("alice", 1, "Organization")):
        errors = ask(town, query, login=login, number=number).body["errors"]
        assert (errors[0]["type"], said in errors[0]["message"]) == ("NOT_FOUND", True)


def test_it_shows_a_project_of_a_user(town: Any) -> None:
    town.github.add_repository("zoe/own", files={"a": "1"})
    town.github.add_project("zoe", "Mine")
    app = town.github.add_app("own", permissions={"metadata": "read", "repository_projects": "read"})
    auth = f"token {town.token(town.github.install(app, 'zoe'))}"
    query = '{ user(login: "zoe") { projectV2(number: 1) { title } } }'
    assert ask(town, query, auth=auth).body["data"]["user"]["projectV2"]["title"] == "Mine"
    assert ask(town, query).body["errors"][0]["type"] == "NOT_FOUND"


def test_it_sets_a_field_of_an_item(town: Any, board: Board) -> None:
    reply = ask(town, SET, **board.variables)
    shown = {"id": board.item.node_id, "fieldValueByName": {"name": "In review"}}
    assert reply.body == {"data": {"updateProjectV2ItemFieldValue": {"projectV2Item": shown}}}
    assert chosen(town, board) == [board.status.options[1].id]
    assert ask(town, SET, **board.variables).body == reply.body


def test_it_writes_a_mutation_down_and_no_query(town: Any, board: Board) -> None:
    town.github.expect("POST", "^/graphql$", variables=board.variables)
    ask(town, ITEM, item=board.item.node_id)
    ask(town, SET, **board.variables)
    (write,) = town.github.journal.writes
    assert (write.method, write.path, write.effect, write.status) == ("POST", "/graphql", "yes", 200)
    assert (write.body["query"], write.auth) == (SET, f"installation {town.installation.id}")
    town.github.finish()


def test_it_fails_on_a_mutation_that_nobody_expected(town: Any, board: Board) -> None:
    ask(town, SET, **board.variables)
    with pytest.raises(AssertionError, match=r"unexpected write: .*graphql"):
        town.github.finish()


@pytest.mark.parametrize(
    ("wrong", "kind", "words"),
    [
        ({"project": "?"}, "NOT_FOUND", "global id of '?'"),
        ({"item": "?"}, "NOT_FOUND", "global id of '?'"),
        ({"field": "?"}, "NOT_FOUND", "global id of '?'"),
        ({"option": "?"}, "VALIDATION", "The single select option Id does not belong to the field"),
    ],
)
def test_it_sets_nothing_where_an_id_is_wrong(town: Any, board: Board, wrong: Any, kind: str, words: str) -> None:
    reply = ask(town, SET, **{**board.variables, **wrong})
    assert (reply.status, reply.body["data"]) == (200, {"updateProjectV2ItemFieldValue": None})
    assert (reply.body["errors"][0]["type"], words in reply.body["errors"][0]["message"]) == (kind, True)
    assert (chosen(town, board), town.github.journal.writes[-1].effect) == ([], "no")


def test_it_sets_no_title_and_not_to_nothing(town: Any, board: Board) -> None:
    title = next(field for field in board.project.fields.values() if not field.is_select)
    assert "title" in ask(town, SET, **{**board.variables, "field": title.node_id}).body["errors"][0]["message"]
    bare = SET.replace("{singleSelectOptionId: $option}", "{}").replace(", $option: String!", "")
    ids = {name: value for name, value in board.variables.items() if name != "option"}
    assert "Did not receive" in ask(town, bare, **ids).body["errors"][0]["message"]
    assert chosen(town, board) == []


def test_it_takes_no_id_of_another_project(town: Any, board: Board) -> None:
    other = town.github.add_project("acme", "Other")
    assert other.number == 2
    errors = ask(town, SET, **{**board.variables, "project": other.node_id}).body["errors"]
    assert (errors[0]["type"], chosen(town, board)) == ("NOT_FOUND", [])


@pytest.mark.parametrize(
    ("level", "seen", "kind"), [("write", True, None), ("read", True, "FORBIDDEN"), ("none", False, "NOT_FOUND")]
)
def test_it_needs_the_permission_for_projects(town: Any, board: Board, level: str, seen: bool, kind: Any) -> None:
    app = town.github.add_app("planner", permissions={**PERMISSIONS, "organization_projects": level})
    auth = f"token {town.token(town.github.install(app, 'acme'))}"
    node = ask(town, ITEM, auth=auth, item=board.item.node_id).body["data"]["node"]
    assert (node is not None) == seen
    errors = ask(town, SET, auth=auth, **board.variables).body.get("errors", [{"type": None}])
    assert (errors[0]["type"], bool(chosen(town, board))) == (kind, kind is None)


def test_it_shows_no_project_where_the_app_is_not_installed(town: Any, board: Board) -> None:
    elsewhere = town.github.install(town.github.add_app("planner", permissions=PERMISSIONS), "zoe")
    auth = f"token {town.token(elsewhere)}"
    assert ask(town, ITEM, auth=auth, item=board.item.node_id).body["errors"][0]["type"] == "NOT_FOUND"
    assert ask(town, SET, auth=auth, **board.variables).body["errors"][0]["type"] == "NOT_FOUND"


@pytest.mark.parametrize(("when", "effect"), [("before", "no"), ("after", "yes")])
def test_it_fails_before_or_after_a_mutation_and_spares_queries(
    town: Any, board: Board, when: str, effect: str
) -> None:
    town.github.fault("POST", "updateProjectV2ItemFieldValue", 502, when=when)
    assert ask(town, ITEM, item=board.item.node_id).status == 200
    assert ask(town, SET, **board.variables).status == 502
    assert (bool(chosen(town, board)), town.github.journal.writes[-1].effect) == (effect == "yes", effect)


def test_it_drops_the_connection_after_a_mutation(town: Any, board: Board) -> None:
    town.github.fault("POST", "^/graphql update", "drop", when="after")
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        ask(town, SET, **board.variables)
    assert (len(chosen(town, board)), town.github.journal.writes[-1].status) == (1, 0)


def test_it_refuses_a_mutation_as_told(town: Any, board: Board) -> None:
    town.github.fail_mutation("updateProjectV2ItemFieldValue", "FORBIDDEN", "Resource not accessible by integration")
    reply = ask(town, SET, **board.variables)
    assert (reply.status, reply.body["data"]) == (200, {"updateProjectV2ItemFieldValue": None})
    assert (reply.body["errors"][0]["type"], chosen(town, board)) == ("FORBIDDEN", [])


def test_it_aims_failed_queries_at_queries_alone(town: Any, board: Board) -> None:
    town.github.fail_query("INTERNAL", "Something went wrong")
    assert "errors" not in ask(town, SET, **board.variables).body
    assert ask(town, ITEM, item=board.item.node_id).body["data"] is None


def test_it_changes_nothing_when_the_points_are_used_up(town: Any, board: Board) -> None:
    town.github.exhaust(town.installation, "graphql")
    reply = ask(town, SET, **board.variables)
    assert (reply.status, reply.headers["x-ratelimit-resource"]) == (200, "graphql")
    assert (reply.body["errors"][0]["type"], chosen(town, board)) == ("RATE_LIMIT", [])
    assert town.github.journal.writes[-1].effect == "no"


def test_it_remembers_what_it_serves_no_mutation_for(town: Any, board: Board) -> None:
    ask(town, "mutation { mergePullRequest(input: {}) { clientMutationId } }")
    assert town.github.journal.writes[-1].effect == "no"
    with pytest.raises(AssertionError, match="unknown request: POST /graphql: "):
        town.github.finish()


def test_it_forgets_items_and_renames_options(town: Any, board: Board) -> None:
    todo = board.status.options[0]
    renamed = town.github.rename_option(board.project.id, board.status.id, todo.id, "To do")
    assert [option.name for option in renamed.options] == ["To do", "In review", "Done"]
    town.github.remove_project_item(board.project.id, board.item.id)
    assert ask(town, ITEM, item=board.item.node_id).body["data"]["node"] is None
    assert ask(town, SET, **board.variables).body["errors"][0]["type"] == "NOT_FOUND"
