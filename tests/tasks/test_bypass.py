"""A merge that this gate did not make is found with its webhook and without it, and recorded as what it is, once."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg.types.json import Jsonb

from app.events import Event, Forced, Merged
from app.github.merge_documents import MergePull
from app.github.reader import Place
from app.records import gate_findings, issues, step_runs
from app.records.issues import Issue
from app.records.step_runs import StepRun
from app.records.watches import WATCH_SECONDS
from tasks import bypass, names, sweep
from tests.tasks import merging
from tests.tasks.house import REPOSITORY, House

URL = f"https://github.com/{REPOSITORY}/pull/1"
BEFORE = "b" * 40


@pytest.fixture(autouse=True)
def guarded(house: House) -> None:
    house.with_settings(merge_repositories=(REPOSITORY,))


def _closed(house: House, **merged: Any) -> Event:
    pull = house.github.state.pull(REPOSITORY, 1)
    said = Merged(by="alice", sha=pull.merge_sha, **merged)
    return house.event("pull_request", "closed", pulls=(1,), head_sha=pull.head_sha, branch="main", merged=said)


def _merge_by_hand(house: House) -> None:
    house.github.merge(REPOSITORY, 1, by="alice")


def _judge(house: House) -> None:
    house.deliver_pull()
    house.work()


def _looking(house: House) -> list[UUID]:
    return [row_id for task, row_id in house.sent if task == names.MERGE]


def _work_but_merges(house: House) -> list[UUID]:
    """Do what the messages say but for merge runs, which are returned."""
    kept = []
    while house.sent:
        task, row_id = house.sent.pop(0)
        if task == names.MERGE:
            kept.append(row_id)
        else:
            house.run(task, row_id)
    return kept


def _pull(house: House) -> MergePull:
    found = house.context.reader.merge_pull(Place(house.installation_id, house.repository_id), 1)
    assert found is not None
    return found


def _step(house: House, run_id: UUID) -> StepRun:
    with house.context.pool.connection() as tx:
        found = step_runs.get(tx, run_id)
    assert found is not None
    return found


def _recognise(house: House, run_id: UUID, issue: Issue | None = None, **changes: Any) -> bool:
    step, pull = replace(_step(house, run_id), **changes), _pull(house)
    with house.context.pool.connection() as tx:
        return bypass.recognise(house.context, tx, step, pull, issue, house.clock())


def _audit(house: House, kind: str) -> list[dict[str, Any]]:
    return [row["body"] for row in house.rows(f"SELECT body FROM audit_entries WHERE kind = '{kind}' ORDER BY seq")]


def _alerts(house: House) -> list[str]:
    return [row["code"] for row in house.rows("SELECT code FROM alerts ORDER BY raised_at, code")]


def _issue(house: House, status: str = "REVIEW_READY") -> Issue:
    with house.context.pool.connection() as tx:
        made = issues.create(tx, pr_url=URL, created_by="bob", now=house.clock())
        tx.execute("UPDATE issues SET status = %(status)s", {"status": status})
        found = issues.get(tx, made.id)
    assert found is not None
    return found


def _merged_and_looked_at(house: House, **merged: Any) -> UUID:
    _merge_by_hand(house)
    house.deliver(_closed(house, **merged))
    return _looking(house)[0]


def _attempt(house: House, kind: str, state: str, head_sha: str) -> None:
    values = {"id": uuid4(), "kind": kind, "state": state, "repo": house.repository_id, "head": head_sha}
    with house.context.pool.connection() as tx:
        tx.execute(
            "INSERT INTO merge_attempts (id, kind, repository_id, full_name, installation_id, number, base_ref,"
            " head_sha, request_id, state, request, history, expires_at, recorded_at) VALUES (%(id)s, %(kind)s,"
            " %(repo)s, 'acme/widget', 1, 1, 'main', %(head)s, 'r', %(state)s, %(empty)s, %(empty)s, now(), now())",
            {**values, "empty": Jsonb({})},
        )


def _head(house: House) -> str:
    return house.github.state.pull(REPOSITORY, 1).head_sha


def test_a_merge_that_an_event_tells_of_is_looked_at(house: House) -> None:
    step = _step(house, _merged_and_looked_at(house))
    assert (step.step, step.mode, step.woken_by, step.issue_id) == ("S5_MERGE", "observe", "event", None)


def test_it_is_looked_at_for_each_issue_that_waits_for_it(house: House) -> None:
    waiting, _ = _issue(house), _issue(house, "REVIEW_READY")
    _merge_by_hand(house)
    house.deliver(_closed(house))
    assert len(_looking(house)) == 2
    assert waiting.id in {_step(house, run_id).issue_id for run_id in _looking(house)}


def test_an_issue_that_does_not_wait_for_it_has_no_run_of_its_own(house: House) -> None:
    _issue(house, "HOLD")
    assert _step(house, _merged_and_looked_at(house)).issue_id is None


def test_it_is_looked_at_once_however_often_it_is_told(house: House) -> None:
    _merged_and_looked_at(house)
    house.deliver(_closed(house))
    house.deliver(_closed(house))
    assert len(_looking(house)) == 1


def test_a_pull_request_that_was_closed_otherwise_is_not_looked_at(house: House) -> None:
    house.deliver(house.event("pull_request", "closed", pulls=(1,), head_sha=_head(house), branch="main"))
    assert _looking(house) == []


def test_a_repository_of_nobody_s_is_not_looked_at(house: House) -> None:
    house.with_settings(allowed_repositories=("acme/gear",))
    _merge_by_hand(house)
    house.deliver(_closed(house))
    assert _looking(house) == []


@pytest.mark.parametrize("state", ["SENT", "IN_DOUBT", "SUCCEEDED"])
def test_a_merge_of_our_own_is_not_looked_at(house: House, state: str) -> None:
    _attempt(house, "merge", state, _head(house))
    _merge_by_hand(house)
    house.deliver(_closed(house))
    assert _looking(house) == []


@pytest.mark.parametrize("state", ["INTENT", "FAILED"])
def test_one_that_we_did_not_come_to_make_is_looked_at(house: House, state: str) -> None:
    _attempt(house, "merge", state, _head(house))
    _merge_by_hand(house)
    house.deliver(_closed(house))
    assert len(_looking(house)) == 1


def test_without_its_webhook_it_is_found_when_the_pull_request_is_evaluated(house: House) -> None:
    _merge_by_hand(house)
    house.deliver(house.event("issue_comment", "created", pulls=(1,)))
    found = _work_but_merges(house)
    assert [_step(house, run_id).woken_by for run_id in found] == ["sweeper"]


def test_without_any_webhook_it_is_found_by_the_sweep(house: House) -> None:
    _judge(house)
    _merge_by_hand(house)
    bypass_before = _looking(house)
    house.clock.forward(WATCH_SECONDS)
    _sweep(house)
    assert bypass_before == []
    assert len(_work_but_merges(house)) == 1


def _sweep(house: House) -> None:
    """Beat's tick alone."""
    sweep.enqueue_due(house.context)


def test_the_sweep_compares_now_and_then(house: House) -> None:
    _judge(house)
    for _ in range(3):
        _sweep(house)
        house.work()
    asked = "SELECT count(*) AS n FROM runs WHERE kind = 'find_changed'"
    assert house.rows(asked) == [{"n": 1}]
    house.clock.forward(WATCH_SECONDS + 1)
    _sweep(house)
    assert house.rows(asked) == [{"n": 2}]


def test_a_repository_that_is_not_guarded_is_not_compared(house: House) -> None:
    house.with_settings(merge_repositories=())
    _judge(house)
    _sweep(house)
    assert house.sent == []


def test_a_push_whose_webhook_was_lost_is_found_too(house: House) -> None:
    _judge(house)
    head = house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob").sha
    _sweep(house)
    house.work()
    assert house.rows("SELECT head_sha FROM evaluations ORDER BY seq")[-1]["head_sha"] == head


def test_a_merge_by_hand_is_recorded_with_who_made_it(house: House) -> None:
    run_id = _merged_and_looked_at(house)
    assert _recognise(house, run_id)
    (body,) = _audit(house, "EXTERNAL_MERGE")
    pull = house.github.state.pull(REPOSITORY, 1)
    assert body == {
        "repository": REPOSITORY,
        "number": 1,
        "base": "main",
        "head_sha": pull.head_sha,
        "merge_sha": pull.merge_sha,
        "merged_by": "alice",
        "via": "hand",
        "had_pass": False,
        "issue": None,
    }


def test_a_head_that_nobody_approved_is_an_alert(house: House) -> None:
    _judge(house)
    _recognise(house, _merged_and_looked_at(house))
    assert _alerts(house) == ["BYPASS_UNAPPROVED_HEAD"]


def test_a_head_that_was_approved_for_this_base_is_another_one(house: House) -> None:
    _judge(house)
    house.approve()
    _recognise(house, _merged_and_looked_at(house))
    assert _alerts(house) == ["EXTERNAL_MERGE"]
    assert _audit(house, "EXTERNAL_MERGE")[0]["had_pass"]


def test_an_approval_of_an_older_head_is_none(house: House) -> None:
    _judge(house)
    house.approve()
    house.github.push(REPOSITORY, "feature", {"a.py": "2"}, by="bob")
    _recognise(house, _merged_and_looked_at(house))
    assert _alerts(house) == ["BYPASS_UNAPPROVED_HEAD"]


def test_where_people_merge_by_hand_an_approved_merge_is_no_alert(house: House) -> None:
    house.with_settings(merge_repositories=())
    _judge(house)
    house.approve()
    _recognise(house, _merged_and_looked_at(house))
    assert (len(_audit(house, "EXTERNAL_MERGE")), _alerts(house)) == (1, [])


def test_it_is_recorded_once(house: House) -> None:
    run_id = _merged_and_looked_at(house)
    assert _recognise(house, run_id)
    assert _recognise(house, run_id)
    assert (len(_audit(house, "EXTERNAL_MERGE")), len(_alerts(house))) == (1, 1)
    house.sent.clear()
    house.deliver(_closed(house))
    with house.context.pool.connection() as tx:
        tx.execute("UPDATE merge_requests SET status = 'ended'")
    house.deliver(_closed(house))
    assert _looking(house) == []


def test_a_dry_run_records_nothing(house: House) -> None:
    issue = _issue(house)
    assert _recognise(house, _merged_and_looked_at(house), issue, mode="dryRun")
    assert (_audit(house, "EXTERNAL_MERGE"), _alerts(house)) == ([], [])
    assert house.rows("SELECT status FROM issues") == [{"status": "REVIEW_READY"}]


def test_auto_merge_is_known_from_the_pull_request_s_own_event(house: House) -> None:
    _recognise(house, _merged_and_looked_at(house, automatic=True))
    assert _audit(house, "EXTERNAL_MERGE")[0]["via"] == "auto_merge"


def test_the_merge_queue_is_known_by_its_group(house: House) -> None:
    entry = house.github.enqueue(REPOSITORY, 1, by="alice")
    house.deliver(house.event("merge_group", "checks_requested", head_sha=entry.head_sha, branch="main"))
    house.github.merge_next(REPOSITORY)
    house.deliver(_closed(house))
    _recognise(house, _looking(house)[0])
    assert _audit(house, "EXTERNAL_MERGE")[0]["via"] == "queue"


@pytest.mark.parametrize("state", ["SENT", "IN_DOUBT", "SUCCEEDED"])
def test_what_we_put_into_the_queue_ourselves_is_no_bypass(house: House, state: str) -> None:
    entry = house.github.enqueue(REPOSITORY, 1, by="alice")
    house.deliver(house.event("merge_group", "checks_requested", head_sha=entry.head_sha, branch="main"))
    _attempt(house, "enqueue", state, _head(house))
    house.github.merge_next(REPOSITORY)
    house.deliver(_closed(house))
    assert not _recognise(house, _looking(house)[0])
    assert _audit(house, "EXTERNAL_MERGE") == []


def test_what_we_put_into_the_queue_and_somebody_merged_by_hand_is_one(house: House) -> None:
    _attempt(house, "enqueue", "SUCCEEDED", _head(house))
    assert _recognise(house, _merged_and_looked_at(house))


def test_a_merge_of_ours_is_none(house: House) -> None:
    run_id = _merged_and_looked_at(house)
    _attempt(house, "merge", "SUCCEEDED", _head(house))
    assert not _recognise(house, run_id)
    assert (_audit(house, "EXTERNAL_MERGE"), _alerts(house)) == ([], [])


def test_the_issue_ends_in_done_without_a_merge_of_ours(house: House) -> None:
    issue = _issue(house)
    _recognise(house, _merged_and_looked_at(house), issue)
    merge_sha = house.github.state.pull(REPOSITORY, 1).merge_sha
    assert house.rows("SELECT status, merge_sha FROM issues") == [{"status": "DONE", "merge_sha": merge_sha}]
    assert house.rows("SELECT type FROM timeline_events WHERE type = 'loop_merged'") == []
    assert _audit(house, "EXTERNAL_MERGE")[0]["issue"] == str(issue.id)


@pytest.mark.parametrize("status", ["IMPLEMENTING_PREP", "HOLD", "VERIFIED"])
def test_an_issue_elsewhere_stays_where_it_is(house: House, status: str) -> None:
    issue = _issue(house, status)
    _recognise(house, _merged_and_looked_at(house), issue)
    assert house.rows("SELECT status FROM issues") == [{"status": status}]


def _enabled(house: House) -> Event:
    facts = {"pulls": (1,), "head_sha": _head(house), "branch": "main", "sender": "mallory"}
    return house.event("pull_request", "auto_merge_enabled", **facts)


def test_auto_merge_switched_on_is_an_alert_once_for_a_head(house: House) -> None:
    house.deliver(_enabled(house))
    house.deliver(_enabled(house))
    assert _alerts(house) == ["AUTO_MERGE_ENABLED"]
    assert [body["by"] for body in _audit(house, "AUTO_MERGE_ENABLED")] == ["mallory"]


def test_auto_merge_is_of_no_interest_where_nothing_is_guarded(house: House) -> None:
    house.with_settings(merge_repositories=())
    house.deliver(_enabled(house))
    assert _alerts(house) == []


def _forced(house: House, branch: str, **forced: Any) -> Event:
    facts = {"head_sha": "c" * 40, "branch": branch, "sender": "mallory"}
    return house.event("push", None, **facts, forced=Forced(before=BEFORE, **forced))


def test_a_default_branch_moved_by_force_is_an_alert(house: House) -> None:
    house.deliver(_forced(house, "main", is_default=True))
    assert _alerts(house) == ["BASE_FORCE_PUSHED"]
    assert _audit(house, "BASE_FORCE_PUSHED") == [
        {"repository": REPOSITORY, "base": "main", "before": BEFORE, "after": "c" * 40, "by": "mallory"}
    ]


def test_so_is_a_branch_that_doctor_looked_at(house: House) -> None:
    with house.context.pool.connection() as tx:
        gate_findings.found(tx, house.repository_id, "release", is_required=True, now=house.clock())
    house.deliver(_forced(house, "release"))
    assert _alerts(house) == ["BASE_FORCE_PUSHED"]


def test_so_is_a_branch_that_we_merged_into(house: House) -> None:
    _attempt(house, "merge", "SUCCEEDED", "d" * 40)
    house.deliver(_forced(house, "main"))
    assert _alerts(house) == ["BASE_FORCE_PUSHED"]


def test_a_branch_of_somebody_s_own_may_be_forced(house: House) -> None:
    house.deliver(_forced(house, "feature"))
    assert _alerts(house) == []


def test_a_push_without_force_is_none(house: House) -> None:
    house.deliver(house.event("push", None, head_sha="c" * 40, branch="main"))
    assert _alerts(house) == []


def _ended(house: House) -> list[tuple[str, str]]:
    rows = house.rows("SELECT outcome, answer ->> 'code' AS code FROM step_runs ORDER BY started_at")
    return [(row["outcome"], row["code"]) for row in rows]


def test_a_merge_by_hand_ends_the_issue_in_done_from_its_webhook_on(house: House) -> None:
    issue = merging.issue(house)
    _judge(house)
    _merge_by_hand(house)
    house.deliver(_closed(house))
    house.work()
    assert _ended(house) == [("already_merged", "PR_ALREADY_MERGED")]
    assert house.rows("SELECT status FROM issues") == [{"status": "DONE"}]
    assert house.rows("SELECT status FROM merge_requests") == [{"status": "ended"}]
    types = house.rows(f"SELECT type FROM timeline_events WHERE issue_id = '{issue.id}' ORDER BY seq")
    assert [row["type"] for row in types] == ["loop_review_requested", "loop_run_started", "loop_run_finished"]
    assert _alerts(house) == ["BYPASS_UNAPPROVED_HEAD"]


def test_so_does_the_sweep_with_every_webhook_lost(house: House) -> None:
    _judge(house)
    merging.issue(house)
    _merge_by_hand(house)
    house.sweep()
    assert _ended(house) == [("already_merged", "PR_ALREADY_MERGED")]
    assert len(_audit(house, "EXTERNAL_MERGE")) == 1
    assert house.rows("SELECT status FROM issues") == [{"status": "DONE"}]


def test_a_merge_of_ours_is_told_by_its_webhook_as_nothing_new(house: House) -> None:
    merging.ready(house)
    merging.ask(house, merging.issue(house))
    house.work()
    house.deliver(_closed(house))
    house.work()
    house.clock.forward(WATCH_SECONDS)
    house.sweep()
    assert [outcome for outcome, _ in _ended(house)] == ["merged"]
    assert (_audit(house, "EXTERNAL_MERGE"), _alerts(house)) == ([], [])


def test_auto_merge_whose_webhook_was_lost_is_found_by_the_sweep(house: House) -> None:
    _judge(house)
    house.github.set_up(REPOSITORY, auto_merge=True)
    house.github.enable_auto_merge(REPOSITORY, 1, by="bob")
    house.sweep()
    house.deliver(_enabled(house))
    assert _alerts(house) == ["AUTO_MERGE_ENABLED"]
    assert [body["by"] for body in _audit(house, "AUTO_MERGE_ENABLED")] == ["bob"]
