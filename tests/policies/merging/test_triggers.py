"""What asks for a merge at GitHub, and what forbids to ask."""

from typing import Any

import pytest

from policies.merging import triggers
from policies.merging.rules import MergeRules, Trigger
from policies.merging.triggers import Asked

RULES = MergeRules(
    trigger=Trigger(
        labels=("Merge Me",),
        comments=("/merge",),
        comment_substrings=("please merge",),
        title_substrings=("[auto]",),
        body_substrings=("auto-merge",),
        branches=("bot/**",),
        base_branches=("release/*",),
        authors=("dependabot[bot]",),
    )
)


def about(**said: Any) -> Asked:
    return Asked(**{"base_branch": "main", "author": "ann", **said})


@pytest.mark.parametrize(
    ("said", "way"),
    [
        ({}, None),
        ({"labels": ("merge me",)}, "label"),
        ({"labels": ("merge",)}, None),
        ({"comments": ("no", " /MERGE\n")}, "comment"),
        ({"comments": ("/merge it",)}, None),
        ({"comments": ("now Please Merge this",)}, "comment"),
        ({"title": "[AUTO] update"}, "title"),
        ({"title": "auto update"}, None),
        ({"body": "This is for Auto-Merge."}, "body"),
        ({"head_branch": "bot/a/b"}, "branch"),
        ({"head_branch": "Bot/a"}, None),
        ({"head_branch": None}, None),
        ({"base_branch": "release/1"}, "branch"),
        ({"base_branch": "release/1/2"}, None),
        ({"author": "Dependabot[bot]"}, "author"),
        ({"labels": ("merge me",), "title": "[auto]"}, "label"),
    ],
)
def test_each_way_to_ask_is_one(said: dict[str, Any], way: str | None) -> None:
    assert triggers.asks(RULES, about(**said)) == way


def test_nothing_asks_where_the_file_has_no_trigger() -> None:
    said = about(labels=("merge me",), comments=("/merge",), title="merge", head_branch="main")
    assert triggers.asks(MergeRules(), said) is None


def test_a_draft_is_ignored_by_itself() -> None:
    assert triggers.ignores(MergeRules(), about(draft=True)) == "draft"
    assert triggers.ignores(MergeRules(), about()) is None
    assert triggers.ignores(MergeRules(ignore=Trigger()), about(draft=True)) is None


def test_what_is_ignored_is_told_by_the_same_words() -> None:
    rules = MergeRules(ignore=Trigger(labels=("wip",), title_substrings=("WIP",), comments=("/hold",)))
    assert triggers.ignores(rules, about(labels=("WIP",))) == "label"
    assert triggers.ignores(rules, about(title="wip: x")) == "title"
    assert triggers.ignores(rules, about(comments=("/hold",))) == "comment"
    assert triggers.ignores(rules, about(title="ready")) is None


def test_the_text_of_a_pull_request_may_forbid_like_a_comment_and_asks_for_nothing_like_one() -> None:
    rules = MergeRules(ignore=Trigger(comment_substrings=("do not merge",)), trigger=Trigger(comments=("/merge",)))
    assert triggers.ignores(rules, about(body="Please DO NOT MERGE yet.")) == "comment"
    assert triggers.ignores(rules, about(body="Please merge.")) is None
    assert triggers.asks(rules, about(body="/merge")) is None


@pytest.mark.parametrize(
    ("trigger", "reads"),
    [
        (Trigger(labels=("a",)), False),
        (Trigger(comments=("a",)), True),
        (Trigger(comment_substrings=("a",)), True),
    ],
)
def test_comments_are_read_where_they_matter(trigger: Trigger, reads: bool) -> None:
    assert triggers.reads_comments(trigger) is reads


@pytest.mark.parametrize(("comment", "says"), [(" /Merge ", True), ("/merge now", False), ("Do PLEASE MERGE it", True)])
def test_a_comment_says_a_word_or_holds_it(comment: str, says: bool) -> None:
    assert triggers.says(RULES.trigger, comment) is says
