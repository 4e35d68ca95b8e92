"""The Celery app of the workers: tasks by name on queues of their own, and a sentence where it cannot start."""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from uuid import UUID, uuid4

import pytest
import redis
from celery.exceptions import Retry

from app.events import Event
from app.simulator import Hooks
from tests.tasks.house import House
from tests.tasks.test_killed_workers import environment_of


@pytest.fixture
def worker(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    for name, value in environment_of(house).items():
        monkeypatch.setenv(name, value)
    sys.modules.pop("tasks.worker", None)
    module = importlib.import_module("tasks.worker")
    yield module
    module.here().pool.close()
    sys.modules.pop("tasks.worker", None)


def _waiting(house: House, queue: str) -> int:
    with redis.Redis.from_url(house.context.settings.broker_url) as client:
        return int(client.llen(queue))


def test_every_task_is_known_by_name(worker: ModuleType) -> None:
    ours = {name for name in worker.celery.tasks if not name.startswith("celery.")}
    assert ours == {
        "intake.handle_delivery",
        "evaluate.pull_request",
        "evaluate.find_pull_requests",
        "evaluate.merge_group",
        "write.perform",
        "work.advance",
        "approval.follow",
        "step.run",
        "merge.pull_request",
        "merge.follow_up",
        "sweep.enqueue_due",
        "reconcile.deliveries",
        "reconcile.inspect_gates",
        "reconcile.anchor_audit",
        "reconcile.prune",
    }


def test_beat_sweeps_as_often_as_set_and_lets_old_messages_go(worker: ModuleType) -> None:
    assert worker.celery.conf.beat_schedule == {
        "sweep.enqueue_due": {"task": "sweep.enqueue_due", "schedule": 1, "options": {"expires": 3}},
        "reconcile.prune": {"task": "reconcile.prune", "schedule": 600, "options": {"expires": 1800}},
    }


def test_beat_asks_for_the_sweep_and_the_sweep_for_the_rest(worker: ModuleType) -> None:
    made = worker.make_worker(worker.here().settings)
    assert list(made.conf.beat_schedule) == ["sweep.enqueue_due", "reconcile.prune"]


def test_beat_has_the_audit_anchored_where_a_place_is_set(worker: ModuleType) -> None:
    assert "reconcile.anchor_audit" not in worker.celery.conf.beat_schedule
    settings = worker.here().settings.model_copy(update={"audit_anchor": "file:///mnt/anchors"})
    schedule = worker.make_worker(settings).conf.beat_schedule
    assert schedule["reconcile.anchor_audit"] == {
        "task": "reconcile.anchor_audit",
        "schedule": 3600,
        "options": {"expires": 10800},
    }


def test_a_worker_anchors_the_audit(
    house: House, tmp_path: Path, worker: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.deliver_pull()
    monkeypatch.setenv("AUDIT_ANCHOR", (tmp_path / "anchors").as_uri())
    worker.celery.tasks["reconcile.anchor_audit"].apply(throw=True)
    assert [json.loads(line)["seq"] for line in (tmp_path / "anchors").read_text().splitlines()] == [1]


def test_it_says_what_it_is_bound_to(worker: ModuleType, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "mergegate"):
        worker.here()
    assert "action=bound reader=live projector=live deliveries=local merger=local" in caplog.text


def test_reconciling_goes_on_where_there_is_more(
    worker: ModuleType, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_DELIVERIES", "live")
    monkeypatch.setattr("tasks.reconcile.UNDER_WAY_SECONDS", -1)
    monkeypatch.setattr("tasks.reconcile.MOST_PAGES", 1)
    monkeypatch.setattr("app.github.deliveries.PER_PAGE", 1)
    (app,) = house.github.state.apps.values()
    house.github.set_hook(app, "http://127.0.0.1:9/nobody")
    for title in ("One", "Two"):
        Hooks(house.github).edit_pull("acme/widget", 1, by="bob", title=title)
    worker.enqueue_due()
    assert _waiting(house, "reconcile") == 1
    round_id = str(_only(house, "SELECT id FROM workflows WHERE kind = 'deliveries'"))
    worker.celery.tasks["reconcile.deliveries"](round_id)
    assert (_waiting(house, "reconcile"), _waiting(house, "evaluate")) == (2, 1)
    worker.reconcile_deliveries(round_id)
    assert _waiting(house, "reconcile") == 2
    assert house.rows("SELECT count(*) AS n FROM deliveries WHERE via = 'api'") == [{"n": 2}]


def test_each_task_does_its_step_and_sends_the_next(worker: ModuleType, house: House) -> None:
    head = house.github.state.pull("acme/widget", 1).head_sha
    delivery = house.deliver(house.event("ping"))
    event = house.event("pull_request", "opened", pulls=(1,), head_sha=head, branch="main")
    message = delivery.model_copy(update={"guid": "g-2", "event": event}).model_dump(mode="json")

    worker.celery.tasks["intake.handle_delivery"](message)
    assert _waiting(house, "evaluate") == 1
    worker.evaluate_pull_request(str(_only(house, "SELECT id FROM runs")))
    assert _waiting(house, "write") == 1
    worker.perform_write(str(_only(house, "SELECT id FROM intents")))
    assert house.statuses() == [("pending", "0/1 rules approved")]


def test_the_sweep_and_the_finding_are_tasks_too(worker: ModuleType, house: House) -> None:
    house.deliver(house.event("push", None, branch="main", head_sha="b" * 40))
    worker.enqueue_due()
    assert _waiting(house, "evaluate") == 1
    worker.find_pull_requests(str(_only(house, "SELECT id FROM runs")))
    assert _waiting(house, "evaluate") == 2


def test_the_judging_of_a_merge_group_is_a_task_too(worker: ModuleType, house: House) -> None:
    entry = house.github.enqueue("acme/widget", 1, by="alice")
    house.deliver(house.event("merge_group", "checks_requested", head_sha=entry.head_sha, branch="main"))
    worker.evaluate_merge_group(str(_only(house, "SELECT id FROM runs")))
    assert house.rows("SELECT kind, number FROM runs ORDER BY created_at DESC LIMIT 1") == [
        {"kind": "evaluate", "number": 1}
    ]


def test_a_delivery_is_kept_on_the_queue_while_lists_of_members_can_not_be_dropped(
    worker: ModuleType, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = Event(name="membership", action="removed", installation_id=house.installation_id, owner="acme")
    delivery = house.deliver(house.event("ping")).model_copy(update={"guid": "g-3", "event": event})
    here = worker.here()
    away = replace(here, settings=here.settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"}))
    monkeypatch.setattr(worker, "here", lambda: away)
    task, message = worker.celery.tasks["intake.handle_delivery"], delivery.model_dump(mode="json")
    task.push_request(called_directly=False, id="t-1", args=[message], kwargs={}, retries=0)
    with pytest.raises(Retry):
        task.run(message)
    assert _waiting(house, "intake") == 1
    assert house.rows("SELECT count(*) AS n FROM deliveries WHERE guid = 'g-3'") == [{"n": 0}]


def test_a_message_that_cannot_be_sent_is_left_to_the_sweep(
    worker: ModuleType, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    unreachable = worker.make_celery(worker.here().settings.model_copy(update={"broker_url": "redis://127.0.0.1:1/0"}))
    monkeypatch.setattr(worker, "celery", unreachable)
    worker.send("write.perform", uuid4(), 0)
    assert "action=send_failed task=write.perform" in caplog.text


def test_without_settings_it_says_in_a_sentence_what_is_missing() -> None:
    command = [sys.executable, "-m", "celery", "--app", "tasks.worker:celery", "worker"]
    done = subprocess.run(command, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "WEBHOOK_SECRET is not set; it is required." in done.stderr
    assert "Traceback" not in done.stderr


def _only(house: House, query: str) -> UUID:
    (row,) = house.rows(query)
    return UUID(str(row["id"]))
