"""`has_status` and `has_successful_status`"""

from typing import Any

import pytest

from policies.facts import NOT_FETCHED, FactMissing

KNOWN = (("build", "success"), ("lint", "failure"), ("scan", "skipped"), ("slow", ""))


@pytest.mark.parametrize(
    ("condition", "holds", "sentence"),
    [
        ("has_status: {}", True, ""),
        ("has_status: {statuses: [build]}", True, ""),
        ("has_status: {statuses: [build], conclusions: []}", True, ""),
        ("has_status: {statuses: [lint, scan], conclusions: [skipped, failure]}", True, ""),
        ("has_status: {statuses: [lint, slow]}", False, "One or more statuses has not concluded with : lint,slow"),
        ("has_status: {statuses: [x, lint, y]}", False, "One or more statuses is missing: x, y"),
        (
            "has_status: {statuses: [slow], conclusions: [c]}",
            False,
            "One or more statuses has not concluded with c: slow",
        ),
        (
            "has_status: {statuses: [slow], conclusions: [c, a]}",
            False,
            "One or more statuses has not concluded with a or c: slow",
        ),
        (
            "has_status: {statuses: [slow], conclusions: [c, a, b]}",
            False,
            "One or more statuses has not concluded with a, b, or c: slow",
        ),
        ("has_successful_status: [build]", True, ""),
        ("has_successful_status: [build, lint]", False, "One or more statuses has not concluded with : lint"),
        ("has_successful_status: [none]", False, "One or more statuses is missing: none"),
    ],
)
def test_it_asks_each_status_for_its_conclusion(found: Any, condition: str, holds: bool, sentence: str) -> None:
    assert found(condition, statuses=KNOWN) == (holds, sentence)


def test_it_shows_what_it_compared(ask: Any) -> None:
    good = ask("has_successful_status: [build]", statuses=KNOWN)
    assert (good.kind, good.values, good.condition_values) == ("has_successful_status", ("build",), ("success",))
    bad = ask("has_status: {statuses: [build, lint], conclusions: [neutral]}", statuses=KNOWN)
    assert (bad.kind, bad.values, bad.condition_values) == ("has_status", ("build", "lint"), ("neutral",))
    assert ask("has_status: {statuses: [build, lint, none]}", statuses=KNOWN).values == ("none",)


@pytest.mark.parametrize("condition", ["has_status: {statuses: [build]}", "has_successful_status: []"])
def test_it_does_not_guess_the_statuses(found: Any, condition: str) -> None:
    with pytest.raises(FactMissing, match="statuses"):
        found(condition, statuses=NOT_FETCHED)
