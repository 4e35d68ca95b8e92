"""A pull request that an agent asks for: blocked with every reason, opened once, updated when it is asked for again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tasks.agency import BRANCH, Agency, agency, codes
from tests.tasks.house import REPOSITORY, House, built

WAITS = ["APPROVAL_MISSING", "INTERNAL_REVIEW_MISSING", "VERIFICATION_MISSING"]


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[Agency]:
    with built(database_url, redis_db) as house:
        yield agency(house, tmp_path)


def _pull(at: Agency, number: int) -> Any:
    return at.house.github.state.pull(REPOSITORY, number)


def _writes(at: Agency) -> list[int]:
    """How many git objects, branches and pull requests were made."""
    return [len(at.house.written(kind)) for kind in ("git_object", "branch_create", "pull_request_create")]


def _tree(at: Agency, number: int) -> dict[str, Any]:
    repository = at.house.github.state.repository(REPOSITORY)
    return {path: file.data for path, file in repository.commits[_pull(at, number).head_sha].tree.items()}


def test_it_is_blocked_with_every_reason_and_nothing_leaves(at: Agency) -> None:
    run = at.ask()
    assert (run["status"], sorted(set(codes(run))), run["epoch"]) == ("blocked", WAITS, 1)
    assert [intent["kind"] for intent in run["intents"]] == ["branch_create", "pull_request_create"]
    assert [write for write in at.house.github.journal.writes if "access_tokens" not in write.path] == []


def test_it_opens_once_when_evidence_and_approval_have_arrived(at: Agency) -> None:
    run = at.clear(at.ask(labels=["bot"], reviewers=["alice"])["runId"])
    assert (run["status"], codes(run), run["pullRequest"]["number"]) == ("succeeded", [], 2)
    pull = _pull(at, 2)
    assert (pull.title, pull.body, pull.head_ref, pull.head_sha) == ("Add b", "Because.", BRANCH, run["headSha"])
    assert (pull.labels, pull.requested_reviewers) == (("bot",), ("alice",))
    assert _tree(at, 2)["b.py"] == b"2\n"
    for kind, times in (("git_object", 3), ("branch_create", 1), ("pull_request_create", 1), ("label_add", 1)):
        assert len(at.house.written(kind)) == times


def test_asked_five_times_it_is_one_pull_request_and_one_run(at: Agency) -> None:
    first = at.ask()
    at.clear(first["runId"])
    again = [at.ask() for _ in range(4)]
    at.settle()
    assert {run["runId"] for run in again} == {first["runId"]}
    assert {run["headSha"] for run in again} == {first["headSha"]}
    assert len(at.house.github.state.repository(REPOSITORY).pulls) == 2
    assert _writes(at) == [3, 1, 1]


def test_changed_work_is_the_next_epoch_and_updates_the_pull_request(at: Agency) -> None:
    first = at.clear(at.ask()["runId"])
    changed = at.ask(at.store({"path": "b.py", "content": "3\n"}), title="Add b, better")
    assert (changed["runId"], changed["epoch"], changed["status"]) == (first["runId"], 2, "blocked")
    assert sorted(set(codes(changed))) == ["APPROVAL_CONTENT_CHANGED", "INTERNAL_REVIEW_STALE", "VERIFICATION_STALE"]
    done = at.clear(first["runId"])
    assert (done["status"], done["pullRequest"]["number"]) == ("succeeded", 2)
    assert (_pull(at, 2).title, _tree(at, 2)["b.py"]) == ("Add b, better", b"3\n")
    parents = at.house.github.state.repository(REPOSITORY).commits[_pull(at, 2).head_sha].parents
    assert parents == (first["headSha"],)


def test_a_base_that_has_moved_since_is_merged_in_with_the_next_change(at: Agency) -> None:
    first = at.clear(at.ask()["runId"])
    moved = at.house.github.push(REPOSITORY, "main", {"c.py": "9"}, by="bob").sha
    at.ask(at.store({"path": "b.py", "content": "3\n"}))
    done = at.clear(first["runId"])
    commit = at.house.github.state.repository(REPOSITORY).commits[done["headSha"]]
    assert commit.parents == (first["headSha"], moved)
    assert {"b.py", "c.py"} <= set(commit.tree)


def test_a_closed_run_leaves_its_branch_to_the_next_one(at: Agency) -> None:
    first = at.ask()
    assert at.agent.post(f"/api/v1/runs/{first['runId']}/cancel", json={}).get_json()["status"] == "cancelled"
    assert at.ask()["runId"] != first["runId"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"base": "release"}, "BASE_NOT_FOUND"), ({"branch": "feature"}, "BRANCH_EXISTS")],
)
def test_what_is_wrong_with_its_ends_is_a_blocker(at: Agency, changes: dict[str, Any], code: str) -> None:
    run = at.ask(**changes)
    assert (run["status"], codes(run), run["intents"]) == ("blocked", [code], [])


def test_a_base_that_moved_is_a_blocker_until_it_is_asked_for_the_new_one(at: Agency) -> None:
    base = at.house.github.state.repository(REPOSITORY).branches["main"]
    digest = at.store({"path": "b.py", "content": "2\n"}, base=base)
    tip = at.house.github.push(REPOSITORY, "main", {"c.py": "9"}, by="bob").sha
    run = at.ask(digest)
    assert (run["status"], codes(run)) == ("blocked", ["BASE_MOVED"])
    run = at.ask(at.store({"path": "b.py", "content": "2\n"}, base=tip))
    assert (sorted(set(codes(run))), run["headSha"] is not None) == (WAITS, True)


def test_an_artifact_that_is_not_there_is_a_blocker(at: Agency) -> None:
    assert codes(at.ask("0" * 64)) == ["ARTIFACT_MISSING"]


def test_a_repository_where_the_app_is_not_installed_is_a_blocker(at: Agency) -> None:
    assert codes(at.ask(repository="stranger/widget")) == ["REPO_NOT_FOUND"]


CLOSED: dict[str, tuple[dict[str, Any], str]] = {
    "transport": ({"github_projector": "local"}, "TRANSPORT_DISABLED"),
    "kind": ({"allowed_writes": ("status", "branch_create")}, "MUTATION_NOT_ALLOWED"),
    "repository": ({"allowed_repositories": ()}, "REPO_NOT_ALLOWED"),
}


@pytest.mark.parametrize(("change", "code"), CLOSED.values(), ids=CLOSED)
def test_what_the_operators_have_not_switched_on_is_named_with_the_rest_and_cleared_by_asking_again(
    at: Agency, change: dict[str, Any], code: str
) -> None:
    allowed = at.house.context.settings
    at.house.with_settings(**change)
    run_id = at.ask()["runId"]
    assert set(codes(at.run(run_id))) == {*WAITS, code}
    blocked = at.clear(run_id)
    assert (blocked["status"], set(codes(blocked)), at.house.written("branch_create")) == ("blocked", {code}, [])
    at.house.with_settings(**{name: getattr(allowed, name) for name in change})
    at.ask()
    at.settle()
    assert at.run(run_id)["status"] == "succeeded"


def test_a_worker_that_dies_anywhere_leaves_one_pull_request(database_url: str, redis_db: str, tmp_path: Path) -> None:
    points = ("work.claimed", "work.read", "work.recorded", "write.decided", "write.spent", "write.requested")
    with built(database_url, redis_db) as house:
        at = agency(house, tmp_path)
        answer = at.agent.post(
            "/api/v1/pull-requests",
            json={
                "artifact": at.store(),
                "repository": REPOSITORY,
                "base": "main",
                "branch": BRANCH,
                "title": "Add b",
            },
        )
        run_id = answer.get_json()["runId"]
        for point in points[:3]:
            with house.dying_at(point):
                house.sweep()
            house.clock.forward(house.context.settings.lease_seconds + 61)
            at.settle()
            _touch(house, run_id)
        for kind in ("verification", "internal_review"):
            at.give(run_id, kind)
        at.operator.post(f"/api/v1/runs/{run_id}/approve", json={"digest": at.run(run_id)["digest"]})
        for point in points[3:]:
            with house.dying_at(point):
                at.settle()
            house.sent.clear()
            house.clock.forward(house.context.settings.lease_seconds + 61)
        at.settle()
        house.clock.forward(1000)
        at.settle()
        assert at.run(run_id)["status"] == "succeeded"
        assert [len(house.written(kind)) for kind in ("git_object", "branch_create", "pull_request_create")] == [
            3,
            1,
            1,
        ]


def _touch(house: House, run_id: str) -> None:
    """There is a reason to look at the run again."""
    house.rows(
        f"WITH step AS (UPDATE steps SET status = 'pending', due_at = now() - interval '1 hour'"
        f" WHERE workflow_id = '{run_id}') UPDATE workflows SET status = 'pending' WHERE id = '{run_id}' RETURNING 1"
    )
