"""A dump cut into statements, whatever stands in it and wherever the pieces end that are read of it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.legacy import statements
from app.legacy.trouble import LegacyError

PARTS = ["a", "'x;y'", "''';'''", '";"', "`;`", "[;]", "-- ;'\n", "/* ;' */", " ", "\n", "ü"]
BODY = st.lists(st.sampled_from(PARTS), min_size=1, max_size=8).map("".join)


def cut(text: bytes) -> list[bytes]:
    return [each.text for each in statements.read(io.BytesIO(text))]


def test_a_semicolon_ends_a_statement_where_it_is_none_of_a_string() -> None:
    assert cut(b"a 'b;''c'; -- d;\n e \"f;\"\n;/* ; */ g [;] `;`;") == [b"a 'b;''c'", b'e "f;"', b"g [;] `;`"]


def test_the_body_of_a_trigger_is_part_of_it() -> None:
    trigger = b"CREATE TRIGGER t AFTER INSERT ON x BEGIN SELECT ';'; DELETE FROM x; END"
    assert cut(trigger + b"; next;") == [trigger, b"next"]


def test_each_statement_knows_its_line_and_whether_it_is_whole() -> None:
    found = [(each.line, each.is_whole) for each in statements.read(io.BytesIO(b"a;\n\nb\n;c 'open"))]
    assert found == [(1, True), (3, True), (4, False)]


def test_a_statement_may_be_long_but_not_endless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "LONGEST_STATEMENT_BYTES", 1_000)
    assert cut(b"a" * 1_000 + b";") == [b"a" * 1_000]
    with pytest.raises(LegacyError, match="longer than 1000 bytes"):
        cut(b"'" + b"a" * 100_000)


@given(st.lists(BODY, max_size=5), st.integers(1, 9))
def test_it_is_the_same_in_pieces_of_any_size(bodies: list[str], size: int) -> None:
    text = "".join(f"{body} a;" for body in bodies).encode()
    whole = cut(text)
    before, statements.CHUNK_BYTES = statements.CHUNK_BYTES, size
    try:
        assert cut(text) == whole
    finally:
        statements.CHUNK_BYTES = before
    assert len(whole) == len(bodies)


def test_a_trigger_may_have_many_statements_but_not_endless_ones() -> None:
    begin, end = b"CREATE TRIGGER t AFTER INSERT ON x BEGIN ", b"END;"
    assert len(cut(begin + b"SELECT 1;" * (statements.MOST_TRIGGER_PARTS - 1) + end)) == 1
    with pytest.raises(LegacyError, match="more than 1000 statements"):
        cut(begin + b"SELECT 1;" * statements.MOST_TRIGGER_PARTS + end)
