"""GitHub's documents as facts: the newest counts, whatever order they come in."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github import facts
from app.github.documents import PropertyValue, WorkflowRun

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


def test_only_properties_that_are_set_are_facts() -> None:
    values = (("tier", "gold"), ("langs", ("go", "rust")), ("x", None), ("empty", ""))
    rows = [PropertyValue(property_name=name, value=value) for name, value in values]
    assert facts.custom_properties(rows) == (("tier", "gold"), ("langs", ("go", "rust")), ("empty", ""))
