"""What a walk and the anchors find: any change of an export, and of the whole chain whatever an anchor was noted of."""

import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import exports, proofs
from app.anchors import Anchor
from app.exports import NotAnExport
from app.ledger import GENESIS, Entry
from app.proofs import ANOTHER, BEGINS_ELSEWHERE, BROKEN, CUT, NO_ANCHOR, REWRITTEN, Agreement, Fault, Walk
from tests.app.chains import NOW, chain, sealed, text

LENGTH = 12
CHAIN = chain(LENGTH)
LINES = text(CHAIN).splitlines(keepends=True)
PLACES = st.integers(0, LENGTH - 1)


def _anchors(*seqs: int, of: list[Entry] = CHAIN) -> list[Anchor]:
    return [Anchor(seq, of[seq - 1].hash, NOW) for seq in seqs]


def _walk(entries: list[Entry], first: int = 1) -> Walk | Fault:
    return proofs.walk(entries, first=first, note=range(1, 1_000))


def _said(entries: list[Entry], anchors: list[Anchor], until: int | None = None, *, first: int = 1) -> str:
    walked = _walk(entries, first)
    said = walked if isinstance(walked, Fault) else proofs.compare(walked, anchors, until=until)
    return said.code if isinstance(said, Fault) else f"{said.anchors} up to {said.newest.seq}"


def _of_export(lines: list[str]) -> Walk | Fault:
    try:
        return proofs.walk(exports.read([io.StringIO("".join(lines))]))
    except NotAnExport as wrong:
        return Fault("NOT_AN_EXPORT", str(wrong))


def test_it_tells_from_where_to_where_entries_hold_together() -> None:
    assert proofs.walk(CHAIN) == Walk(first=1, last=LENGTH, previous=GENESIS, head=CHAIN[-1].hash, noted={0: GENESIS})
    part = proofs.walk(CHAIN[4:8], first=5)
    assert part == Walk(first=5, last=8, previous=CHAIN[3].hash, head=CHAIN[7].hash, noted={4: CHAIN[3].hash})
    assert proofs.walk([]) == Walk(first=1, last=0, previous=GENESIS, head=GENESIS)


def test_a_part_is_tied_to_the_hash_that_it_should_follow() -> None:
    assert isinstance(proofs.walk(CHAIN[4:], first=5, previous=CHAIN[3].hash), Walk)
    said = proofs.walk(CHAIN[4:], first=5, previous=CHAIN[2].hash)
    assert said == Fault(BROKEN, "The audit chain is broken after 0 entries: entry 5 does not follow entry 4.")


@pytest.mark.parametrize(
    ("begins", "sentence"),
    [
        (3, "It begins with entry 4: what should be before it, from entry 2 on, is missing."),
        (0, "It begins with entry 1 already, and should begin with entry 2."),
    ],
)
def test_it_refuses_a_part_that_begins_elsewhere(begins: int, sentence: str) -> None:
    assert proofs.walk(CHAIN[begins:], first=2) == Fault(BEGINS_ELSEWHERE, sentence)


def test_a_first_entry_follows_nothing_but_the_beginning() -> None:
    forged = sealed(replace(CHAIN[0], previous=CHAIN[5].hash))
    assert isinstance(proofs.walk([forged]), Fault)


@given(place=PLACES, byte=st.integers(0, 10_000), put=st.characters(codec="utf-8"))
def test_any_changed_character_of_an_export_is_found_unless_it_is_white_space(place: int, byte: int, put: str) -> None:
    line = LINES[place]
    at = byte % (len(line) - 1)  # not the line break at its end
    changed = line[:at] + put + line[at + 1 :]
    said = _of_export([*LINES[:place], changed, *LINES[place + 1 :]])
    assert isinstance(said, Walk) == _means_the_same(changed, line)


def _means_the_same(changed: str, line: str) -> bool:
    """White space between the parts of a JSON document says nothing."""
    try:
        return list(exports.read([io.StringIO(changed)])) == list(exports.read([io.StringIO(line)]))
    except NotAnExport:
        return False


@given(first=PLACES, second=PLACES)
def test_two_swapped_lines_are_found(first: int, second: int) -> None:
    lines = list(LINES)
    lines[first], lines[second] = lines[second], lines[first]
    assert isinstance(_of_export(lines), Fault) == (first != second)


@given(place=st.integers(0, LENGTH - 2))
def test_a_removed_line_is_found_unless_it_is_the_last_one(place: int) -> None:
    assert isinstance(_of_export([*LINES[:place], *LINES[place + 1 :]]), Fault)


@given(
    place=st.integers(0, LENGTH), line=st.sampled_from([*LINES, *text(chain(LENGTH, actor="mallory")).splitlines(True)])
)
def test_a_line_that_was_slipped_in_is_found(place: int, line: str) -> None:
    assert isinstance(_of_export([*LINES[:place], line, *LINES[place:]]), Fault)


@given(place=PLACES, length=st.integers(1, 10_000))
def test_an_export_that_was_cut_within_a_line_is_found(place: int, length: int) -> None:
    line = LINES[place]
    cut = line[: 1 + length % (len(line) - 2)]
    assert isinstance(_of_export([*LINES[:place], cut]), Fault)


@given(length=st.integers(1, LENGTH - 1), noted=st.sets(st.integers(1, LENGTH), min_size=1))
def test_an_end_that_was_cut_off_is_found_by_any_anchor_behind_it_and_by_no_other(length: int, noted: set[int]) -> None:
    assert isinstance(_of_export(LINES[:length]), Walk)
    expected = CUT if max(noted) > length else f"{len(noted)} up to {max(noted)}"
    assert _said(CHAIN[:length], _anchors(*noted)) == expected


@given(place=st.integers(1, LENGTH), more=st.integers(0, 5), noted=st.sets(st.integers(1, LENGTH), min_size=1))
def test_a_chain_that_was_written_anew_is_found_by_any_anchor_of_what_is_new(
    place: int, more: int, noted: set[int]
) -> None:
    kept = CHAIN[: place - 1]
    anew = [*kept, *chain(LENGTH - place + 1 + more, after=kept, actor="mallory")]
    assert isinstance(proofs.walk(anew), Walk)
    if max(noted) < place:
        assert _said(anew, _anchors(*noted)) == f"{len(noted)} up to {max(noted)}"
    else:
        assert _said(anew, _anchors(*noted)) == (ANOTHER if min(noted) >= place else REWRITTEN)


def test_it_says_between_which_entries_a_chain_was_written_anew() -> None:
    anew = [*CHAIN[:4], *chain(8, after=CHAIN[:4], actor="mallory")]
    walked = _walk(anew)
    assert isinstance(walked, Walk)
    at = "2026-03-01T12:00:00+00:00"
    assert proofs.compare(walked, _anchors(2, 3, 7, 9)) == Fault(
        REWRITTEN,
        f"Entry 7 is not the one that was anchored at {at}: the chain was rewritten between entries 3 and 7, or another"
        " one is anchored at the same place.",
    )


def test_what_was_anchored_after_it_was_written_anew_hides_nothing() -> None:
    anew = chain(LENGTH, actor="mallory")
    assert _said(anew, [*_anchors(3), *_anchors(8, 9, of=anew)]) == REWRITTEN


def test_the_anchors_of_another_database_are_told_as_such() -> None:
    walked = _walk(chain(LENGTH, actor="other"))
    assert isinstance(walked, Walk)
    said = proofs.compare(walked, _anchors(5, 9))
    assert isinstance(said, Fault)
    assert (said.code, "it is that of another database" in said.sentence) == (ANOTHER, True)
    assert _said(chain(3, actor="other"), _anchors(5)) == CUT


def test_a_part_is_compared_with_the_anchors_that_fall_in_it() -> None:
    noted = _anchors(1, 4, 6, 8)
    assert _said(CHAIN[4:8], noted, first=5) == "3 up to 8"  # that of entry 4 is of the hash before it
    assert _said(CHAIN[4:7], noted, first=5) == CUT
    assert _said(CHAIN[4:7], noted, until=7, first=5) == "2 up to 6"
    assert _said(CHAIN[8:], noted, first=9) == "1 up to 8"
    assert _said(CHAIN[9:], noted, first=10) == NO_ANCHOR


def test_without_an_anchor_nothing_outside_tells_of_it() -> None:
    assert _said(CHAIN, []) == NO_ANCHOR
    assert _said([], []) == NO_ANCHOR


def test_a_change_that_the_walk_finds_is_told_before_any_anchor() -> None:
    assert _said([*CHAIN[:3], *CHAIN[4:]], _anchors(9)) == BROKEN


def test_it_agrees_with_the_newest_one() -> None:
    walked = _walk(CHAIN)
    assert isinstance(walked, Walk)
    newest = Anchor(9, CHAIN[8].hash, datetime(2026, 3, 2, tzinfo=UTC))
    assert proofs.compare(walked, [newest, *_anchors(2, 4)]) == Agreement(3, newest)
