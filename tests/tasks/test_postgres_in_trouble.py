"""Postgres fails in the middle of a step: what was begun is done in the end, once, and no row is half written."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app import ledger
from tests.tasks import merging, trouble
from tests.tasks.agency import BRANCH, Agency, agency
from tests.tasks.house import REPOSITORY, House, built
from tests.tasks.trouble import Befall

pytestmark = pytest.mark.matrix
TROUBLES = [trouble.cut, trouble.fill]
VERDICT = ["evaluate.claimed", "evaluate.judged", "evaluate.ruled", "evaluate.before_commit", "evaluate.committed"]
WRITE = ["write.claimed", "write.before_decision", "write.decided", "write.spent", "write.requested", "write.receipted"]
MERGE = ["merge.claimed", "merge.read", "merge.final_read", "merge.before_commit.intent", "merge.intent"]
MERGED = ["merge.before_commit.sent", "merge.spent", "merge.requested", "merge.verified", "merge.before_commit.result"]
HANDOFF = ["work.claimed", "work.read", "work.recorded", "write.decided", "write.spent", "write.requested"]
LEFT_OPEN = """
SELECT id::text FROM steps WHERE status IN ('pending', 'running') AND workflow_id IN
    (SELECT id FROM workflows WHERE type <> 'reconciliation')
"""


@pytest.fixture
def quick(house: House) -> House:
    """The App's own token is made by the real clock and lives for five minutes, so all of it takes less."""
    house.with_settings(lease_seconds=5, settle_seconds=5, merge_lease_seconds=10, merge_settle_seconds=10)
    return house


@pytest.fixture
def at(database_url: str, redis_db: str, tmp_path: Path) -> Iterator[Agency]:
    with built(database_url, redis_db) as house:
        yield agency(house, tmp_path, lease_seconds=5, settle_seconds=5)


def _assert_that_the_audit_holds(house: House) -> None:
    with house.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


@pytest.mark.parametrize("befall", TROUBLES)
@pytest.mark.parametrize("point", ["intake.before_commit", "intake.committed"])
def test_a_delivery_that_could_not_be_recorded_is_taken_in_when_it_comes_again(
    quick: House, point: str, befall: Befall
) -> None:
    with trouble.befalling(quick, point, befall) as met:
        event = quick.event("pull_request", "opened", pulls=(1,), head_sha=_head(quick), branch="main")
        met.attempt(lambda: quick.deliver(event, guid="g-1"))
        assert (met.failed != []) == (point == "intake.before_commit")
        met.end()
        assert met.attempt(lambda: quick.deliver(event, guid="g-1"))
        met.live(20)
    assert quick.statuses() == [("pending", "0/1 rules approved")]
    assert len(quick.rows("SELECT id FROM deliveries")) == 1


@pytest.mark.parametrize("befall", TROUBLES)
@pytest.mark.parametrize("point", [*VERDICT, *WRITE])
def test_a_verdict_is_written_once(quick: House, point: str, befall: Befall) -> None:
    with trouble.befalling(quick, point, befall) as met:
        met.attempt(quick.deliver_pull)
        met.live(20)
    assert quick.statuses() == [("pending", "0/1 rules approved")]
    assert quick.rows(LEFT_OPEN) == []
    _assert_that_the_audit_holds(quick)


@pytest.mark.parametrize("befall", TROUBLES)
@pytest.mark.parametrize("point", [*MERGE, *MERGED])
def test_a_merge_is_made_once(quick: House, point: str, befall: Befall) -> None:
    about = merging.issue(merging.ready(quick))
    with trouble.befalling(quick, point, befall) as met:
        met.attempt(lambda: merging.merge(quick, about))
        met.live(20)
    assert [put.effect for put in merging.puts(quick)].count("yes") == 1
    assert [row["status"] for row in quick.rows("SELECT status FROM issues")] == ["DONE"]
    assert merging.kinds_of_audit(quick).count("MERGED") == 1
    _assert_that_the_audit_holds(quick)


@pytest.mark.parametrize("befall", TROUBLES)
@pytest.mark.parametrize("point", HANDOFF)
def test_a_pull_request_is_opened_once(at: Agency, point: str, befall: Befall) -> None:
    house = at.house
    run_id = _asked(at)
    if point.startswith("write."):
        _cleared(at, run_id)
    with trouble.befalling(house, point, befall) as met:
        met.live(20)
        if not point.startswith("write."):
            _cleared(at, run_id)
            met.live(20)
    assert at.run(run_id)["status"] == "succeeded"
    kinds = ("git_object", "branch_create", "pull_request_create")
    assert [len(house.written(kind)) for kind in kinds] == [3, 1, 1]
    _assert_that_the_audit_holds(house)


def _head(house: House) -> str:
    return house.github.state.pull(REPOSITORY, 1).head_sha


def _asked(at: Agency) -> str:
    """Somebody asks for a pull request, and no worker has seen it yet."""
    wanted = {"artifact": at.store(), "repository": REPOSITORY, "base": "main", "branch": BRANCH, "title": "Add b"}
    answer = at.agent.post("/api/v1/pull-requests", json=wanted)
    run_id = answer.get_json()["runId"]
    assert isinstance(run_id, str)
    return run_id


def _cleared(at: Agency, run_id: str) -> None:
    """All that is asked for has arrived, and no worker has seen the last of it yet."""
    at.house.sweep()
    for kind in ("verification", "internal_review"):
        at.give(run_id, kind)
    answer = at.operator.post(f"/api/v1/runs/{run_id}/approve", json={"digest": at.run(run_id)["digest"]})
    assert answer.status_code == 200
