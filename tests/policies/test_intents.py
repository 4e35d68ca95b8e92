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
    Content,
    LabelAddContent,
    ProjectFieldContent,
    PullRequestCreateContent,
    ReviewDismissContent,
    ReviewRequestContent,
    read,
    sentence,
    writable,
)
from policies.intents import Intent
from tests.policies.contents import (
    ALL,
    APPROVE,
    BLOB,
    BRANCH,
    CHANGED,
    CHECK,
    COMMENT,
    COMMIT,
    DISMISS,
    FIELD,
    FORWARD,
    LABELS,
    OPEN,
    REMARK,
    REQUEST,
    SHA,
    STATUS,
    TREE,
    UNLABEL,
    UPDATE,
)


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
        (APPROVE, "review_approve:1:7"),
        (OPEN, "pull_request:1:agent/x:main"),
        (UPDATE, "pull_request_update:1:7"),
        (COMMENT, "comment:1:7"),
        (CHANGED, "comment:1:7"),
        (FIELD, "project_field:1:I_1:F_1"),
        (BLOB, f"git_object:1:{SHA}"),
        (BRANCH, "branch:1:agent/x"),
        (FORWARD, "branch:1:agent/x"),
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
        (APPROVE, f"approve #7 at {SHA}: dependency updates"),
        (OPEN, 'open a pull request of agent/x into main: "Add x"'),
        (UPDATE, 'change title and text of #7: "Add x"'),
        (COMMENT, "comment on #7: hello there"),
        (CHANGED, "change our comment on #7: hello"),
        (LABELS, 'label #7 with "bot" and "a b"'),
        (UNLABEL, 'take the label "bot" off #7'),
        (FIELD, 'set the project\'s field F_1 of #7 to "Review"'),
        (BLOB, f"store 3 bytes as the blob {SHA}"),
        (TREE, f"store the tree {SHA}: 1 files written, 1 removed"),
        (COMMIT, f'store the commit {SHA} on {SHA}: "Add x"'),
        (BRANCH, f"create the branch agent/x at {SHA}"),
        (FORWARD, f"move the branch agent/x from {'b' * 40} to {SHA}"),
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


@pytest.mark.parametrize("option", ["Done", "done", " DONE ", "✅ Done", "D\u200bone"])
def test_nothing_can_be_moved_to_done(option: str) -> None:
    with pytest.raises(ValueError, match="Done"):
        ProjectFieldContent(**{**dict(FIELD), "option": option})


def test_a_pull_request_needs_the_switches_of_what_follows_it() -> None:
    bare: dict[str, Any] = {**dict(OPEN), "labels": (), "reviewers": ()}
    assert OPEN.switches == ("pull_request_create", "label_add", "review_request")
    assert PullRequestCreateContent(**bare).switches == ("pull_request_create",)
    asking = PullRequestCreateContent(**{**bare, "team_reviewers": ("core",)})
    assert asking.switches == ("pull_request_create", "review_request")


def test_each_label_is_a_target_of_its_own_however_it_is_written() -> None:
    one, other = LabelAddContent(number=7, labels=("Bot",)), LabelAddContent(number=7, labels=("bot", "x"))
    assert one.target_in(1) == UNLABEL.target_in(1) != other.target_in(1)
    assert other.target_in(1) == LabelAddContent(number=7, labels=("x", "BOT")).target_in(1)


def test_a_git_object_needs_the_switch_of_its_branch() -> None:
    assert (BLOB.switches, COMMIT.switches) == (("branch_create",), ("branch_fast_forward",))
