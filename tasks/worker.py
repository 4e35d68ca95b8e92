"""The Celery app of the workers and of beat: each task by name, delegating in one line."""

import json
import logging
import os
import sys
from contextlib import suppress
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
from celery import Celery, Task
from celery.exceptions import Reject
from kombu.exceptions import OperationalError

from app import database
from app.events import Delivery
from app.governor import Governor
from app.queue import make_celery
from app.records.runs import LeaseLost
from app.rosters import RostersUnavailable
from app.settings import Settings, SettingsError, load
from tasks import context as contexts
from tasks import evaluate, find, intake, merge_group, names, sweep, work, write
from tasks.context import Context

LONGEST_RETRY_SECONDS = 30
SWEEP_MESSAGE_EXPIRES_SWEEPS = 3

log = logging.getLogger("mergegate")


def make_worker(settings: Settings) -> Celery:
    """The Celery app with our tasks and beat's schedule on it."""
    app = make_celery(settings)
    app.conf.worker_concurrency = settings.worker_concurrency
    # A task is over before its lease is: nobody works on what another worker may have taken over.
    app.conf.task_time_limit = settings.lease_seconds
    app.conf.task_soft_time_limit = max(1, settings.lease_seconds * 4 // 5)
    app.conf.beat_schedule = {
        names.ENQUEUE_DUE: {
            "task": names.ENQUEUE_DUE,
            "schedule": settings.sweep_seconds,
            "options": {"expires": settings.sweep_seconds * SWEEP_MESSAGE_EXPIRES_SWEEPS},
        }
    }
    _add_tasks(app)
    return app


def _add_tasks(app: Celery) -> None:
    """On this app alone: Celery would otherwise put them on every app of the process."""
    app.task(name=names.HANDLE_DELIVERY, shared=False, bind=True, max_retries=None)(handle_delivery)
    app.task(name=names.EVALUATE, shared=False)(evaluate_pull_request)
    app.task(name=names.FIND_PULLS, shared=False)(find_pull_requests)
    app.task(name=names.MERGE_GROUP, shared=False)(evaluate_merge_group)
    app.task(name=names.WRITE, shared=False)(perform_write)
    app.task(name=names.WORK, shared=False)(advance_work)
    app.task(name=names.ENQUEUE_DUE, shared=False)(enqueue_due)


def handle_delivery(task: Task, delivery: dict[str, Any]) -> None:
    """Take a delivery in; the one message that carries more than an id.

    The delivery is not in Postgres yet, so its message must outlive Postgres or Redis being away, and the broker too.
    """
    try:
        intake.handle(here(), Delivery.model_validate_json(json.dumps(delivery)))
    except (psycopg.OperationalError, RostersUnavailable) as trouble:
        seconds = min(2**task.request.retries, LONGEST_RETRY_SECONDS)
        try:
            raise task.retry(exc=trouble, countdown=seconds)
        except Reject:  # the message could not be sent anew: keep the one in hand
            raise Reject(trouble, requeue=True) from trouble


def evaluate_pull_request(run_id: str) -> None:
    """Evaluate the pull request of a run."""
    with suppress(LeaseLost):
        evaluate.pull_request(here(), UUID(run_id))


def find_pull_requests(run_id: str) -> None:
    """Find the pull requests that a run is about."""
    with suppress(LeaseLost):
        find.pull_requests(here(), UUID(run_id))


def evaluate_merge_group(run_id: str) -> None:
    """Judge the merge group of a run."""
    with suppress(LeaseLost):
        merge_group.group(here(), UUID(run_id))


def perform_write(intent_id: str) -> None:
    """Bring an intent a step nearer to its end."""
    with suppress(LeaseLost):
        write.perform(here(), _projector(os.getpid()), UUID(intent_id))


def advance_work(run_id: str) -> None:
    """Bring a run of the API as far as it can go now."""
    with suppress(LeaseLost):
        work.advance(here(), UUID(run_id))


def enqueue_due() -> None:
    """Enqueue again whatever is due."""
    sweep.enqueue_due(here())


def here() -> Context:
    """This process's context, made after the fork: no connection is shared with another process."""
    return _context(os.getpid())


@cache
def _context(_pid: int) -> Context:
    settings = load()
    pool = database.pool(settings.database_url)
    pool.open()
    governor = Governor.of(settings)
    reader = contexts.reader(settings, governor)
    artifacts = contexts.artifacts(settings)
    return Context(settings=settings, pool=pool, governor=governor, reader=reader, send=send, artifacts=artifacts)


@cache
def _projector(_pid: int) -> write.Projector:
    return write.projector(here())


def send(task: str, row_id: UUID, seconds: float) -> None:
    """Send a message; when the broker is away, the row waits for the sweep."""
    try:
        celery.send_task(task, args=[str(row_id)], countdown=seconds or None, retry=False)
    except OperationalError as trouble:
        log.warning("action=send_failed task=%s id=%s cause=%s", task, row_id, type(trouble).__name__)


def _start() -> Celery:
    try:
        return make_worker(load())
    except SettingsError as wrong:
        print(wrong, file=sys.stderr)  # noqa: T201 -- before any logging is set up
        raise SystemExit(1) from None


celery = _start()
