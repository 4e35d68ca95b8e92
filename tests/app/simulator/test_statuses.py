"""Statuses are appended, newest first, under GitHub's own limits."""

from typing import Any

import pytest

S = "/repos/acme/widget/statuses"
C = "/repos/acme/widget/commits"


def test_it_appends_and_lists_the_newest_first(town: Any) -> None:
    for state in ("pending", "success"):
        assert town.ask("POST", f"{S}/{town.head}", {"state": state, "context": "gate"}).status == 201
    found = town.get(f"{C}/{town.head}/statuses").body
    assert [(s["state"], s["creator"]["login"]) for s in found] == [
        ("success", "mergegate[bot]"),
        ("pending", "mergegate[bot]"),
    ]


def test_it_combines_the_latest_of_each_context(town: Any) -> None:
    combined = f"{C}/feature/status"
    assert town.get(combined).body["state"] == "pending"
    town.github.set_status("acme/widget", town.head, by="alice", context="a", state="failure")
    town.github.set_status("acme/widget", town.head, by="alice", context="b")
    assert town.get(combined).body["state"] == "failure"
    town.github.set_status("acme/widget", town.head, by="alice", context="a")
    assert (town.get(combined).body["state"], town.get(combined).body["total_count"]) == ("success", 2)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"state": "success", "description": "d" * 140}, 201),
        ({"state": "success", "description": "d" * 141}, 422),
        ({"state": "success", "description": "ü" * 140}, 201),
        ({"state": "success", "description": "\U0001f44d"}, 422),
        ({"state": "success", "context": "\U0001f44d"}, 422),
        ({"state": "success", "context": "c" * 255}, 201),
        ({"state": "success", "context": "c" * 256}, 422),
        ({"state": "failure"}, 201),
        ({"state": "neutral"}, 422),
        ({}, 422),
    ],
)
def test_it_holds_the_limits_of_a_status(town: Any, body: dict[str, str], status: int) -> None:
    assert town.ask("POST", f"{S}/{town.head}", body).status == status
    assert len(town.get(f"{C}/{town.head}/statuses").body) == (1 if status == 201 else 0)


def test_it_refuses_a_commit_that_it_does_not_have(town: Any) -> None:
    reply = town.ask("POST", f"{S}/{'0' * 40}", {"state": "success"})
    assert (reply.status, reply.body["message"]) == (422, f"No commit found for SHA: {'0' * 40}")


def test_it_takes_a_thousand_statuses_of_one_context_and_no_more(town: Any) -> None:
    for _ in range(999):
        town.github.set_status("acme/widget", town.head, by="alice", context="gate")
    assert town.ask("POST", f"{S}/{town.head}", {"state": "success", "context": "gate"}).status == 201
    assert town.ask("POST", f"{S}/{town.head}", {"state": "success", "context": "gate"}).status == 422
    assert town.ask("POST", f"{S}/{town.head}", {"state": "success", "context": "other"}).status == 201


def test_it_refuses_a_body_that_is_no_json(town: Any) -> None:
    headers = {"content-type": "application/json"}
    assert town.ask("POST", f"{S}/{town.head}", "text", headers=headers).status == 400


def test_it_pages_the_combined_status(town: Any) -> None:
    for name in ("a", "b", "c"):
        town.github.set_status("acme/widget", town.head, by="alice", context=name)
    first, second = (town.get(f"{C}/{town.head}/status?per_page=2&page={n}") for n in (1, 2))
    assert [s["context"] for s in first.body["statuses"] + second.body["statuses"]] == ["a", "b", "c"]
    assert (second.body["total_count"], second.body["state"]) == (3, "success")
    assert 'rel="next"' in first.headers["link"]


def test_it_knows_no_status_of_a_commit_that_it_does_not_have(town: Any) -> None:
    assert town.get(f"{C}/{'0' * 40}/status").status == 404
    assert town.get(f"{C}/{'0' * 40}").status == 422
    assert town.get(f"{C}/abc").status == 422
