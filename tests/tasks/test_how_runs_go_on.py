"""A run goes on by itself as soon as it can, whatever came in between, and never a step further than it may."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tasks.agency import BRANCH, KINDS, MOST_SWEEPS, Agency, agency, codes
from tests.tasks.house import REPOSITORY, built

MADE = ("git_object", "branch_create", "pull_request_create", "label_add")


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[Agency]:
    with built(database_url, redis_db) as house:
        yield agency(house, tmp_path)


def _allow(at: Agency, *kinds: str, **settings: Any) -> None:
    at.house.kinds = ("status", "git_object", *KINDS, *kinds)
    at.house.with_settings(allowed_writes=("status", *KINDS, *kinds), **settings)


def _judge(at: Agency, run_id: str, verification: str = "PASS") -> None:
    assert at.give(run_id, "verification", verification).status_code == 201
    assert at.give(run_id, "internal_review").status_code == 201


def _wish(at: Agency, run_id: str, kind: str, **content: Any) -> None:
    answer = at.agent.post(f"/api/v1/runs/{run_id}/writes", json={"kind": kind, "content": content})
    assert answer.status_code == 202, answer.get_json()
    at.house.sweep()


def _made(at: Agency) -> list[int]:
    return [len(at.house.written(kind)) for kind in MADE]


@pytest.mark.matrix
@pytest.mark.parametrize("kind", MADE)
def test_it_goes_on_after_a_worker_that_died_with_a_receipt_and_before_it_told_anybody(at: Agency, kind: str) -> None:
    run_id = at.ask(labels=["bot"])["runId"]
    _judge(at, run_id)
    digest = at.run(run_id)["digest"]
    at.operator.post(f"/api/v1/runs/{run_id}/approve", json={"digest": digest})
    with at.house.dying_at("write.receipted"):
        while True:
            at.house.clock.forward(5)
            before = at.house.context
            if not at.house.written(kind):
                at.house.context = replace(before, checkpoint=_once(at, kind, before.checkpoint))
            at.house.sweep()
    at.house.sent.clear()
    at.house.clock.forward(at.house.context.settings.lease_seconds + 61)
    at.settle()
    assert (at.run(run_id)["status"], _made(at)) == ("succeeded", [3, 1, 1, 1])


def _once(at: Agency, kind: str, die: Callable[[str], None]) -> Callable[[str], None]:
    return lambda point: die(point) if at.house.written(kind) else None


def test_a_pace_that_holds_a_write_back_while_it_waits_for_its_turn_does_not_hold_it_for_ever(at: Agency) -> None:
    at.house.with_settings(write_spacing_seconds=1, notifying_spacing_seconds=30)
    run_id = at.ask()["runId"]
    _judge(at, run_id)
    at.house.busy("notifying", 30)
    assert at.approve(run_id).status_code == 200
    at.settle()
    assert (at.run(run_id)["status"], _made(at)) == ("succeeded", [3, 1, 1, 0])


def test_a_write_of_another_sort_that_waits_holds_up_no_pull_request(at: Agency) -> None:
    first = at.clear(at.ask()["runId"])
    at.ask(at.store({"path": "b.py", "content": "3\n"}))
    _wish(at, first["runId"], "comment", number=2, body="changed")  # which is not allowed here
    run = at.clear(first["runId"])
    assert set(codes(run)) == {"MUTATION_NOT_ALLOWED"}
    assert at.house.github.state.pull(REPOSITORY, 2).head_sha == run["headSha"]
    assert len(at.house.rows("SELECT id FROM decisions")) < 50


def test_two_runs_with_the_same_file_take_nothing_from_each_other(at: Agency) -> None:
    same = {"path": "same.py", "content": "1\n"}
    first = at.ask(at.store(same, {"path": "b.py", "content": "2\n"}))
    at.ask(at.store(same, {"path": "c.py", "content": "3\n"}), branch="agent/other")
    run = at.clear(first["runId"])
    assert (run["status"], codes(run), run["pullRequest"]["number"]) == ("succeeded", [], 2)


def test_a_part_that_waits_for_evidence_goes_on_with_it(at: Agency) -> None:
    run_id = at.ask(labels=["bot"])["runId"]
    _judge(at, run_id)
    at.house.github.fault("POST", "/labels$", 403, headers={"Retry-After": "60"})
    at.approve(run_id)
    for _ in range(MOST_SWEEPS):
        at.house.clock.forward(2)
        at.house.sweep()
    assert _made(at) == [3, 1, 1, 0]
    assert at.give(run_id, "verification", "FAIL").status_code == 201
    at.house.clock.forward(100)
    at.settle()
    assert _made(at) == [3, 1, 1, 0]
    assert at.give(run_id, "verification").status_code == 201
    at.settle()
    assert (at.run(run_id)["status"], _made(at)) == ("succeeded", [3, 1, 1, 1])


def _fail(at: Agency, run_id: str) -> None:
    run = at.run(run_id)
    said = {"kind": "verification", "verdict": "FAIL", "epoch": run["epoch"], "headSha": run["headSha"]}
    assert at.verifier.post(f"/api/v1/runs/{run_id}/evidence", json=said).status_code == 201


def _deny(at: Agency, run_id: str) -> None:
    said = {"digest": at.run(run_id)["digest"]}
    assert at.operator.post(f"/api/v1/runs/{run_id}/deny", json=said).status_code == 200


def _cancel(at: Agency, run_id: str) -> None:
    assert at.agent.post(f"/api/v1/runs/{run_id}/cancel", json={}).status_code == 200


def _attempt(at: Agency, run_id: str) -> None:
    assert at.agent.post(f"/api/v1/runs/{run_id}/epochs", json={}).status_code == 201


@pytest.mark.matrix
@pytest.mark.parametrize("kind", MADE)
@pytest.mark.parametrize("happen", [_fail, _deny, _cancel, _attempt])
def test_what_happens_between_a_decision_and_its_request_counts(
    at: Agency, happen: Callable[[Agency, str], None], kind: str
) -> None:
    run_id = at.ask(labels=["bot"])["runId"]
    _judge(at, run_id)
    alive = at.house.context
    done: list[list[int]] = []

    def checkpoint(point: str) -> None:
        leased = "SELECT kind FROM writes WHERE lease IS NOT NULL"
        if point == "write.decided" and not done and at.house.rows(leased) == [{"kind": kind}]:
            done.append(_made(at))
            happen(at, run_id)

    at.house.context = replace(alive, checkpoint=checkpoint)
    at.approve(run_id)
    at.settle()
    assert _made(at) == done[0]


def test_what_an_operator_denied_is_not_written_where_nobody_asks_for_their_approval(
    database_url: str, redis_db: str, tmp_path: Path
) -> None:
    with built(database_url, redis_db) as house:
        at = agency(house, tmp_path, approvals_required="none")
        run_id = at.ask()["runId"]
        _deny(at, run_id)
        _judge(at, run_id)
        at.settle()
        assert (set(codes(at.run(run_id))), _made(at)) == ({"APPROVAL_MISSING"}, [0, 0, 0, 0])
        assert at.approve(run_id).status_code == 200
        at.settle()
        assert (at.run(run_id)["status"], _made(at)) == ("succeeded", [3, 1, 1, 0])


def test_one_write_that_an_operator_denied_is_not_written_where_the_run_is_approved(at: Agency) -> None:
    run = at.ask()
    opening = run["intents"][1]
    said = {"digest": opening["digest"]}
    assert at.operator.post(f"/api/v1/intents/{opening['intentId']}/deny", json=said).status_code == 200
    run = at.clear(run["runId"])
    assert (codes(run), _made(at)) == (["APPROVAL_MISSING"], [0, 0, 0, 0])


SAYS: dict[str, dict[str, Any]] = {"review_approve": {"body": "fine"}, "review_request": {"users": ["alice"]}}


@pytest.mark.parametrize("kind", SAYS)
def test_a_review_of_a_commit_that_is_not_the_runs_is_none_of_its_writes(at: Agency, kind: str) -> None:
    _allow(at, "review_approve")
    earlier = at.house.github.state.pull(REPOSITORY, 1).head_sha
    head = at.house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob").sha
    wanted = {"repository": REPOSITORY, "base": "main", "head": "feature", "headSha": head}
    run_id = at.agent.post("/api/v1/runs", json=wanted).get_json()["runId"]
    _wish(at, run_id, kind, number=1, head_sha=earlier, **SAYS[kind])
    assert (codes(at.clear(run_id)), at.house.written(kind)) == (["BRANCH_MISMATCH"], [])
    _wish(at, run_id, kind, number=1, head_sha=head, **SAYS[kind])
    assert (codes(at.clear(run_id)), len(at.house.written(kind))) == ([], 1)


def test_a_pull_request_names_the_commit_that_it_takes(at: Agency) -> None:
    run = at.ask()
    at.agent.post(f"/api/v1/runs/{run['runId']}/cancel", json={})
    head = at.house.github.push(REPOSITORY, BRANCH, {"x.py": "1"}, by="bob").sha
    wanted = {"repository": REPOSITORY, "base": "main", "head": BRANCH, "headSha": head}
    run_id = at.agent.post("/api/v1/runs", json=wanted).get_json()["runId"]
    content = {"base": "main", "head": BRANCH, "title": "Add x"}
    _wish(at, run_id, "pull_request_create", head_sha="0" * 40, **content)
    run = at.clear(run_id)
    assert (set(codes(run)), _made(at)) == ({"BRANCH_MISMATCH"}, [0, 0, 0, 0])
    _wish(at, run_id, "pull_request_create", head_sha=head, **content)
    assert (codes(at.clear(run_id)), _made(at)) == ([], [0, 0, 1, 0])


def test_nothing_leaves_for_a_run_that_has_ended(at: Agency) -> None:
    run_id = at.ask()["runId"]
    _judge(at, run_id)
    at.house.rows(f"UPDATE bindings SET is_open = false WHERE run_id = '{run_id}' RETURNING 1")
    said = {"digest": at.run(run_id)["digest"]}
    at.house.rows("UPDATE intents SET stage = 0 WHERE kind = 'branch_create' RETURNING 1")
    at.house.put_writes("kind = 'branch_create'", "pending")
    with at.house.context.pool.connection() as tx:
        tx.execute(
            "INSERT INTO approvals (id, run_id, digest, is_approved, given_by, given_at, expires_at) VALUES"
            " (gen_random_uuid(), %(run)s, %(digest)s, true, 'olga', now(), now() + interval '1 hour')",
            {"run": run_id, **said},
        )
    at.settle()
    assert _made(at) == [0, 0, 0, 0]
    assert at.house.rows("SELECT status FROM intents WHERE kind = 'branch_create'") == [{"status": "superseded"}]
