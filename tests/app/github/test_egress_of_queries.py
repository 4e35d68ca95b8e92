"""The egress list's queries: the fixed ones leave without a permit, no other text does, and none changes anything."""

import json
from pathlib import Path

import pytest
from graphql import FieldNode, OperationDefinitionNode, OperationType, parse
from hypothesis import given
from hypothesis import strategies as st

from app.github import egress, queries
from app.github.queries import Query

TALK = {
    "owner": "acme",
    "name": "widget",
    "number": 7,
    "moreCommits": True,
    "commitsAfter": None,
    "moreComments": True,
    "commentsAfter": "abc",
    "moreReviews": False,
    "reviewsAfter": None,
}


def _query(text: str = queries.TALK.text, variables: object = TALK, **more: object) -> str:
    return json.dumps({"query": text, "variables": variables, **more})


def test_it_lets_a_fixed_query_pass_without_a_permit() -> None:
    egress.check("POST", "/graphql", _query())


@pytest.mark.parametrize(
    "body",
    [
        None,
        "{}",
        "[]",
        _query("mutation { mergePullRequest(input: {}) { clientMutationId } }", {}),
        _query("query { viewer { login } }", {}),
        _query(queries.TALK.text + "\n"),
        _query("\ud800"),
        _query(operationName="Talk"),
        _query(variables=None),
        _query(variables={}),
        _query(variables={**TALK, "more": 1}),
        _query(variables={**TALK, "number": "7"}),
        _query(variables={**TALK, "number": True}),
        _query(variables={**TALK, "number": None}),
        _query(variables={**TALK, "moreCommits": 1}),
        _query(variables={**TALK, "name": ["widget"]}),
        _query(variables={**TALK, "name": "n" * 1025}),
    ],
)
def test_it_refuses_any_other_query(body: str | None) -> None:
    with pytest.raises(egress.EgressRefused):
        egress.check("POST", "/graphql", body)


@given(text=st.text(max_size=200), end=st.text(min_size=1, max_size=5))
def test_no_other_text_passes_for_a_fixed_query(text: str, end: str) -> None:
    for query in (text, queries.TALK.text + end, end + queries.TALK.text):
        with pytest.raises(egress.EgressRefused):
            egress.check("POST", "/graphql", _query(query))


def test_it_refuses_a_fixed_query_with_something_in_its_address() -> None:
    with pytest.raises(egress.EgressRefused):
        egress.check("POST", "/graphql?x=1", _query())


@pytest.mark.parametrize("mutation", queries.MUTATIONS.values())
def test_each_fixed_mutation_makes_one_change_of_a_kind_that_is_a_write(mutation: Query) -> None:
    operations = [part for part in parse(mutation.text).definitions if isinstance(part, OperationDefinitionNode)]
    made = [
        field.name.value
        for part in operations
        for field in part.selection_set.selections
        if isinstance(field, FieldNode)
    ]
    assert [part.operation for part in operations] == [OperationType.MUTATION]
    assert made in (["updateProjectV2ItemFieldValue"], ["enqueuePullRequest"])


@pytest.mark.parametrize("query", queries.BY_DIGEST.values())
def test_no_fixed_query_changes_anything(query: Query) -> None:
    operations = [part.operation for part in parse(query.text).definitions if isinstance(part, OperationDefinitionNode)]
    assert operations == [OperationType.QUERY]


def test_a_document_that_changes_anything_is_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bad.graphql").write_text("mutation Merge { x }")
    monkeypatch.setattr(queries, "__file__", str(tmp_path / "__init__.py"))
    with pytest.raises(ValueError, match="is no query"):
        queries.read("bad")


def test_a_document_that_only_reads_is_no_mutation() -> None:
    with pytest.raises(ValueError, match="is no mutation"):
        queries.read_mutation("talk")
