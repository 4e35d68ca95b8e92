"""A list that is read part by part shows each row once, wherever it is cut; no word from outside breaks it."""

import contextlib
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import cursors
from app.cursors import NEWEST, OLDEST, Mark

MARKS = st.builds(Mark, st.datetimes(timezones=st.just(UTC)), st.uuids())


@given(MARKS)
def test_a_word_leads_back_to_its_row(mark: Mark) -> None:
    assert cursors.read(str(mark)) == mark


def test_it_begins_where_every_row_follows() -> None:
    assert cursors.read(str(NEWEST)) == NEWEST
    assert cursors.read(str(OLDEST)) == OLDEST


def test_it_knows_a_row_in_any_zone() -> None:
    noon = datetime(2027, 1, 1, 12, tzinfo=UTC)
    elsewhere = noon.astimezone(timezone(timedelta(hours=5)))
    assert str(Mark(elsewhere, UUID(int=7))) == str(Mark(noon, UUID(int=7)))


@pytest.mark.parametrize(
    "word", ["", "x", "_" * 31, "_" * 33, "=" * 32, "f" + "_" * 31, "a" * 31 + "\n", "\u0661" * 32]
)
def test_it_refuses_what_is_no_word_of_ours(word: str) -> None:
    with pytest.raises(ValueError, match="part before"):
        cursors.read(word)


@given(st.text(alphabet="abcXYZ019_-", min_size=32, max_size=32))
def test_any_other_word_is_a_row_or_refused(word: str) -> None:
    with contextlib.suppress(ValueError):
        assert str(cursors.read(word)) == word


@given(st.sets(MARKS, max_size=30), st.integers(1, 7))
def test_the_parts_are_the_list(marks: set[Mark], limit: int) -> None:
    whole = sorted(marks, key=lambda mark: (mark.at, mark.id), reverse=True)
    shown, after = list[Mark](), NEWEST
    while True:
        rest = [mark for mark in whole if (mark.at, mark.id) < (after.at, after.id)]
        part = cursors.part(rest[: limit + 1], limit, lambda mark: mark)
        shown += part.rows
        if part.after is None:
            break
        after = part.after
    assert shown == whole
