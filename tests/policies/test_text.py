"""Text from outside: quoted, neutralised, cut with care."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.text import ELLIPSIS, code, plain, quoted, short

FAMILY = "👨\u200d👩\u200d👧"
WALES = "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f"
CLUSTERS = st.sampled_from(["a", "é", "e\u0301", "👍🏽", FAMILY, WALES, "🇩🇪", "🇫🇷", " ", "漢"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\tc", "a b c"),
        ("\x1b[31mred", "[31mred"),
        ("\x9b31m", "31m"),
        ("a\u202eb\u2066c\u200fd", "abcd"),
        ("a\u2028b", "a b"),
        ("\ufeffa", "a"),
        (FAMILY, FAMILY),
        (WALES, WALES),
    ],
)
def test_it_neutralises_what_cannot_be_seen(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("\n\x00\x7f", '"\\n\\x00\\x7f"'),
        ("é漢", '"é漢"'),
        ("\u200e", '"\\u200e"'),
        ("\U000e0001", '"\\U000e0001"'),
    ],
)
def test_it_quotes_as_go_does(text: str, expected: str) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short enough", 12, "short enough"),
        ("one two three four", 14, "one two three…"),
        ("one two three four", 12, "one two…"),
        ("a" * 30, 10, "a" * 9 + ELLIPSIS),
        ("aa " + "b" * 40, 30, "aa " + "b" * 26 + ELLIPSIS),
        ("abce\u0301fgh", 5, "abc…"),
        ("abc" + FAMILY + "d", 6, "abc…"),
        ("ab👍🏽c", 4, "ab…"),
        ("a🇩🇪🇫🇷b", 5, "a🇩🇪…"),
        ("a🇩🇪🇫🇷b", 4, "a🇩🇪…"),
        ("a" + WALES + "b", 5, "a…"),
        (FAMILY, 3, "…"),
        ("e" + "\u0301" * 90, 40, "e" + "\u0301" * 38 + ELLIPSIS),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        ("", 5, ""),
    ],
)
def test_it_cuts_at_a_word_or_at_least_between_visible_characters(text: str, limit: int, expected: str) -> None:
    assert short(text, limit) == expected


@given(st.text(max_size=200), st.integers(0, 150))
def test_it_never_exceeds_the_limit_nor_shows_what_cannot_be_seen(text: str, limit: int) -> None:
    cut = short(text, limit)
    assert len(cut) <= limit
    assert cut.encode().decode() == cut
    assert all(unicodedata.category(one) not in ("Cc", "Cs", "Zl", "Zp") for one in cut)
    assert not any(one in cut for one in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")
    assert short(cut, limit) == cut


@given(st.lists(CLUSTERS, max_size=30), st.integers(1, 60))
def test_it_never_splits_a_visible_character(clusters: list[str], limit: int) -> None:
    line = plain("".join(clusters))
    cut = short(line, limit).removesuffix(ELLIPSIS)
    starts = {len("".join(clusters[:count])) for count in range(len(clusters) + 1)}
    if line == "".join(clusters):
        assert line.startswith(cut)
        assert len(cut) in starts


@pytest.mark.parametrize(("text", "shown"), [("a`b`", "`a'b'`"), ("", "` `"), ("a\n# b", "`a # b`")])
def test_text_from_outside_means_nothing_in_markdown(text: str, shown: str) -> None:
    assert code(text) == shown
