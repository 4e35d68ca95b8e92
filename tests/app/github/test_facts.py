"""GitHub's documents as facts: the newest counts, whatever order they come in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github import facts
from app.github.documents import CheckRun, File, PropertyValue, Pull, Status, WorkflowRun
from policies.facts import ChangedFile

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CI = ".github/workflows/ci.yml"


def _run(number: int, conclusion: str | None, **fields: Any) -> WorkflowRun:
    given = {"path": CI, "event": "push", "status": "completed" if conclusion else "in_progress", **fields}
    return WorkflowRun(id=number, conclusion=conclusion, created_at=NOW + timedelta(seconds=number), **given)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ((), ()),
        ((_run(1, None),), ()),
        ((_run(1, "success"), _run(2, "failure")), ((CI, ("failure",)),)),
        ((_run(1, "success"), _run(2, None)), ((CI, ("success",)),)),
        ((_run(1, "success"), _run(2, "failure", event="pull_request")), ((CI, ("failure", "success")),)),
        ((_run(1, "success"), _run(2, "success", event="pull_request")), ((CI, ("success", "success")),)),
        ((_run(1, "success", path="z"), _run(2, "failure", path="a")), (("a", ("failure",)), ("z", ("success",)))),
    ],
)
def test_each_event_has_its_newest_completed_run(
    rows: tuple[WorkflowRun, ...], found: tuple[tuple[str, tuple[str, ...]], ...]
) -> None:
    assert facts.workflow_runs(rows) == found


@given(st.data())
def test_the_order_of_a_list_changes_no_fact(data: st.DataObject) -> None:
    kinds = st.tuples(st.sampled_from(["success", "failure", None]), st.sampled_from(["a", "b"]), st.sampled_from("xy"))
    rows = [
        _run(number, conclusion, path=path, event=event)
        for number, (conclusion, path, event) in enumerate(data.draw(st.lists(kinds, max_size=8)))
    ]
    assert facts.workflow_runs(data.draw(st.permutations(rows))) == facts.workflow_runs(rows)


@pytest.mark.parametrize("backwards", [1, -1])
def test_the_newest_check_of_a_name_stands_for_it_even_while_it_runs(backwards: int) -> None:
    status = Status(id=9, state="success", context="ci", created_at=NOW)
    checks = [
        CheckRun(id=1, name="ci", conclusion="success"),
        CheckRun(id=3, name="ci", conclusion=None),
        CheckRun(id=1, name="lint", conclusion="success"),
        CheckRun(id=2, name="lint", conclusion="failure"),
    ]
    found = facts.statuses([status], checks[::backwards])
    assert found == (("ci", ""), ("lint", "failure"))


def test_only_properties_that_are_set_are_facts() -> None:
    values = (("tier", "gold"), ("langs", ("go", "rust")), ("x", None), ("empty", ""))
    rows = [PropertyValue(property_name=name, value=value) for name, value in values]
    assert facts.custom_properties(rows) == (("tier", "gold"), ("langs", ("go", "rust")), ("empty", ""))


def _pull(**fields: Any) -> Pull:
    repository = {"id": 1, "full_name": "acme/widget", "owner": {"login": "acme"}}
    end = {"ref": "main", "sha": "a" * 40, "repo": repository}
    given = {
        "number": 7,
        "title": "t",
        "body": None,
        "state": "open",
        "user": {"login": "bob"},
        "labels": [{"name": "Ready"}, {"name": "ÄRGER"}],
        "created_at": NOW,
        "updated_at": NOW,
        "head": end,
        "base": end,
        "changed_files": 1,
        "commits": 1,
    }
    return Pull.model_validate({**given, **fields})


def test_labels_are_compared_in_lower_case() -> None:
    assert facts.snapshot(_pull(), "acme/widget", 1, NOW).labels == ("ready", "ärger")


@pytest.mark.parametrize(
    ("repo", "owner"),
    [
        ({"id": 1, "full_name": "acme/widget", "owner": {"login": "acme"}}, None),
        ({"id": 2, "full_name": "eve/widget", "owner": {"login": "eve"}}, "eve"),
        (None, "ghost"),
    ],
)
def test_a_fork_has_an_owner_even_when_it_is_gone(repo: dict[str, Any] | None, owner: str | None) -> None:
    head = {"ref": "feature", "sha": "b" * 40, "repo": repo}
    assert facts.snapshot(_pull(head=head, user=None), "acme/widget", 1, NOW).head_owner == owner
    assert facts.snapshot(_pull(head=head, user=None), "acme/widget", 1, NOW).author == "ghost"


def test_a_renamed_file_is_deleted_and_added_and_a_copy_is_modified() -> None:
    rows = [
        File(filename="new", previous_filename="old", status="renamed", additions=1, deletions=2),
        File(filename="copy", previous_filename="new", status="copied", additions=3, deletions=0),
        File(filename="gone", status="removed", additions=0, deletions=4),
    ]
    assert facts.files(rows) == (
        ChangedFile(filename="old", status="deleted"),
        ChangedFile(filename="new", status="added", additions=1, deletions=2),
        ChangedFile(filename="copy", status="modified", additions=3, deletions=0),
        ChangedFile(filename="gone", status="deleted", additions=0, deletions=4),
    )
