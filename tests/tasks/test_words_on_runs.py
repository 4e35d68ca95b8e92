"""What is said of a run while it goes on: evidence, approvals, what it may not wish for, and its end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tasks.agency import BRANCH, Agency, agency, codes
from tests.tasks.house import REPOSITORY, built


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[Agency]:
    with built(database_url, redis_db) as house:
        yield agency(house, tmp_path)


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
