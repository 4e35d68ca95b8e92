"""The whole policy: how the tree combines, and that it always answers, and always the same."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policies.document import parse
from policies.error import PolicyError
from policies.evaluation import evaluate
from policies.facts import NOT_FETCHED, ChangedFile, Commit
from policies.result import Result

RULES = """
approval_rules:
- {name: A}
- {name: P, requires: {count: 1, users: [nobody]}}
- {name: S, if: {title: {matches: [^never$]}}}
- {name: E, if: {has_labels: [x]}}
- {name: F, if: {changed_files: {paths: [x]}}}
"""
CONDITIONS = st.fixed_dictionaries(
    {},
    optional={
        "changed_files": st.sampled_from([{"paths": ["a"]}, {"paths": ["."], "ignore": ["b"]}, {}]),
        "only_changed_files": st.just({"paths": ["a"]}),
        "has_labels": st.lists(st.sampled_from(["x", "y"]), max_size=2),
        "targets_branch": st.sampled_from([{"pattern": "^main$"}, {}]),
        "has_author_in": st.sampled_from([{"users": ["ana"]}, {"permissions": ["read"]}, {"teams": ["core"]}]),
        "has_contributor_in": st.sampled_from([{"users": ["bob"]}, {"organizations": ["acme"]}]),
        "author_is_only_contributor": st.booleans(),
    },
)
RULE = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["a", "b", "c"]),
        "if": CONDITIONS,
        "options": st.dictionaries(
            st.sampled_from(["allow_author", "allow_contributor", "invalidate_on_push", "ignore_update_merges"]),
            st.booleans(),
        ),
        "requires": st.fixed_dictionaries(
            {"count": st.integers(-1, 2), "users": st.lists(st.sampled_from(["ana", "bob"])), "conditions": CONDITIONS}
        ),
    }
)
NAMES = st.sampled_from(["a", "b", "c"])
TREE = st.recursive(
    NAMES,
    lambda inner: st.builds(
        lambda kind, children: {kind: children}, st.sampled_from(["and", "or"]), st.lists(inner, min_size=1, max_size=3)
    ),
    max_leaves=5,
)
POLICIES = st.fixed_dictionaries(
    {
        "policy": st.fixed_dictionaries(
            {
                "approval": st.lists(TREE, max_size=3),
                "disapproval": st.fixed_dictionaries({"if": CONDITIONS, "requires": st.just({"users": ["bob"]})}),
            }
        ),
        "approval_rules": st.lists(RULE, max_size=4),
    }
)


def maybe(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.just(NOT_FETCHED) | values


FACTS = st.fixed_dictionaries(
    {
        "labels": maybe(st.sampled_from([(), ("x",)])),
        "files": maybe(st.sampled_from([(), (ChangedFile(filename="ab", status="added"),)])),
        "commits": maybe(
            st.sampled_from(
                [
                    (),
                    (Commit(sha="c1", parents=("c1",), author="bob"),),
                    (Commit(sha="c1", parents=(), author="ana", pushed_at=None),),
                ]
            )
        ),
        "permissions": st.sampled_from([(), (("ana", "read"),)]),
        "comments": maybe(st.just(())),
    }
)


def words(result: Result) -> tuple[str, str]:
    return (result.status, result.description)


@pytest.fixture
def branch(judge: Any) -> Any:
    """An approval list -> the result of its first entry; E and F are rules whose facts are missing."""

    def first(tree: str) -> Result:
        result = judge(f"policy: {{approval: {tree}}}{RULES}", labels=NOT_FETCHED, files=NOT_FETCHED)
        child: Result = result.children[0].children[0]
        return child

    return first


def test_it_approves_where_no_approval_is_defined(judge: Any) -> None:
    result = judge("")
    assert words(result) == ("approved", "No approval policy defined")
    assert [child.kind for child in result.children] == ["approval", "disapproval"]


@pytest.mark.parametrize(
    ("children", "status", "description"),
    [
        ("A, A", "approved", "All rules are approved"),
        ("A, S", "approved", "All rules are approved"),
        ("A, P, S", "pending", "1/2 rules approved"),
        ("S, S", "skipped", "All of the rules are skipped"),
        ("P, E", "error", ""),
    ],
)
def test_it_wants_all_of_and(branch: Any, children: str, status: str, description: str) -> None:
    assert words(branch(f"[{{and: [{children}]}}]")) == (status, description)


@pytest.mark.parametrize(
    ("children", "status", "description"),
    [
        ("A, P", "approved", "One or more rules approved"),
        ("E, A", "approved", "One or more rules approved"),
        ("P, S", "pending", "None of the rules are satisfied"),
        ("E, P", "pending", "None of the rules are satisfied"),
        ("S, S", "skipped", "All of the rules are skipped"),
        ("S, E", "error", ""),
    ],
)
def test_it_wants_one_of_or(branch: Any, children: str, status: str, description: str) -> None:
    assert words(branch(f"[{{or: [{children}]}}]")) == (status, description)


@pytest.mark.parametrize("kind", ["and", "or"])
def test_it_takes_the_last_error(branch: Any, kind: str) -> None:
    result = branch(f"[{{{kind}: [E, F, S]}}]")
    assert (result.kind, result.name, result.missing_fact) == (kind, kind, "files")
    assert result.error == "the fact 'files' was not fetched"


@pytest.mark.parametrize(
    ("approval", "down", "status"),
    [
        ("A", "yes", "disapproved"),
        ("P", "yes", "disapproved"),
        ("S", "yes", "disapproved"),
        ("E", "yes", "error"),
        ("A", "no", "approved"),
        ("P", "no", "pending"),
        ("S", "no", "skipped"),
        ("E", "no", "error"),
        ("A", "error", "error"),
        ("E", "error", "error"),
    ],
)
def test_it_lets_disapproval_beat_approval_and_errors_beat_both(
    judge: Any, approval: str, down: str, status: str
) -> None:
    condition = {"yes": "title: {matches: [Add]}", "no": "title: {}", "error": "changed_files: {}"}[down]
    policy = f"policy: {{approval: [{approval}], disapproval: {{if: {{{condition}}}}}}}{RULES}"
    result = judge(policy, labels=NOT_FETCHED, files=NOT_FETCHED)
    assert result.status == status
    if down == "error":
        assert result.missing_fact == "files"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(document=POLICIES, facts=FACTS)
def test_it_answers_any_policy_on_any_facts_and_always_the_same(pull: Any, document: Any, facts: Any) -> None:
    try:
        policy = parse(str(document))
    except PolicyError:
        return
    snapshot = pull(**facts)
    result = evaluate(policy, snapshot)
    assert result.to_json() == evaluate(policy, snapshot).to_json()
    assert Result.from_json(result.to_json()) == result
    assert all((node.error != "") is (node.status == "error") for node in nodes(result))


def nodes(result: Result) -> list[Result]:
    return [result, *(node for child in result.children for node in nodes(child))]


def test_it_never_approves_more_when_a_fact_is_missing(judge: Any, says: Any) -> None:
    policy = f"policy: {{approval: [Q, E, F]}}{RULES}- {{name: Q, requires: {{count: 1, users: [bob]}}}}"
    known = {
        "labels": ("x",),
        "files": (ChangedFile(filename="x", status="added"),),
        "comments": (says("bob"),),
        "reviews": (),
    }
    assert judge(policy, **known).status == "approved"
    for name in known:
        assert judge(policy, **{**known, name: NOT_FETCHED}).status == "error"
