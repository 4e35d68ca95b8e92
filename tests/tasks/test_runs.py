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


@pytest.mark.parametrize("kind", ["verification", "internal_review"])
def test_evidence_that_fails_blocks_until_it_passes(at: Agency, kind: str) -> None:
    run_id = at.ask()["runId"]
    other = {"verification": "internal_review", "internal_review": "verification"}[kind]
    assert at.give(run_id, other).status_code == 201
    assert at.give(run_id, kind, "FAIL").status_code == 201
    assert at.approve(run_id).status_code == 200
    at.settle()
    assert set(codes(at.run(run_id))) == {f"{kind.upper()}_FAILED"}
    assert at.give(run_id, kind).status_code == 201
    at.settle()
    assert at.run(run_id)["status"] == "succeeded"


def test_evidence_of_another_head_or_epoch_is_refused_as_stale(at: Agency) -> None:
    run = at.ask()
    for changes in ({"headSha": "b" * 40}, {"epoch": 2}):
        answer = at.give(run["runId"], "verification", **changes)
        assert (answer.status_code, answer.get_json()["code"]) == (409, "VERIFICATION_STALE")
    answer = at.give(run["runId"], "internal_review", headSha="b" * 40)
    assert answer.get_json()["code"] == "INTERNAL_REVIEW_STALE"


def test_a_new_attempt_voids_what_was_before(at: Agency) -> None:
    run_id = at.ask()["runId"]
    assert at.give(run_id, "verification").status_code == 201
    assert at.agent.post(f"/api/v1/runs/{run_id}/epochs", json={}).get_json()["epoch"] == 2
    run = at.ask()
    assert (run["epoch"], run["intents"][0]["status"]) == (2, "waiting")
    assert "VERIFICATION_STALE" in codes(run)
    assert at.clear(run_id)["status"] == "succeeded"


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


def test_a_pull_request_that_is_closed_ends_its_run(at: Agency) -> None:
    first = at.clear(at.ask()["runId"])
    at.house.github.close(REPOSITORY, 2)
    at.house.deliver_pull(2, "closed")
    at.house.work()
    hello = {"number": 2, "body": "hello"}
    answer = at.agent.post(f"/api/v1/runs/{first['runId']}/writes", json={"kind": "comment", "content": hello})
    assert (answer.status_code, answer.get_json()["code"]) == (409, "RUN_CLOSED")


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        ("status", {"context": "mergegate: main", "state": "success"}, "NAME_RESERVED"),
        ("check_run", {"name": "Mergegate: policy"}, "NAME_RESERVED"),
        ("label_add", {"number": 2}, "WISH_NOT_UNDERSTOOD"),
    ],
)
def test_what_no_run_may_wish_for_is_refused_and_leaves_the_run_as_it_was(
    at: Agency, kind: str, content: dict[str, Any], code: str
) -> None:
    run = at.clear(at.ask()["runId"])
    whole = {
        "status": {"sha": run["headSha"], "description": "", "target_url": "https://example.org"},
        "check_run": {
            "sha": run["headSha"],
            "conclusion": "success",
            "title": "t",
            "summary": "s",
            "details_url": "https://example.org",
        },
    }
    body = {"kind": kind, "content": {**whole.get(kind, {}), **content}}
    answer = at.agent.post(f"/api/v1/runs/{run['runId']}/writes", json=body)
    assert (answer.status_code, answer.get_json()["code"]) == (422, code)
    assert at.run(run["runId"])["status"] == "succeeded"


def test_a_write_of_a_run_is_approved_by_itself_where_that_is_configured(
    database_url: str, redis_db: str, tmp_path: Path
) -> None:
    with built(database_url, redis_db) as house:
        at = agency(house, tmp_path, approvals_required="write")
        run = at.ask()
        for kind in ("verification", "internal_review"):
            at.give(run["runId"], kind)
        assert [blocker["subject"].partition(":")[0] for blocker in at.run(run["runId"])["blockers"]] == [
            "write",
            "write",
        ]
        for intent in at.run(run["runId"])["intents"]:
            said = {"digest": intent["digest"]}
            assert at.operator.post(f"/api/v1/intents/{intent['intentId']}/approve", json=said).status_code == 200
        at.settle()
        assert at.run(run["runId"])["status"] == "succeeded"


@pytest.mark.parametrize("what", ["run", "intent"])
def test_an_approval_is_of_exactly_what_was_seen_by_somebody_else_with_the_scope(at: Agency, what: str) -> None:
    run = at.ask()
    seen = run if what == "run" else run["intents"][0]
    path = f"/api/v1/{what}s/{seen[f'{what}Id']}/approve"
    changed = ("0" if seen["digest"][0] != "0" else "1") + seen["digest"][1:]
    proposer = at.knock.client("approve", "propose", principal="agent")
    answers = [
        at.agent.post(path, json={"digest": seen["digest"]}),
        proposer.post(path, json={"digest": seen["digest"]}),
        at.operator.post(path, json={"digest": changed}),
    ]
    assert [(answer.status_code, answer.get_json()["code"]) for answer in answers] == [
        (403, "SCOPE_MISSING"),
        (403, "APPROVAL_OWN_PROPOSAL"),
        (409, "APPROVAL_CONTENT_CHANGED"),
    ]


def test_an_approval_ends_and_a_new_one_helps(database_url: str, redis_db: str, tmp_path: Path) -> None:
    with built(database_url, redis_db) as house:
        at = agency(house, tmp_path, approval_seconds=60)
        run_id = at.ask()["runId"]
        assert at.approve(run_id).status_code == 200
        house.clock.forward(60)
        for kind in ("verification", "internal_review"):
            at.give(run_id, kind)
        assert set(codes(at.run(run_id))) == {"APPROVAL_EXPIRED"}
        assert at.approve(run_id).status_code == 200
        at.settle()
        assert at.run(run_id)["status"] == "succeeded"


def test_what_an_operator_denies_is_not_written(at: Agency) -> None:
    run = at.ask()
    said = {"digest": run["digest"], "reason": "not now"}
    assert at.operator.post(f"/api/v1/runs/{run['runId']}/deny", json=said).status_code == 200
    for kind in ("verification", "internal_review"):
        at.give(run["runId"], kind)
    at.settle()
    blockers = at.run(run["runId"])["blockers"]
    assert {(each["code"], each["sentence"]) for each in blockers} == {
        ("APPROVAL_MISSING", "olga has denied what this run wishes for.")
    }
    assert at.house.written("git_object") == []


def test_who_waits_for_a_run_gets_it_as_it_is_in_the_end(at: Agency) -> None:
    run = at.ask()
    answer = at.agent.get(f"/api/v1/runs/{run['runId']}?wait=1")
    assert (answer.status_code, answer.get_json()["status"]) == (200, "blocked")
    wanted = {"artifact": at.store(), "repository": REPOSITORY, "base": "main", "branch": BRANCH}
    later = at.agent.post("/api/v1/pull-requests?wait=1", json={**wanted, "title": "Add b", "body": "Because."})
    assert later.status_code == 202  # no worker is at it
