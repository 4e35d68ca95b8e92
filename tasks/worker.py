"""The Celery app of the workers and of beat: each task by name, delegating in one line."""

import json
import logging
import os
import sys
from functools import cache
from typing import Any
from uuid import UUID

import psycopg
from celery import Celery  # type: ignore[import-untyped]
from kombu.exceptions import OperationalError

from app import database
from app.events import Delivery
from app.limits import Limits
from app.queue import make_celery
from app.settings import Settings, SettingsError, load
from tasks import context as contexts
from tasks import evaluate, find, intake, names, sweep, write
from tasks.context import Context

LONGEST_RETRY_SECONDS = 30
SWEEP_MESSAGE_EXPIRES_SWEEPS = 3

log = logging.getLogger("mergegate")


def make_worker(settings: Settings) -> Celery:
    """The Celery app with our tasks and beat's schedule on it."""
    app = make_celery(settings)
    app.conf.worker_concurrency = settings.worker_concurrency
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
    # The delivery in this message is not in Postgres yet, so the message must outlive Postgres being away.
    app.task(
        name=names.HANDLE_DELIVERY,
        autoretry_for=(psycopg.OperationalError,),
        retry_backoff=True,
        retry_backoff_max=LONGEST_RETRY_SECONDS,
        max_retries=None,
    )(handle_delivery)
    app.task(name=names.EVALUATE)(evaluate_pull_request)
    app.task(name=names.FIND_PULLS)(find_pull_requests)
    app.task(name=names.WRITE)(perform_write)
    app.task(name=names.ENQUEUE_DUE)(enqueue_due)


def handle_delivery(delivery: dict[str, Any]) -> None:
    """Take a delivery in; the one message that carries more than an id."""
    intake.handle(here(), Delivery.model_validate_json(json.dumps(delivery)))


def evaluate_pull_request(run_id: str) -> None:
    """Evaluate the pull request of a run."""
    evaluate.pull_request(here(), UUID(run_id))


def find_pull_requests(run_id: str) -> None:
    """Find the pull requests that a run is about."""
    find.pull_requests(here(), UUID(run_id))


def perform_write(intent_id: str) -> None:
    """Bring an intent a step nearer to its end."""
    write.perform(here(), _projector(os.getpid()), UUID(intent_id))


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
    limits = Limits(settings.redis_url, settings.evaluations_per_minute)
    return Context(settings=settings, pool=pool, limits=limits, reader=contexts.reader(settings), send=send)


@cache
def _projector(_pid: int) -> write.Projector:
    return write.projector(here())


def send(task: str, row_id: UUID, seconds: int) -> None:
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
