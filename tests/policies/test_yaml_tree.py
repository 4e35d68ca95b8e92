"""The limits of a document, and where it is wrong."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.error import PolicyError
from policies.yaml_tree import MAX_DEPTH_LEVELS, MAX_DOCUMENT_BYTES, compose

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 10)
)


@pytest.mark.parametrize("text", ["", "# only a remark\n"])
def test_it_finds_nothing_in_an_empty_document(text: str) -> None:
    assert compose(text) is None


def test_it_reads_only_the_first_document() -> None:
    root = compose("\ufeffa: 1\n---\nb: [")
    assert root is not None
    assert [(key.value, value.value) for key, value in root.value] == [("a", "1")]


@pytest.mark.parametrize(
    ("text", "message", "line", "column"),
    [
        ("a:\n\tb: 1", "cannot start any token", 2, 1),
        ("a: *nope", "undefined alias", 1, 4),
        ("&a [*a]", "contains itself", 1, 1),
        ("a: &b {c: *b}", "contains itself", 1, 4),
        ("\x01", "a character is not allowed here", 1, 1),
        ("é: 1\né: '\x1b[0m'", "a character is not allowed here", 2, 5),
        ("[" * (MAX_DEPTH_LEVELS + 1), "nests deeper", 1, MAX_DEPTH_LEVELS + 1),
        (LAUGHS, "the aliases expand to more than", 5, 5),
        ("a: \ud800", "not valid Unicode", None, None),
        ("#" * (MAX_DOCUMENT_BYTES + 1), "larger than", None, None),
    ],
)
def test_it_refuses_with_the_place(text: str, message: str, line: int | None, column: int | None) -> None:
    with pytest.raises(PolicyError, match=message) as caught:
        compose(text)
    assert (caught.value.kind, caught.value.line, caught.value.column) == ("yaml_syntax", line, column)


def test_it_accepts_a_document_at_the_limits() -> None:
    assert compose("[" * MAX_DEPTH_LEVELS + "]" * MAX_DEPTH_LEVELS) is not None
    assert compose("#" * MAX_DOCUMENT_BYTES) is None


@given(st.text(max_size=60) | st.text("[]{}:-&*<! \n\t'\"|>ab#%@", max_size=60))
def test_it_refuses_or_reads_any_text(text: str) -> None:
    with suppress(PolicyError):
        compose(text)
