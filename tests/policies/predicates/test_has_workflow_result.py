"""`has_workflow_result`"""

from typing import Any

import pytest

from policies.facts import NOT_FETCHED, FactMissing

KNOWN = (("ci.yml", ("success",)), ("two.yml", ("failure", "success", "cancelled")), ("none.yml", ()))


@pytest.mark.parametrize(
    ("arguments", "holds", "sentence"),
    [
        ("{}", True, ""),
        ("{workflows: [ci.yml]}", True, ""),
        ("{workflows: [none.yml]}", True, ""),
        ("{workflows: [two.yml], conclusions: [success, failure, cancelled]}", True, ""),
        (
            "{workflows: [ci.yml, two.yml], conclusions: [success]}",
            False,
            "One or more workflow runs have not concluded with success: two.yml,two.yml",
        ),
        ("{workflows: [two.yml, x, y]}", False, "One or more workflow runs are missing: x, y"),
    ],
)
def test_it_asks_each_event_of_a_workflow(found: Any, arguments: str, holds: bool, sentence: str) -> None:
    assert found(f"has_workflow_result: {arguments}", workflow_runs=KNOWN) == (holds, sentence)


def test_it_shows_what_it_compared(ask: Any) -> None:
    result = ask("has_workflow_result: {workflows: [ci.yml]}", workflow_runs=KNOWN)
    assert (result.kind, result.values, result.condition_values) == ("has_workflow_result", ("ci.yml",), ("success",))


def test_it_does_not_guess_the_runs(found: Any) -> None:
    with pytest.raises(FactMissing, match="workflow_runs"):
        found("has_workflow_result: {}", workflow_runs=NOT_FETCHED)
