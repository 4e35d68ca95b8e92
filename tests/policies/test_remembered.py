"""What is remembered is the answer about one very snapshot, and never a failure."""

from typing import Any

import pytest

from policies.facts import NOT_FETCHED, FactMissing, PullSnapshot
from policies.remembered import MAX_ANSWERS, remembered


def test_it_asks_once_for_the_same_snapshot_and_arguments(pull: Any) -> None:
    asked: list[tuple[str, str]] = []

    @remembered
    def title(snapshot: PullSnapshot, before: str, *, after: str) -> str:
        asked.append((before, after))
        return before + snapshot.title + after

    one, like_it, other = pull(title="a"), pull(title="a"), pull(title="b")
    assert [title(one, "<", after=">"), title(one, "<", after=">"), title(one, "(", after=")")] == ["<a>", "<a>", "(a)"]
    assert [title(like_it, "<", after=">"), title(other, "<", after=">")] == ["<a>", "<b>"]
    assert asked == [("<", ">"), ("(", ")"), ("<", ">"), ("<", ">")]


def test_it_forgets_a_snapshot_when_another_is_asked_about(pull: Any) -> None:
    asked: list[int] = []

    @remembered
    def number(snapshot: PullSnapshot) -> int:
        asked.append(snapshot.number)
        return snapshot.number

    one, other = pull(number=1), pull(number=2)
    assert [number(snapshot) for snapshot in (one, one, other, one)] == [1, 1, 2, 1]
    assert asked == [1, 2, 1]


def test_it_keeps_no_more_answers_than_its_limit(pull: Any) -> None:
    asked: list[int] = []

    @remembered
    def sum_with(snapshot: PullSnapshot, number: int) -> int:
        asked.append(number)
        return snapshot.number + number

    snapshot = pull(number=1)
    numbers = (*range(MAX_ANSWERS), MAX_ANSWERS - 1, MAX_ANSWERS, 0)
    assert [sum_with(snapshot, number) for number in numbers] == [number + 1 for number in numbers]
    assert asked == [*range(MAX_ANSWERS + 1), 0]


def test_it_remembers_no_failure(pull: Any) -> None:
    @remembered
    def labels(snapshot: PullSnapshot) -> int:
        return len(snapshot.labels)

    snapshot = pull(labels=NOT_FETCHED)
    for _ in range(2):
        with pytest.raises(FactMissing):
            labels(snapshot)
