"""A run's wishes for the same thing: the last one counts, each is written once, and an earlier one can come again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tasks.agency import Agency, agency
from tests.tasks.house import REPOSITORY, built

KINDS = ("comment_create", "comment_update", "label_add", "label_remove")


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[Agency]:
    with built(database_url, redis_db) as house:
        made = agency(house, tmp_path, approvals_required="none", allowed_writes=("status", *KINDS))
        house.kinds = ("status", *KINDS)
        yield made


def _open(at: Agency) -> str:
    head = at.house.github.state.pull(REPOSITORY, 1).head_sha
    wanted = {"repository": REPOSITORY, "base": "main", "head": "feature", "headSha": head}
    answer = at.agent.post("/api/v1/runs", json=wanted)
    run_id = str(answer.get_json()["runId"])
    at.house.sweep()
    return run_id


def _judge(at: Agency, run_id: str) -> None:
    for kind in ("verification", "internal_review"):
        assert at.give(run_id, kind).status_code == 201


def _wish(at: Agency, run_id: str, kind: str, **content: Any) -> None:
    answer = at.agent.post(f"/api/v1/runs/{run_id}/writes", json={"kind": kind, "content": {"number": 1, **content}})
    assert answer.status_code == 202, answer.get_json()
    at.house.sweep()


def _settle(at: Agency, run_id: str) -> None:
    """The run is looked at many times over, as it may be."""
    for _ in range(5):
        at.settle()
        at.house.rows(
            f"WITH step AS (UPDATE steps SET status = 'pending', due_at = now() WHERE workflow_id = '{run_id}'"
            " AND position IS NOT NULL)"
            f" UPDATE workflows SET status = 'pending' WHERE id = '{run_id}' RETURNING 1"
        )
    at.settle()


def _texts(at: Agency) -> list[str]:
    """What was sent as our comment, one after the other."""
    sent = [*at.house.written("comment_create"), *at.house.written("comment_update")]
    return [body["body"].partition("\n")[0] for body in sent]


def test_a_comment_that_is_there_is_not_written_again(at: Agency) -> None:
    run_id = _open(at)
    _judge(at, run_id)
    _wish(at, run_id, "comment", body="running")
    _settle(at, run_id)
    assert (_texts(at), at.run(run_id)["status"]) == (["running"], "succeeded")


def test_of_two_wishes_for_a_comment_that_wait_the_last_one_is_written(at: Agency) -> None:
    run_id = _open(at)
    for body in ("running", "passed"):
        _wish(at, run_id, "comment", body=body)
    at.settle()
    _judge(at, run_id)
    _settle(at, run_id)
    assert (_texts(at), at.run(run_id)["status"]) == (["passed"], "succeeded")


def test_a_comment_can_say_again_what_it_said_before(at: Agency) -> None:
    run_id = _open(at)
    _judge(at, run_id)
    for body in ("running", "failed", "running"):
        _wish(at, run_id, "comment", body=body)
        _settle(at, run_id)
    assert (_texts(at), at.run(run_id)["status"]) == (["running", "failed", "running"], "succeeded")


def test_a_label_goes_and_comes_back(at: Agency) -> None:
    run_id = _open(at)
    _judge(at, run_id)
    for kind, content in (
        ("label_add", {"labels": ["bot"]}),
        ("label_remove", {"label": "bot"}),
        ("label_add", {"labels": ["bot"]}),
    ):
        _wish(at, run_id, kind, **content)
        _settle(at, run_id)
    assert [len(at.house.written(kind)) for kind in ("label_add", "label_remove")] == [2, 1]
    assert at.house.github.state.pull(REPOSITORY, 1).labels == ("bot",)


def test_the_same_wish_again_changes_nothing(at: Agency) -> None:
    run_id = _open(at)
    _judge(at, run_id)
    for _ in range(3):
        _wish(at, run_id, "comment", body="running")
    _settle(at, run_id)
    assert _texts(at) == ["running"]


def test_a_comment_that_somebody_deleted_is_made_anew_for_the_next_wish(at: Agency) -> None:
    run_id = _open(at)
    _judge(at, run_id)
    _wish(at, run_id, "comment", body="running")
    _settle(at, run_id)
    at.house.github.delete_comment(REPOSITORY, 1, at.house.github.state.repository(REPOSITORY).comments[1][0].id)
    _settle(at, run_id)
    assert at.house.github.state.repository(REPOSITORY).comments[1] == []
    _wish(at, run_id, "comment", body="passed")
    _settle(at, run_id)
    (comment,) = at.house.github.state.repository(REPOSITORY).comments[1]
    assert comment.body.startswith("passed")
    assert len(at.house.written("comment_create")) == 2
