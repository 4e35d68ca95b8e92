"""Webhooks are signed, delivered as the script says, and kept in the deliveries log."""

import hashlib
import hmac
from typing import Any

from tests.app.simulator.test_webhooks import W


def test_it_signs_the_very_bytes_that_it_sends(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.comment(W, 1, by="alice", body="👍 größer")
    headers, body = receiver.got[-1]
    secret = town.github.state.apps[town.app.id].hook_secret
    expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    assert headers["x-hub-signature-256"] == f"sha256={expected}"
    assert headers["x-github-event"] == "issue_comment"
    assert headers["x-github-hook-id"] == str(town.app.hook_id)
    assert headers["x-github-hook-installation-target-id"] == str(town.app.id)
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("GitHub-Hookshot/")


def test_it_delivers_in_another_order_twice_and_drops_the_rest(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.hold()
    hooks.comment(W, 1, by="alice", body="first")
    hooks.label(W, 1, "second", by="alice")
    hooks.close(W, 1, by="bob")
    assert receiver.events() == []
    hooks.deliver(order=[2, 0], duplicate=2)
    assert receiver.events() == [("pull_request", "closed")] * 2 + [("issue_comment", "created")] * 2
    assert len({headers["x-github-delivery"] for headers, _ in receiver.got}) == 2
    assert [(s.action, s.status_code) for s in hooks.sent if s.status_code == 0] == [("labeled", 0)]
    hooks.reopen(W, 1, by="bob")
    assert receiver.events()[-1] == ("pull_request", "reopened")


def test_it_drops_what_is_held_into_the_log_only(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.hold()
    hooks.close(W, 1, by="bob")
    hooks.drop()
    assert receiver.events() == []
    log = town.get("/app/hook/deliveries").body
    assert [(d["event"], d["status"], d["status_code"]) for d in log] == [
        ("pull_request", "failed to connect to host", 0)
    ]


def test_it_redelivers_the_same_guid_and_body_when_the_app_asks(town: Any, hooks: Any, receiver: Any) -> None:
    receiver.status = 503
    hooks.close(W, 1, by="bob")
    failed = town.get("/app/hook/deliveries?status=failure").body
    assert [d["status_code"] for d in failed] == [503]
    receiver.status = 202
    assert town.ask("POST", f"/app/hook/deliveries/{failed[0]['id']}/attempts").status == 202
    hooks.settle()
    assert receiver.got[0] == receiver.got[1]
    log = town.get("/app/hook/deliveries").body
    assert [(d["guid"], d["redelivery"], d["status"]) for d in log] == [
        (failed[0]["guid"], True, "OK"),
        (failed[0]["guid"], False, "Invalid HTTP Response: 503"),
    ]


def test_it_finds_deliveries_by_code_so_that_unanswered_ones_are_neither(town: Any, hooks: Any, receiver: Any) -> None:
    for status in (202, 500):
        receiver.status = status
        hooks.ping()
    town.github.set_hook(town.app, "http://127.0.0.1:9/nobody")
    hooks.ping()
    found = [
        [d["status_code"] for d in town.get(f"/app/hook/deliveries{query}").body]
        for query in ("", "?status=success", "?status=failure")
    ]
    assert found == [[0, 500, 202], [202], [500]]


def test_it_keeps_the_request_and_the_answer_of_a_delivery(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.comment(W, 1, by="alice", body="hi")
    found = town.get(f"/app/hook/deliveries/{hooks.sent[0].id}").body
    assert found["request"]["payload"]["comment"]["body"] == "hi"
    assert found["request"]["headers"]["X-GitHub-Delivery"] == found["guid"]
    assert (found["response"]["payload"], found["status_code"]) == ("taken", 202)
    assert town.get("/app/hook/deliveries/1").status == 404


def test_it_records_that_nobody_listened(town: Any, hooks: Any) -> None:
    town.github.set_hook(town.app, "http://127.0.0.1:9/nobody")
    hooks.close(W, 1, by="bob")
    assert [s.status for s in hooks.sent] == ["failed to connect to host"]


def test_it_pages_the_log_by_cursor(town: Any, hooks: Any) -> None:
    for _ in range(5):
        hooks.ping()
    path, seen = "/app/hook/deliveries?per_page=2", []
    for _ in range(3):
        reply = town.get(path)
        seen += [d["id"] for d in reply.body]
        path = reply.headers.get("link", "").partition(town.url)[2].partition(">")[0]
    assert path == ""
    assert seen == [s.id for s in reversed(hooks.sent)]
