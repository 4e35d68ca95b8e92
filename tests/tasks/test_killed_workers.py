"""kill -9 of a worker between any two steps: the status is written exactly once, and the audit holds."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app import ledger
from app.events import Delivery
from app.queue import make_celery
from tests.tasks.house import House
from tests.tasks.outcomes import written
from tests.tasks.wishes import WISHES, kind_of, prepare

PATIENCE_SECONDS = 60
POINTS = [
    "intake.before_commit",
    "intake.committed",
    "find.claimed",
    "find.listed",
    "evaluate.claimed",
    "evaluate.judged",
    "evaluate.ruled",
    "evaluate.before_commit",
    "evaluate.committed",
    "write.claimed",
    "write.before_decision",
    "write.decided",
    "write.spent",
    "write.requested",
    "write.receipted",
    "write.read_back",
]
AROUND_THE_REQUEST = ["write.spent", "write.requested"]
"""The other points are the same for all kinds, and `test_kinds_of_writes.py` has a worker die there, too."""


def _eventually(condition: Callable[[], bool], what: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < until, f"{what} within {PATIENCE_SECONDS} s"
        threading.Event().wait(0.05)


def environment_of(house: House) -> dict[str, str]:
    """The environment of a process of this house's gate, with everything quick."""
    settings = house.context.settings
    key = settings.github_private_key
    assert key is not None
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "BROKER_URL": settings.broker_url,
        "WEBHOOK_SECRET": settings.webhook_secret.get_secret_value(),
        "GITHUB_API_URL": settings.github_api_url,
        "GITHUB_APP_ID": str(settings.github_app_id),
        "GITHUB_PRIVATE_KEY": key.get_secret_value(),
        "GITHUB_READER": "live",
        "GITHUB_PROJECTOR": "live",
        "ALLOWED_REPOSITORIES": ",".join(settings.allowed_repositories),
        "ALLOWED_WRITES": ",".join(settings.allowed_writes),
        "APPROVALS_REQUIRED": settings.approvals_required,
        "ARTIFACT_STORE": settings.artifact_store or "",
        "FOLD_SECONDS": "0",
        "LEASE_SECONDS": "2",
        "SETTLE_SECONDS": "1",
        "GITHUB_TIMEOUT_SECONDS": "1",
        "SWEEP_SECONDS": "1",
    }


@contextmanager
def _worker(environment: dict[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    command = [sys.executable, "-m", "celery", "--app", "tests.tasks.dying_worker:celery", "worker", "--beat"]
    options = ["--concurrency", "1", "--loglevel", "WARNING", "--scheduler", "celery.beat:Scheduler"]
    with log.open("ab") as output:
        process = subprocess.Popen(
            [*command, *options], env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)


@pytest.mark.matrix
@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_between_two_steps_costs_no_status_and_doubles_none(
    house: House, point: str, tmp_path: Path
) -> None:
    environment = environment_of(house) | {"KILL_AT": point, "KILL_MARK": str(tmp_path / "killed")}
    head = house.github.state.pull("acme/widget", 1).head_sha
    facts = {"head_sha": head} if point.startswith("find.") else {"head_sha": head, "pulls": (1,)}
    if point == "write.read_back":
        house.github.fault("POST", "/statuses/", 502, when="after")
    delivery = _delivery_message(house, facts)
    make_celery(house.context.settings).send_task("intake.handle_delivery", args=[delivery])
    with _worker(environment, tmp_path / "first.log") as first:
        _eventually(lambda: first.poll() is not None, "the first worker dies")
    assert first.returncode == -signal.SIGKILL
    with _worker(environment, tmp_path / "second.log"):
        _eventually(lambda: _settled(house), "the write is settled")
    house.clock.forward(600)
    house.sweep()
    assert house.statuses() == [("pending", "0/1 rules approved")]
    with house.context.pool.connection() as tx:
        assert ledger.verify(ledger.read(tx)).fault is None


@pytest.mark.matrix
@pytest.mark.parametrize("name", WISHES)
@pytest.mark.parametrize("point", AROUND_THE_REQUEST)
def test_a_worker_killed_in_the_middle_of_any_write_doubles_none(
    house: House, name: str, point: str, tmp_path: Path
) -> None:
    prepare(house, name)
    environment = environment_of(house) | {"KILL_AT": point, "KILL_MARK": str(tmp_path / "killed")}
    with _worker(environment, tmp_path / "first.log") as first:
        _eventually(lambda: first.poll() is not None, "the first worker dies")
    with _worker(environment, tmp_path / "second.log"):
        _eventually(lambda: _settled(house, kind_of(name)), "the write is settled")
    house.clock.forward(600)
    house.sweep()
    assert len(written(house, name)) == 1


def _delivery_message(house: House, facts: dict[str, Any]) -> object:
    event = house.event("check_run", "completed", **facts)
    delivery = Delivery(hook_id=1, guid="g-1", body_digest="0" * 64, received_at=datetime.now(UTC), event=event)
    return delivery.model_dump(mode="json")


def _settled(house: House, kind: str = "status") -> bool:
    return house.rows(f"SELECT status FROM intents WHERE status = 'written' AND kind = '{kind}'") != []
