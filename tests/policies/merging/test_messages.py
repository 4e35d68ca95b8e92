"""The text of the merge commit: what is filled in, and that nobody writes more into it than a line or a text."""

from typing import Any

import pytest

from policies.merging import messages
from policies.merging.facts import Pull
from policies.merging.rules import MergeRules

TEMPLATES = MergeRules(commit_title="{title} (#{number})", commit_message="{body}\n\nOf {head}, by {author}.")


def pull(**said: Any) -> Pull:
    known: dict[str, Any] = {
        "repository_id": 1,
        "number": 42,
        "state": "open",
        "merged": False,
        "draft": False,
        "author": "ann",
        "author_is_gate": False,
        "head_sha": "a" * 40,
        "head_ref": "feature",
        "head_repository": "o/r",
        "base_ref": "main",
        "base_sha": "b" * 40,
        "mergeable": True,
        "mergeable_state": "clean",
        "merge_commit_sha": None,
        "review_decision": None,
        "title": "Add it",
        "body": "It was not there.",
    }
    return Pull(**{**known, **said})


def test_github_makes_the_text_where_the_file_says_nothing() -> None:
    assert messages.title(MergeRules(), pull()) is None
    assert messages.body(MergeRules(), pull()) is None


def test_it_fills_in_what_the_pull_request_says() -> None:
    assert messages.title(TEMPLATES, pull()) == "Add it (#42)"
    assert messages.body(TEMPLATES, pull()) == "It was not there.\n\nOf feature, by ann."


def test_an_empty_text_is_one() -> None:
    assert messages.body(MergeRules(commit_message=""), pull()) == ""


def test_what_looks_like_a_placeholder_in_a_title_stays_what_it_is() -> None:
    assert messages.title(TEMPLATES, pull(title="{author} {body} {number}")) == "{author} {body} {number} (#42)"


def test_other_braces_stay_what_they_are() -> None:
    assert messages.title(MergeRules(commit_title="{title} {} {1} {Title} {other}"), pull(title="x")) == (
        "x {} {1} {Title} {other}"
    )


@pytest.mark.parametrize(
    "title", ["a\n\nCo-authored-by: eve <eve@example.com>", "a\r\nb", "a\u2028b", "a\x1b[31mb", "a\x00b"]
)
def test_a_title_adds_no_line(title: str) -> None:
    filled = messages.title(TEMPLATES, pull(title=title)) or ""
    assert filled.isprintable()
    body = messages.body(MergeRules(commit_message="By {author}: {title}"), pull(title=title)) or ""
    assert "\n" not in body


def test_a_text_has_plain_line_ends_and_hides_nothing() -> None:
    assert messages.body(MergeRules(commit_message="{body}"), pull(body="\r\na\r\n\tb\rc\x1b[1m\u202ed\u200b\n")) == (
        "a\n\tb\nc[1md"
    )


def test_what_is_too_long_is_cut_where_everybody_sees_it() -> None:
    title = messages.title(TEMPLATES, pull(title="a" * 1_000)) or ""
    assert (len(title) <= 250, title.endswith("(#42)") or title.endswith("…")) == (True, True)
    body = messages.body(MergeRules(commit_message="{body}"), pull(body="a" * 30_000)) or ""
    assert (len(body), body[-2:]) == (20_000, "\n…")
    whole = "a" * 20_000
    assert messages.body(MergeRules(commit_message="{body}"), pull(body=whole)) == whole


def test_it_strips_nothing_that_somebody_wrote() -> None:
    said = "Fixes it [skip ci]\n\nSigned-off-by: ann <ann@example.com>"
    assert messages.body(MergeRules(commit_message="{body}"), pull(body=said)) == said


@pytest.mark.parametrize(
    ("template", "found"), [("{title} {number}", ()), ("{body} {titel} {x}", ("body", "titel", "x")), ("{} {1}", ())]
)
def test_it_knows_placeholders_that_stand_for_nothing(template: str, found: tuple[str, ...]) -> None:
    assert messages.unknown(template, messages.IN_A_TITLE) == found
