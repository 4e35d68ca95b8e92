"""Regular expressions: Go's, and nothing that can run away."""

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yaml import Mark, ScalarNode

from policies import patterns
from policies.error import PolicyError
from policies.patterns import MAX_REMEMBERED_CHARACTERS, Pattern
from policies.reading import Problems, Value

PATIENCE_SECONDS = 5


def read(text: str) -> Pattern:
    problems = Problems()
    mark = Mark("policy", 0, 0, 0, None, 0)
    pattern = patterns.read(Value(ScalarNode("untagged", text, mark), problems))
    problems.raise_first()
    return pattern


@pytest.mark.parametrize(
    ("text", "subject", "found"),
    [
        ("gear", "src/gear.py", True),
        ("^gear", "src/gear.py", False),
        ("gear$", "gear\n", False),
        (r"\w", "é", False),
        ("(?i)GEAR", "gear", True),
        (r"\\C", r"\C", True),
        (r"\Q\C\E", r"\C", True),
        ("", "anything", True),
    ],
)
def test_it_searches_as_go_does(text: str, subject: str, found: bool) -> None:
    assert read(text).matches(subject) is found


@pytest.mark.parametrize(
    "text",
    [
        "a" * (patterns.MAX_PATTERN_CHARACTERS + 1),
        "(?=a)",
        r"(a)\1",
        "a{1001}",
        "[",
        r"\C",
        "(?P<é>a)",
        "(?<é>a)",
        "*",
        r"\pN{1000}{9}",
    ],
)
def test_it_refuses_what_go_refuses(text: str) -> None:
    with pytest.raises(PolicyError) as caught:
        read(text)
    assert (caught.value.kind, caught.value.line, caught.value.column) == ("regexp", 1, 1)
    assert caught.value.message.startswith("the regular expression ")


def test_it_never_matches_a_null_entry() -> None:
    assert patterns.read(Value(None, Problems())) == Pattern(text=None)
    assert not Pattern(text=None).matches("")
    assert patterns.texts((Pattern(text=None), Pattern(text="a"))) == ("", "a")


def test_it_stays_quick_on_an_evil_pattern() -> None:
    before = time.thread_time()
    assert not read("(a*)*(a|aa)+$").matches("a" * 20_000 + "b")
    assert time.thread_time() - before < PATIENCE_SECONDS


@given(st.text(max_size=20))
def test_it_reads_or_refuses_any_text(text: str) -> None:
    with suppress(PolicyError):
        read(text).matches("some text")


FRAGMENTS = ["a", "b", "^", "$", "|", "(?i)A", "(b)", "(?P<n>b)", r"\Qb", r"\Q(\E", "[ab]", ".", r"\z", ""]
EXPRESSIONS = st.lists(st.lists(st.sampled_from(FRAGMENTS), max_size=3).map("".join), max_size=4).map(tuple)


@given(EXPRESSIONS, st.text("abAB(\n", max_size=4))
def test_expressions_together_match_where_one_of_them_does(texts: tuple[str, ...], subject: str) -> None:
    with suppress(PolicyError):
        expected = any(read(text).matches(subject) for text in texts)
        programs = patterns.any_of(texts)
        assert any(program.search(subject.encode()) for program in programs) is expected


def test_what_does_not_go_together_is_matched_one_by_one() -> None:
    too_large_together = (r"\pN{200}", r"\pN{210}")
    swallowing = (r"a\Qb", "c")
    assert [len(patterns.any_of(texts)) for texts in ((), ("a",), ("a", "b"))] == [0, 1, 1]
    assert [len(patterns.any_of(texts)) for texts in (too_large_together, swallowing)] == [2, 2]


class Asked:
    """A program that counts how often it is asked, and finds an `a`."""

    def __init__(self) -> None:
        self.times = 0

    def search(self, subject: bytes) -> object | None:
        self.times += 1
        return b"a" in subject or None


@pytest.mark.parametrize(("length", "times"), [(MAX_REMEMBERED_CHARACTERS, 2), (MAX_REMEMBERED_CHARACTERS + 1, 4)])
def test_it_remembers_what_it_found_in_a_short_subject_only(length: int, times: int) -> None:
    program = Asked()
    subjects = ("a" * length, "b" * length)
    assert [patterns.fits(program, subject) for subject in subjects * 2] == [True, False] * 2
    assert program.times == times
