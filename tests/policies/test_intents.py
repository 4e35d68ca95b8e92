"""Writes wished for: what each kind changes, says of itself, and comes back as when it was stored."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.contents import (
    KINDS,
    MOST_ANNOTATIONS,
    Annotation,
    CheckRunContent,
    Content,
    ReviewDismissContent,
    ReviewRequestContent,
    StatusContent,
    read,
    sentence,
    writable,
)
from policies.intents import Intent

SHA = "a" * 40
STATUS = StatusContent(
    sha=SHA, context="mergegate: main", state="success", description="ok", target_url="https://g.example/p"
)
REQUEST = ReviewRequestContent(number=7, head_sha=SHA, users=("bob", "carol"), teams=("core",))
DISMISS = ReviewDismissContent(number=7, review_id=17, login="carol", message="Invalidated by push of abc1234")
REMARK = Annotation(path=".policy.yml", line=3, level="failure", message="no such rule")
CHECK = CheckRunContent(
    sha=SHA,
    name="mergegate: policy",
    conclusion="failure",
    title="The policy can't be read",
    summary="Line 3.",
    annotations=(REMARK,),
    details_url="https://g.example/p",
)
ALL: tuple[Content, ...] = (STATUS, REQUEST, DISMISS, CHECK)


def _intent(content: Content, **changes: Any) -> Intent:
    facts = {"run_id": "r", "repository": "acme/widget", "repository_id": 1, "installation_id": 5, "number": 7}
    return Intent(**{**facts, "sequence": 1, "content": content, **changes})


def test_every_kind_has_a_content() -> None:
    assert {content.kind for content in ALL} == set(KINDS)
    assert {_intent(content).kind for content in ALL} == set(KINDS)


def test_the_key_of_a_status_is_what_it_always_was() -> None:
    intent = _intent(STATUS)
    assert intent.target == f"status:1:{SHA}:mergegate: main"
    assert intent.key == "2874ce6caee4ae6cbe6d748b2c5929417bf17718742a558f659af37661d9e944"


@pytest.mark.parametrize(
    ("content", "target"),
    [
        (REQUEST, "review_request:1:7"),
        (DISMISS, "review_dismiss:1:17"),
        (CHECK, f"check_run:1:{SHA}:mergegate: policy"),
    ],
)
def test_each_kind_changes_a_target_of_its_own(content: Content, target: str) -> None:
    assert _intent(content).target == target


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (STATUS, 'set "mergegate: main" to success: ok'),
        (REQUEST, "ask bob, carol and the team core for a review"),
        (ReviewRequestContent(number=7, head_sha=SHA, users=("bob",)), "ask bob for a review"),
        (ReviewRequestContent(number=7, head_sha=SHA), "ask nobody for a review"),
        (DISMISS, "dismiss carol's review 17: Invalidated by push of abc1234"),
        (CHECK, 'report "mergegate: policy" as failure: The policy can\'t be read'),
    ],
)
def test_each_kind_says_in_a_line_what_would_happen(content: Content, line: str) -> None:
    assert content.sentence == line
    assert sentence(content.kind, content.model_dump(mode="json")) == line


@given(st.text(min_size=1, max_size=30))
def test_a_hostile_name_stays_on_its_line(text: str) -> None:
    asked = ReviewRequestContent(number=7, head_sha=SHA, users=(text + "\n\x1b[31m\u202e",))
    assert len(asked.sentence.splitlines()) == 1
    assert "\x1b" not in asked.sentence
    assert "\u202e" not in asked.sentence


@pytest.mark.parametrize("content", ALL)
def test_it_is_read_as_it_was_stored(content: Content) -> None:
    stored = json.loads(json.dumps(content.model_dump(mode="json")))
    assert read(content.kind, stored) == content
    assert _intent(read(content.kind, stored)).key == _intent(content).key


@pytest.mark.parametrize(("kind", "document"), [("merge", {}), ("status", {"sha": SHA}), ("status", {"merge": True})])
def test_what_it_does_not_know_is_refused_and_still_shown(kind: str, document: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"kind|validation"):
        read(kind, document)
    assert sentence(kind, document) == f'a write of the kind "{kind}", which this version does not understand'


@pytest.mark.parametrize(
    ("content", "change"),
    [
        (STATUS, {"sha": "main"}),
        (REQUEST, {"number": 0}),
        (REQUEST, {"head_sha": SHA + "\n"}),
        (REQUEST, {"users": ("",)}),
        (REQUEST, {"users": tuple(f"u{number}" for number in range(101))}),
        (DISMISS, {"review_id": -1}),
        (DISMISS, {"message": ""}),
        (DISMISS, {"message": 7}),
        (CHECK, {"conclusion": "action_required"}),
        (CHECK, {"annotations": (REMARK,) * (MOST_ANNOTATIONS + 1)}),
        (REMARK, {"line": 0}),
    ],
)
def test_what_github_would_refuse_cannot_be_wished_for(content: Content | Annotation, change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(change))):
        type(content)(**{**dict(content), **change})


def test_another_kind_of_the_same_pull_request_is_another_key() -> None:
    keys = {_intent(content).key for content in ALL}
    changed = {_intent(REQUEST, **change).key for change in ({"run_id": "s"}, {"sequence": 2}, {"number": 8})}
    assert len(keys | changed) == len(ALL) + len(changed)


def test_what_postgres_and_utf_8_cannot_hold_is_replaced() -> None:
    hostile = ReviewDismissContent(**{**dict(DISMISS), "message": "a\x00b\ud800"})
    assert hostile.message == "a\ufffdb\ufffd"


def test_a_text_that_github_takes_is_written_as_it_is() -> None:
    assert writable("a\u00e9\uffff \U0001f600") == "a\u00e9\uffff \ufffd"
