"""Putting a pull request into GitHub's merge queue: one request, at one head, and an answer that is never guessed."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from app.github import egress, enqueuing, queries
from app.github.allowed_writes import WRITES
from app.github.client import Answer
from app.permits import _SEAL, Permit, Request

HEAD = "a" * 40
WANTED = enqueuing.enqueue("PR_1", HEAD)
ENTRY = {"id": "MQE_1", "position": 1, "pullRequest": {"headRefOid": HEAD}}


def _answer(document: Any, status: int = 200) -> Answer:
    return Answer(status, {}, document)


def _entered(entry: Any) -> Answer:
    return _answer({"data": {"enqueuePullRequest": {"mergeQueueEntry": entry}}})


def _refused(kind: str, said: str = "Pull request is already in the queue") -> Answer:
    return _answer({"data": {"enqueuePullRequest": None}, "errors": [{"type": kind, "message": said}]})


def _leaves(wanted: Request) -> None:
    body = json.dumps(wanted.body)
    with egress.holding(Permit(_SEAL, uuid4(), "enqueue", wanted)):
        egress.check(wanted.method, wanted.path, body)


def test_the_request_is_one_that_may_leave() -> None:
    _leaves(enqueuing.enqueue("PR_1", HEAD))


@pytest.mark.parametrize("kind", [kind for kind in WRITES if kind != "enqueue"])
def test_it_leaves_with_no_other_permit(kind: str) -> None:
    wanted = enqueuing.enqueue("PR_1", HEAD)
    with egress.holding(Permit(_SEAL, uuid4(), kind, wanted)), pytest.raises(egress.EgressRefused):
        egress.check(wanted.method, wanted.path, json.dumps(wanted.body))


@pytest.mark.parametrize(
    "change",
    [
        {"query": queries.SET_PROJECT_FIELD.text},
        {"query": queries.ENQUEUE.text.replace("expectedHeadOid: $head", "jump: true")},
        {"variables": {"pull": "PR_1", "head": "main"}},
        {"variables": {"pull": "PR_1"}},
        {"variables": {"pull": "PR_1", "head": HEAD, "jump": "true"}},
        {"operationName": "Enqueue"},
    ],
)
def test_nothing_else_leaves_with_its_permit(change: dict[str, Any]) -> None:
    wanted = enqueuing.enqueue("PR_1", HEAD)
    with pytest.raises(egress.EgressRefused):
        _leaves(Request(wanted.method, wanted.path, {**wanted.body, **change}))


def test_it_asks_for_one_head_and_no_place_ahead_of_others() -> None:
    assert enqueuing.enqueue("PR_1", HEAD).body["variables"] == {"pull": "PR_1", "head": HEAD}
    assert "expectedHeadOid: $head" in queries.ENQUEUE.text
    assert "jump" not in queries.ENQUEUE.text


def test_an_entry_at_our_head_is_a_yes() -> None:
    reply = enqueuing.read(_entered(ENTRY), WANTED)
    assert (reply.status, reply.merged, reply.is_sent) == (200, True, True)


@pytest.mark.parametrize(
    "entry",
    [None, {}, {"id": "MQE_1"}, {**ENTRY, "id": 1}, {**ENTRY, "pullRequest": {"headRefOid": "b" * 40}}, [ENTRY]],
)
def test_an_answer_without_it_says_nothing(entry: Any) -> None:
    reply = enqueuing.read(_entered(entry), WANTED)
    assert (reply.status, reply.merged) == (None, False)


@pytest.mark.parametrize("document", [None, "text", [], {}, {"data": None}, {"data": {"enqueuePullRequest": None}}])
def test_nor_does_one_that_is_not_understood(document: Any) -> None:
    assert enqueuing.read(_answer(document), WANTED).status is None


@pytest.mark.parametrize("kind", ["UNPROCESSABLE", "FORBIDDEN", "NOT_FOUND"])
def test_a_refusal_that_changed_nothing_is_a_definite_no(kind: str) -> None:
    reply = enqueuing.read(_refused(kind), WANTED)
    assert (reply.status, reply.merged, reply.message) == (422, False, "Pull request is already in the queue")


def test_an_error_of_github_s_own_says_nothing() -> None:
    assert enqueuing.read(_refused("INTERNAL"), WANTED).status is None


@pytest.mark.parametrize("status", [401, 403, 404, 502])
def test_a_status_that_is_no_success_is_told_as_it_is(status: int) -> None:
    reply = enqueuing.read(_answer({"message": "Bad credentials"}, status), WANTED)
    assert (reply.status, reply.merged, reply.message) == (status, False, "Bad credentials")


def test_a_limit_is_told_with_its_end() -> None:
    until = datetime(2027, 1, 1, tzinfo=UTC)
    reply = enqueuing.read(replace(_refused("RATE_LIMITED"), limited_until=until), WANTED)
    assert (reply.status, reply.limited_until) == (429, until)
