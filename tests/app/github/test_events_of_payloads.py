"""What an event says: whom it is about, what it leaves out of its message, and what an older gate said."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.events import Delivery, Event, Forced, Merged, Remark, Repository
from app.github import payloads
from app.github.fields import Malformed
from app.github.payloads import Ignored
from tests.app.github.judged_bodies import OPENED, PULL, REPOSITORY, judge


def test_a_pull_request_is_read() -> None:
    payload = {**OPENED, "installation": {"id": 5}, "sender": {"login": "dependabot[bot]", "id": 49699333}}
    assert payloads.normalize("pull_request", payload) == Event(
        name="pull_request",
        action="opened",
        repository=Repository(id=1, full_name="octocat/hello"),
        installation_id=5,
        sender="dependabot[bot]",
        sender_id=49699333,
        pulls=(7,),
        head_sha="a" * 40,
        branch="main",
        updated_at=datetime(2026, 1, 31, 10, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("name", "payload", "found"),
    [
        ("push", {"ref": "refs/heads/a/b", "after": "c" * 40}, ((), "c" * 40, "a/b")),
        ("push", {"ref": "refs/heads/gone", "after": "0" * 40}, ((), None, "gone")),
        ("push", {"ref": "refs/heads/a\ud800\x00", "after": "c" * 64}, ((), "c" * 64, "a\ufffd\ufffd")),
        ("status", {"sha": "C" * 40}, ((), "c" * 40, None)),
        (
            "issue_comment",
            {"action": "created", "issue": {"number": 3, "pull_request": {}}, "comment": {}},
            ((3,), None, None),
        ),
        (
            "merge_group",
            {"action": "checks_requested", "merge_group": {"head_sha": "d" * 40, "base_ref": "refs/heads/main"}},
            ((), "d" * 40, "main"),
        ),
        (
            "check_run",
            {"action": "completed", "check_run": {"head_sha": "e" * 40, "pull_requests": [], "head_branch": "f"}},
            ((), "e" * 40, None),
        ),
        (
            "workflow_run",
            {
                "action": "completed",
                "workflow_run": {
                    "head_sha": "e" * 40,
                    "pull_requests": [
                        {"number": 9, "base": {"repo": {"id": 1}}},
                        {"number": 4, "base": {"repo": {"id": 1}}},
                        {"number": 8, "base": {"repo": {"id": 2}}},
                    ],
                },
            },
            ((4, 9), "e" * 40, None),
        ),
        (
            "deployment_status",
            {"action": "created", "deployment_status": {}, "deployment": {"sha": "f" * 40}},
            ((), "f" * 40, None),
        ),
    ],
)
def test_each_kind_of_event_says_what_it_is_about(
    name: str, payload: dict[str, Any], found: tuple[tuple[int, ...], str | None, str | None]
) -> None:
    event = payloads.normalize(name, {**payload, "repository": REPOSITORY})
    assert isinstance(event, Event)
    assert (event.pulls, event.head_sha, event.branch) == found


ORGANIZATION = {"login": "acme", "id": 3}
SAID = {"id": 17, "user": {"login": "alice"}, "created_at": "2026-01-31T10:00:00Z"}
ON_A_PULL = {"issue": {"number": 3, "pull_request": {}}, "repository": REPOSITORY, "sender": {"login": "mallory"}}


@pytest.mark.parametrize(
    ("name", "payload", "owner", "team"),
    [
        ("membership", {"action": "added", "team": {"slug": "core"}, "member": {}}, "acme", "acme/core"),
        ("membership", {"action": "removed", "team": {"id": 1, "deleted": True}, "member": {}}, "acme", None),
        ("team", {"action": "edited", "team": {"slug": "core"}}, "acme", "acme/core"),
        ("organization", {"action": "member_removed", "membership": {}}, "acme", None),
    ],
)
def test_events_of_an_organization_say_whose_and_which_team(
    name: str, payload: dict[str, Any], owner: str, team: str | None
) -> None:
    event = payloads.normalize(name, {**payload, "organization": ORGANIZATION})
    assert isinstance(event, Event)
    assert (event.repository, event.owner, event.team) == (None, owner, team)


@pytest.mark.parametrize(
    ("name", "listed"), [("installation", "repositories"), ("installation_repositories", "repositories_added")]
)
def test_an_installation_names_its_new_repositories_and_no_endless_list_of_them(name: str, listed: str) -> None:
    rows = [{"id": number, "full_name": f"acme/r{number}"} for number in range(1, 5000)]
    payload = {"action": "created" if name == "installation" else "added", "installation": {"id": 5}, listed: rows}
    event = payloads.normalize(name, {"repositories_removed": [], **payload} if "added" in listed else payload)
    assert isinstance(event, Event)
    assert event.repositories[:2] == (Repository(id=1, full_name="acme/r1"), Repository(id=2, full_name="acme/r2"))
    assert len(event.repositories) == 1000


@pytest.mark.parametrize(
    ("action", "edited_at"), [("edited", datetime(2026, 1, 31, 11, tzinfo=UTC)), ("deleted", None)]
)
def test_an_altered_comment_is_named_without_its_text(action: str, edited_at: datetime | None) -> None:
    comment = {**SAID, "updated_at": "2026-01-31T12:00:00+01:00", "body": "secret"}
    event = payloads.normalize("issue_comment", {"action": action, "comment": comment, **ON_A_PULL})
    assert isinstance(event, Event)
    said_at = datetime(2026, 1, 31, 10, tzinfo=UTC)
    assert event.remark == Remark(id=17, author="alice", said_at=said_at, edited_at=edited_at)
    assert "secret" not in event.model_dump_json()


def test_the_comment_of_a_deleted_account_is_the_ghost_s() -> None:
    event = payloads.normalize("issue_comment", {"action": "deleted", "comment": {**SAID, "user": None}, **ON_A_PULL})
    assert isinstance(event, Event)
    assert event.remark is not None
    assert event.remark.author == "ghost"


@pytest.mark.parametrize(
    "wrong", [{"id": 0}, {"id": "17"}, {"user": {"login": "a\nb"}}, {"created_at": 5}, {"created_at": "2026-01-31"},
              {"created_at": "0001-01-01T00:00:00+23:59"}]
)  # fmt: skip
def test_an_altered_comment_that_github_never_sends_is_refused(wrong: dict[str, Any]) -> None:
    payload = {"action": "deleted", "comment": {**SAID, **wrong}, **ON_A_PULL}
    assert isinstance(judge("issue_comment", payload), Malformed)


MERGED = {"merged": True, "merged_by": {"login": "mallory"}, "merge_commit_sha": "C" * 40, "auto_merge": None}


def _closed(**fields: Any) -> Any:
    found = judge("pull_request", {**OPENED, "action": "closed", "pull_request": {**PULL, **MERGED, **fields}})
    assert isinstance(found, Event)
    return found.merged


def test_a_merge_is_read_with_who_made_it_and_how() -> None:
    assert _closed() == Merged(by="mallory", sha="c" * 40)
    assert _closed(auto_merge={"merge_method": "squash"}) == Merged(by="mallory", sha="c" * 40, automatic=True)
    assert _closed(merged_by=None, merge_commit_sha=None) == Merged()


def test_a_pull_request_that_was_closed_otherwise_was_not_merged() -> None:
    assert _closed(merged=False) is None
    edited = judge("pull_request", {**OPENED, "action": "edited", "pull_request": {**PULL, **MERGED}})
    assert isinstance(edited, Event)
    assert edited.merged is None


FORCED = {"ref": "refs/heads/main", "before": "b" * 40, "after": "c" * 40, "forced": True}


def _pushed(**fields: Any) -> Any:
    found = judge("push", {**FORCED, "repository": {**REPOSITORY, "default_branch": "main"}, **fields})
    assert isinstance(found, Event)
    return found.forced


def test_a_branch_moved_by_force_is_read_with_where_it_stood() -> None:
    assert _pushed() == Forced(before="b" * 40, is_default=True)
    assert _pushed(ref="refs/heads/feature") == Forced(before="b" * 40)
    assert _pushed(repository=REPOSITORY) == Forced(before="b" * 40)


@pytest.mark.parametrize("fields", [{"forced": False}, {"created": True}, {"deleted": True, "after": "0" * 40}])
def test_a_push_without_force_moves_nothing_by_it(fields: dict[str, Any]) -> None:
    assert _pushed(**fields) is None


def test_what_no_event_says_is_left_out_of_its_message() -> None:
    plain = Event(name="pull_request", action="closed", pulls=(7,))
    assert plain.model_dump(mode="json", exclude_defaults=True) == {
        "name": "pull_request", "action": "closed", "pulls": [7],
    }  # fmt: skip


def test_a_message_of_an_older_gate_is_still_understood() -> None:
    event = (
        '{"name": "push", "action": null, "repository": {"id": 1, "full_name": "octocat/hello"}, "installation_id": 5,'
        ' "sender": null, "pulls": [], "head_sha": null, "branch": "main"}'
    )
    message = (
        '{"hook_id": 1, "guid": "g", "body_digest": "d", "received_at": "2026-01-31T10:00:00Z", "event": ' + event + "}"
    )
    assert Delivery.model_validate_json(message).event.branch == "main"


@pytest.mark.parametrize(
    ("name", "payload", "reason"),
    [
        ("ping", {"zen": "z", "hook_id": 1, "hook": {}}, "ping"),
        ("ping", OPENED, "ping_of_another_shape"),
        ("pull_request_quantum", OPENED, "unknown_event"),
        ("pull_request", {**OPENED, "action": "exploded"}, "unknown_action"),
        ("push", {"ref": "refs/tags/v1", "after": "c" * 40, "repository": REPOSITORY}, "push_of_a_tag"),
    ],
)
def test_it_ignores_with_a_reason(name: str, payload: dict[str, Any], reason: str) -> None:
    assert payloads.normalize(name, payload) == Ignored(reason)


@pytest.mark.parametrize("key", ["installation", "sender"])
def test_what_github_leaves_out_or_nulls_is_fine(key: str) -> None:
    assert isinstance(payloads.normalize("pull_request", {**OPENED, key: None}), Event)
