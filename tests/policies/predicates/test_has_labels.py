"""`has_labels`"""

from typing import Any

import pytest

from policies.facts import NOT_FETCHED, FactMissing


def test_it_holds_where_all_labels_are_there_in_any_case(ask: Any) -> None:
    result = ask("has_labels: [READY, big]", labels=("Big", "ready", "x"))
    assert (result.kind, result.satisfied, result.description) == ("has_labels", True, "")


def test_it_names_the_first_label_that_is_missing(found: Any) -> None:
    assert found("has_labels: [ready, Tested, Signed]", labels=("ready",)) == (False, "Missing label: Tested")


def test_it_reads_nothing_where_nothing_is_wanted(found: Any) -> None:
    assert found("has_labels: []", labels=NOT_FETCHED) == (True, "")
    with pytest.raises(FactMissing, match="labels"):
        found("has_labels: [x]", labels=NOT_FETCHED)
