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
from app.github import bindings
from app.github.deliveries import Deliveries
from app.github.merging import Merger
from app.governor import Governor
from app.queue import make_celery
from app.records.runs import LeaseLost
from app.rosters import RostersUnavailable
from app.settings import Settings, SettingsError, load
from tasks import (
    after_merge,
    anchoring,
    approval,
    evaluate,
    find,
    inspecting,
    intake,
    merge,
    merge_group,
    names,
    pruning,
    reconcile,
    steps,
    sweep,
    work,
    write,
)
from tasks import context as contexts
from tasks.context import Context

LONGEST_RETRY_SECONDS = 30
MESSAGE_EXPIRES_ROUNDS = 3

log = logging.getLogger("mergegate")


def make_worker(settings: Settings) -> Celery:
    """The Celery app with our tasks and beat's schedule on it."""
    app = make_celery(settings)
    app.conf.worker_concurrency = settings.worker_concurrency
    # A task is over before its lease is: nobody works on what another worker may have taken over.
    app.conf.task_time_limit = settings.lease_seconds
    app.conf.task_soft_time_limit = max(1, settings.lease_seconds * 4 // 5)
    app.conf.beat_schedule = _schedule(settings)
    _add_tasks(app)
    return app


def _schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """What beat asks for again and again; a message that nobody took in time is of no use any more."""
    every: dict[str, float] = {names.ENQUEUE_DUE: settings.sweep_seconds, names.PRUNE: pruning.PRUNE_SECONDS}
    if settings.audit_anchor is not None:
        every[names.ANCHOR] = settings.audit_anchor_seconds
    return {
        task: {"task": task, "schedule": seconds, "options": {"expires": seconds * MESSAGE_EXPIRES_ROUNDS}}
        for task, seconds in every.items()
    }


def _add_tasks(app: Celery) -> None:
    """On this app alone: Celery would otherwise put them on every app of the process."""
    app.task(name=names.HANDLE_DELIVERY, shared=False, bind=True, max_retries=None)(handle_delivery)
    app.task(name=names.EVALUATE, shared=False)(evaluate_pull_request)
    app.task(name=names.FIND_PULLS, shared=False)(find_pull_requests)
    app.task(name=names.MERGE_GROUP, shared=False)(evaluate_merge_group)
    app.task(name=names.WRITE, shared=False)(perform_write)
    app.task(name=names.WORK, shared=False)(advance_work)
    app.task(name=names.APPROVAL, shared=False)(follow_approval)
    app.task(name=names.STEP, shared=False)(run_step)
    app.task(name=names.MERGE, shared=False)(merge_pull_request)
    app.task(name=names.AFTER_MERGE, shared=False)(follow_up_merge)
    app.task(name=names.ENQUEUE_DUE, shared=False)(enqueue_due)
    app.task(name=names.RECONCILE, shared=False)(reconcile_deliveries)
    app.task(name=names.INSPECT, shared=False)(inspect_gates)
    app.task(name=names.ANCHOR, shared=False)(anchor_audit)
    app.task(name=names.PRUNE, shared=False)(prune)


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


def follow_approval(run_id: str) -> None:
    """End an approval request with what was said."""
    with suppress(LeaseLost):
        approval.follow(here(), UUID(run_id))


def run_step(run_id: str) -> None:
    """Run a step of an issue."""
    with suppress(LeaseLost):
        steps.run(here(), UUID(run_id))


def merge_pull_request(run_id: str) -> None:
    """Bring a merge run on."""
    with suppress(LeaseLost):
        merge.pull_request(here(), _merger(os.getpid()), UUID(run_id))


def follow_up_merge(step_id: str) -> None:
    """Do what follows a merge."""
    with suppress(LeaseLost):
        after_merge.follow_up(here(), _merger(os.getpid()), UUID(step_id))


def enqueue_due() -> None:
    """Enqueue again whatever is due."""
    sweep.enqueue_due(here())


def reconcile_deliveries(run_id: str) -> None:
    """Compare what GitHub says it delivered with what is recorded."""
    with suppress(LeaseLost):
        reconcile.deliveries(here(), _deliveries(os.getpid()), UUID(run_id))


def inspect_gates(run_id: str) -> None:
    """Look whether the gate can be gone around."""
    with suppress(LeaseLost):
        inspecting.inspect(here(), UUID(run_id))


def anchor_audit() -> None:
    """Note the newest entry of the audit outside the database."""
    anchoring.anchor(here())


def prune() -> None:
    """Let go of what is old enough."""
    pruning.prune(here())


def here() -> Context:
    """This process's context, made after the fork: no connection is shared with another process."""
    return _context(os.getpid())


@cache
def _context(_pid: int) -> Context:
    settings = load()
    log.info("action=bound %s", settings.bindings())
    pool = database.pool(settings.database_url)
    pool.open()
    governor = Governor.of(settings)
    reader = contexts.reader(settings, governor)
    artifacts = contexts.artifacts(settings)
    return Context(settings=settings, pool=pool, governor=governor, reader=reader, send=send, artifacts=artifacts)


@cache
def _deliveries(_pid: int) -> Deliveries:
    context = here()
    return bindings.deliveries(context.settings, context.governor, context.clock)


@cache
def _projector(_pid: int) -> write.Projector:
    return write.projector(here())


@cache
def _merger(_pid: int) -> Merger:
    return merge.merger(here())


def send(task: str, row_id: UUID, seconds: float) -> None:
    """Send a message; when the broker is away, the row waits for the sweep."""
    _send(task, [str(row_id)], seconds or None)


def _send(task: str, arguments: list[str], countdown: float | None) -> None:
    try:
        celery.send_task(task, args=arguments, countdown=countdown, retry=False)
    except OperationalError as trouble:
        named = "".join(f" id={each}" for each in arguments)
        log.warning("action=send_failed task=%s%s cause=%s", task, named, type(trouble).__name__)


def _start() -> Celery:
    try:
        return make_worker(load())
    except SettingsError as wrong:
        print(wrong, file=sys.stderr)  # noqa: T201 -- before any logging is set up
        raise SystemExit(1) from None


celery = _start()
