"""Bodies of webhooks: what becomes an event and what is ignored, of GitHub's own examples and of mutated ones."""

import copy
import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.events import Delivery, Event, Forced, Merged, Remark, Repository
from app.github import payloads
from app.github.fields import Malformed
from app.github.kinds import KINDS
from app.github.payloads import Ignored

MUTATIONS = 20
JUNK: tuple[Any, ...] = (None, True, -1, 0, 2**63, 1.5, "", "x\x00y", "\ud800", [], [None], {}, {"id": "1"})

REPOSITORY = {"id": 1, "full_name": "octocat/hello", "owner": {"login": "octocat"}}
PULL = {
    "number": 7,
    "head": {"sha": "a" * 40, "ref": "f", "repo": None},
    "base": {"sha": "b" * 40, "ref": "main"},
    "updated_at": "2026-01-31T10:00:00Z",
}
OPENED = {"action": "opened", "number": 7, "pull_request": PULL, "repository": REPOSITORY}

IGNORED_REASONS = {
    "ping",
    "ping_of_another_shape",
    "unknown_event",
    "unknown_action",
    "comment_on_an_issue",
    "push_of_a_tag",
}


@pytest.fixture(scope="module")
def examples(cases: Path) -> list[tuple[str, dict[str, Any]]]:
    """GitHub's own example payloads: (event name, payload)."""
    listed = json.loads((cases / "webhook_examples.json").read_text("utf-8"))
    return [(event["name"], payload) for event in listed for payload in event["examples"]]


def test_every_example_of_github_s_is_an_event_or_ignored_for_a_known_reason(
    examples: list[tuple[str, dict[str, Any]]],
) -> None:
    results = [payloads.normalize(name, payloads.parse(json.dumps(payload).encode())) for name, payload in examples]
    assert len(results) == 329
    assert {result.reason for result in results if isinstance(result, Ignored)} <= IGNORED_REASONS
    understood = {name for name, _ in examples} & set(KINDS)
    assert understood == set(KINDS) - {"repository_ruleset", "custom_property_values"}
    assert {result.name for result in results if isinstance(result, Event)} == understood - {"issue_comment"}


def test_mutated_examples_are_judged_and_never_fail_otherwise(examples: list[tuple[str, dict[str, Any]]]) -> None:
    for index, (name, payload) in enumerate(examples):
        for mutated in mutate(payload, random.Random(index)):
            assert isinstance(judge(name, mutated), Event | Ignored | Malformed)


def test_a_body_under_another_event_s_name_is_refused(examples: list[tuple[str, dict[str, Any]]]) -> None:
    accepted = {
        (name, other)
        for name, payload in examples
        for other in KINDS
        if name in KINDS and other != name and not isinstance(judge(other, payload), Malformed)
    }
    assert accepted == {("organization", "installation")}, "an organization's body has an installation and no more"


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


def mutate(payload: dict[str, Any], chance: random.Random) -> Iterator[dict[str, Any]]:
    """Copies of a payload with one thing wrong each: a key dropped or given junk, the head of a fork or of none."""
    for _ in range(MUTATIONS - 2):
        changed = copy.deepcopy(payload)
        parent, key = chance.choice(list(_places(changed)))
        if chance.random() < 0.3:
            del parent[key]
        else:
            parent[key] = chance.choice(JUNK)
        yield changed
    yield from (_with_head(payload, repo) for repo in ({"id": 2, "full_name": "evil/fork", "fork": True}, None))


def _places(value: Any, depth: int = 0) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(value, dict) and depth < 4:
        for key in value:
            yield value, key
            yield from _places(value[key], depth + 1)
    elif isinstance(value, list) and value:
        yield from _places(value[0], depth + 1)


def _with_head(payload: dict[str, Any], repo: dict[str, Any] | None) -> dict[str, Any]:
    changed = copy.deepcopy(payload)
    for subject in changed.values():
        if isinstance(subject, dict) and isinstance(subject.get("head"), dict):
            subject["head"]["repo"] = repo
    return changed


def judge(name: str, payload: dict[str, Any]) -> Event | Ignored | Malformed:
    """What `normalize` says, a refusal as a value."""
    try:
        return payloads.normalize(name, payload)
    except Malformed as refused:
        return refused
