"""The members of a merge group, and the verdict on it: the worst of theirs, and only of what was queued."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.github.merge_queue import GroupHead, QueuedPull, QueueEntry
from app.records.groups import Group
from tasks import group_verdict
from tasks.merge_group import ahead

SHAS = tuple(digit * 40 for digit in "abc")
ASKED_AT = datetime(2026, 1, 31, tzinfo=UTC)
GROUP = Group(7, SHAS[0], "main", ASKED_AT, None)


def _row(**changes: Any) -> dict[str, Any]:
    """What is known of a member that may be merged."""
    row = {"is_open": True, "page_key": "key", "state": "success", "status_text": "All rules are approved"}
    return {**row, "head_sha": "f" * 40, "base_ref": "main", "evaluated_at": ASKED_AT, **changes}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"head_sha": "e" * 40}, "#8: its head is not the one that was queued"),
        ({"base_ref": "release"}, "#8: it goes into release now"),
        ({"is_open": False}, "#8: it is not open any more"),
    ],
)
def test_a_verdict_on_something_else_than_was_queued_is_an_error(changes: dict[str, Any], sentence: str) -> None:
    heads = {7: "f" * 40, 8: "f" * 40}
    finding = group_verdict.find(heads, {7: _row(), 8: _row(**changes)}, GROUP)
    assert (finding.state, finding.status_text) == ("error", sentence)


@given(st.lists(st.sampled_from(["success", "failure", "error", "pending"]), min_size=1, max_size=5))
def test_a_group_succeeds_only_where_all_its_members_do(states: list[str]) -> None:
    rows = {number: _row(state=state) for number, state in enumerate(states, start=1)}
    finding = group_verdict.find(dict.fromkeys(rows, "f" * 40), rows, GROUP)
    assert (finding.state == "success") == (set(states) == {"success"})
    assert finding.state in states


@pytest.mark.parametrize(
    ("row", "known"),
    [
        (None, False),
        (_row(evaluated_at=None), False),
        (_row(evaluated_at=ASKED_AT - timedelta(seconds=1)), False),
        (_row(), True),
        (_row(evaluated_at=None, is_open=False), True),
    ],
)
def test_only_a_verdict_since_the_group_was_asked_for_is_known(row: dict[str, Any] | None, known: bool) -> None:
    assert group_verdict.is_known(row, GROUP) is known


def _entry(position: int, head: str | None, number: int | None) -> QueueEntry:
    pull = None if number is None else QueuedPull.model_validate({"number": number, "headRefOid": "f" * 40})
    group = None if head is None else GroupHead(oid=head)
    return QueueEntry.model_validate({"position": position, "headCommit": group, "pullRequest": pull})


def test_those_at_and_ahead_of_the_entry_are_in_the_group() -> None:
    entries = tuple(_entry(index + 1, sha, index + 7) for index, sha in enumerate(SHAS))
    assert [pull.number for pull in ahead(entries, SHAS[1])] == [7, 8]


def test_a_hidden_pull_request_ahead_makes_the_group_unknown() -> None:
    assert ahead((_entry(1, SHAS[0], None), _entry(2, SHAS[1], 8)), SHAS[1]) == ()


def test_an_entry_without_a_group_yet_is_no_match() -> None:
    assert ahead((_entry(1, None, 7),), SHAS[0]) == ()
