"""The newest answers: bounded, apart for each installation, and never full pages that another may follow."""

import json

import pytest

from app.github.client import Answer
from app.github.unchanged import OVERHEAD_BYTES, Unchanged, question

ASKED = question(1, "/repositories/1", {"b": 2, "a": 1})


def _answer(document: object, **headers: str) -> Answer:
    text = json.dumps(document)
    return Answer(200, {"etag": 'W/"1"', **headers}, document, text)


def test_it_gives_the_answer_again_each_time_anew() -> None:
    unchanged = Unchanged()
    unchanged.keep(ASKED, _answer({"a": [1]}, link='<https://e/x>; rel="next"', date="today"))
    known = unchanged.find(question(1, "/repositories/1", {"a": 1, "b": 2}))
    assert known is not None
    assert known.etag == 'W/"1"'
    assert known.again().document == {"a": [1]}
    assert known.again().document is not known.again().document
    assert known.again().headers == {"etag": 'W/"1"', "link": '<https://e/x>; rel="next"'}


@pytest.mark.parametrize(
    "other",
    [
        question(2, "/repositories/1", {"a": 1, "b": 2}),
        question(None, "/repositories/1", {"a": 1, "b": 2}),
        question(1, "/repositories/2", {"a": 1, "b": 2}),
        question(1, "/repositories/1", {"a": 2, "b": 2}),
    ],
)
def test_another_question_has_another_answer(other: tuple[int | None, str, tuple[tuple[str, str], ...]]) -> None:
    unchanged = Unchanged()
    unchanged.keep(ASKED, _answer({}))
    assert unchanged.find(other) is None


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, {}, {}, "{}"),
        Answer(404, {"etag": "x"}, None, "nothing"),
        Answer(200, {"etag": "x"}, [1], "1" * (2**20 + 1)),
        _answer(list(range(100))),
    ],
)
def test_what_cannot_be_asked_again_or_may_hide_more_is_not_kept(answer: Answer) -> None:
    unchanged = Unchanged()
    unchanged.keep(ASKED, answer)
    assert unchanged.find(ASKED) is None


@pytest.mark.parametrize("rows", [99, 100])
def test_a_page_that_says_what_follows_is_kept(rows: int) -> None:
    unchanged = Unchanged()
    unchanged.keep(ASKED, _answer(list(range(rows)), link='<https://e/x?page=2>; rel="next"'))
    assert unchanged.find(ASKED) is not None


def test_it_stays_within_its_bytes() -> None:
    unchanged = Unchanged(most_bytes=3 * (OVERHEAD_BYTES + 200))
    for number in range(10):
        unchanged.keep(question(1, str(number), {}), _answer("x" * 90))
    kept = [number for number in range(10) if unchanged.find(question(1, str(number), {})) is not None]
    assert kept == [7, 8, 9]
