"""Signed bodies at the edge of what is accepted: each is refused in a sentence or taken in whole."""

import json
from typing import Any

import pytest

from app.events import Delivery, Event
from app.github import payloads
from app.github.fields import HIGHEST_ID, Malformed
from app.github.payloads import Ignored
from tests.tasks.house import House

SHA = "a" * 40
FIRST, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
REPOSITORY = {"id": HIGHEST_ID, "full_name": "acme/w", "owner": {"login": "acme"}}
GROUP = {"head_sha": SHA, "base_ref": "refs/heads/main"}
COMMENT = {"id": HIGHEST_ID, "user": {"login": "bob"}, "created_at": FIRST, "updated_at": LAST}
ISSUE = {"number": HIGHEST_ID, "pull_request": {}}
PULL = {"number": HIGHEST_ID, "head": {"sha": SHA}, "base": {"sha": SHA, "ref": "main"}, "updated_at": LAST}
ORGANIZATION = {"login": "acme"}
TEAM = {"slug": "core"}

OF_NO_REPOSITORY = ("installation", "installation_repositories", "membership", "organization")


def _comment(action: str = "deleted", **changes: Any) -> tuple[str, dict[str, Any]]:
    return "issue_comment", {"action": action, "issue": ISSUE, "comment": {**COMMENT, **changes}}


def _group(action: str = "checks_requested", **changes: Any) -> tuple[str, dict[str, Any]]:
    return "merge_group", {"action": action, "merge_group": {**GROUP, **changes}}


def _team(action: str, **changes: Any) -> tuple[str, dict[str, Any]]:
    return "team", {"action": action, "team": TEAM, "organization": ORGANIZATION, **changes}


TAKEN = [
    _comment(),
    _comment("edited"),
    _comment("edited", created_at=LAST, updated_at=FIRST),
    _comment("edited", updated_at="2026-01-31T10:00:00+23:59"),
    _comment(user=None),
    _comment(user={"login": "x" * 100}),
    _comment(user={"login": "\u202emallory[bot]"}),
    _group(),
    _group("destroyed"),
    _group(base_ref="refs/heads/\u202e" + "\U0001f4a9" * 1000),
    _group(base_ref="refs/heads/a\x00\ud800'; DROP TABLE runs; --"),
    _group(base_ref="refs/heads/"),
    _group(base_ref="refs/tags/v1"),
    _group(head_sha="F" * 64),
    ("pull_request", {"action": "edited", "number": HIGHEST_ID, "pull_request": PULL}),
    ("pull_request", {"action": "synchronize", "number": HIGHEST_ID, "pull_request": {**PULL, "updated_at": FIRST}}),
    ("pull_request_review", {"action": "edited", "pull_request": PULL, "review": {}}),
    ("push", {"ref": "refs/heads/" + "\U0001f4a9" * 1000, "after": "0" * 40}),
    ("status", {"sha": "0" * 40}),
    ("check_run", {"action": "completed", "check_run": {"head_sha": SHA, "pull_requests": [{"number": 1}] * 1001}}),
    ("workflow_run", {"action": "completed", "workflow_run": {"head_sha": SHA}}),
    ("deployment_status", {"action": "created", "deployment_status": {}, "deployment": {"sha": SHA}}),
    ("custom_property_values", {"action": "updated", "new_property_values": {"a\x00": [[[]]]}}),
    ("label", {"action": "deleted", "label": {"name": "\x00"}}),
    ("member", {"action": "removed", "member": {}}),
    ("membership", {"action": "removed", "member": {}, "team": {"slug": None}, "organization": ORGANIZATION}),
    ("organization", {"action": "member_removed", "organization": {"login": "\U0001f4a9" * 50}}),
    _team("edited", team={"slug": "\x00\ud800" * 500}),
    _team("deleted", team={"slug": ""} | {"slug": None}),
    ("installation", {"action": "created", "repositories": [REPOSITORY] * 1001}),
    (
        "installation_repositories",
        {"action": "added", "repositories_added": [REPOSITORY, {**REPOSITORY, "id": 1}], "repositories_removed": []},
    ),
]
REFUSED = [
    _comment("edited", updated_at=None),
    _comment("edited", updated_at="2026-01-31T10:00:00"),
    _comment(created_at="0001-01-01T00:00:00+23:59"),
    _comment(created_at="9999-12-31T23:59:59-23:59"),
    _comment(created_at=10**20),
    _comment(id=HIGHEST_ID + 1),
    _comment(user={"login": "bob\x1b[2J"}),
    _comment(user={"login": ["bob"]}),
    _comment(user=[]),
    _group(head_sha=SHA + "\n"),
    _group(head_sha=None),
    _group(base_ref=""),
    _group(base_ref=["refs/heads/main"]),
    ("merge_group", {"action": "destroyed", "merge_group": []}),
    ("merge_group", {"action": ["destroyed"], "merge_group": GROUP}),
    ("merge_group", {"action": "destroyed", "merge_group": GROUP, "pull_request": PULL}),
    ("pull_request", {"action": "edited", "number": 1, "pull_request": PULL}),
    ("pull_request", {"action": "edited", "number": HIGHEST_ID, "pull_request": {**PULL, "updated_at": {}}}),
    ("membership", {"action": "removed", "member": {}, "team": TEAM, "organization": {"login": "a\nb"}}),
    ("organization", {"action": "member_removed", "organization": {"login": "x" * 101}}),
    _team("edited", team={"slug": {"a": 1}}),
    ("installation_repositories", {"action": "added", "repositories_added": [7], "repositories_removed": []}),
]


def _read(name: str, body: dict[str, Any]) -> Event | Ignored:
    repository = {"repository": REPOSITORY} if name not in OF_NO_REPOSITORY else {}
    whole = {"installation": {"id": HIGHEST_ID}, "sender": {"login": "m"}, **repository, **body}
    return payloads.normalize(name, payloads.parse(json.dumps(whole).encode()))


def test_what_is_accepted_can_be_recorded_and_worked_on(house: House) -> None:
    for name, body in TAKEN:
        event = _read(name, body)
        assert isinstance(event, Event), (name, body, event)
        message = Delivery(hook_id=1, guid="g", body_digest="d", received_at=house.clock(), event=event)
        assert Delivery.model_validate_json(message.model_dump_json()) == message
        house.deliver(event)
    assert len(house.rows("SELECT id FROM deliveries")) == len(TAKEN)
    house.sent.clear()
    house.clock.forward(60)
    house.sweep()
    assert house.rows("SELECT id FROM runs WHERE status = 'running' OR (status = 'pending' AND error IS NULL)") == []
    assert set(house.states()) <= {"pending", "error"}


@pytest.mark.parametrize(("name", "body"), REFUSED)
def test_what_is_not_what_github_sends_is_refused_in_a_sentence(name: str, body: dict[str, Any]) -> None:
    with pytest.raises(Malformed) as refused:
        _read(name, body)
    assert refused.value.sentence.isprintable()
