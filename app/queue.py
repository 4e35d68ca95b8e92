"""The message queue: one Celery app for web and workers, and the confirmed, bounded publish of a delivery."""

import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from celery import Celery
from kombu.connection import Connection
from kombu.entity import Exchange, Queue
from kombu.exceptions import KombuError

from app.events import Delivery
from app.settings import Settings

HANDLE_DELIVERY = "intake.handle_delivery"
QUEUES = ("intake", "evaluate", "work", "step", "write", "merge", "sweep", "reconcile")
ROUTES = {
    "intake.*": {"queue": "intake"},
    "evaluate.*": {"queue": "evaluate"},
    "work.*": {"queue": "work"},
    "approval.*": {"queue": "work"},
    "write.*": {"queue": "write"},
    "merge.*": {"queue": "merge"},
    "step.*": {"queue": "step"},
    "sweep.*": {"queue": "sweep"},
    "reconcile.*": {"queue": "reconcile"},
}

SOFT_TIME_LIMIT_SECONDS = 50
HARD_TIME_LIMIT_SECONDS = 60
VISIBILITY_TIMEOUT_SECONDS = 5 * HARD_TIME_LIMIT_SECONDS
RESTORE_INTERVAL_SECONDS = 5
HEALTH_CHECK_SECONDS = 10
SHUTDOWN_SECONDS = 20
SOCKET_TIMEOUT_SECONDS = 2.0
POOL_TIMEOUT_SECONDS = 2.0
DELIVERIES_UNTIL_DROPPED = 5

PUBLISH_TIMEOUT_SECONDS = 1.0
"""Limit of one exchange with the broker while the receiver publishes. Measured: a publish to a stopped Redis or a
stopped RabbitMQ fails after this time, warm or cold."""

PUBLISH_HEALTH_CHECK_SECONDS = 1
"""A connection idle for so long is tried first: a Redis that was stopped would put what we give up on the queue."""


Argument = dict[str, Any] | str
"""Of a task: a delivery, or the id of a row."""


class NotEnqueued(Exception):
    """The broker did not confirm the message in time. It may have taken it all the same: whoever reads the queue
    must bear the same delivery twice."""


def make_celery(settings: Settings) -> Celery:
    """The Celery app. The web process sends tasks by name with it; `tasks` adds the tasks."""
    celery = Celery("mergegate", broker=settings.broker_url, set_as_current=False)
    celery.conf.update(_common())
    celery.conf.update(_amqp() if _speaks_amqp(settings.broker_url) else _redis())
    return celery


class Publisher:
    """Publishes messages from threads of its own, so that whoever waits can stop waiting.

    Each of these threads has a connection of its own: no pool runs dry, and a forked process begins with none.
    """

    def __init__(self, celery: Celery, *, threads: int) -> None:
        self._celery, self._threads = celery, threads
        self._lock = threading.Lock()
        self._local = threading.local()
        self._pool: ThreadPoolExecutor | None = None
        os.register_at_fork(after_in_child=self._forget)

    def publish(self, delivery: Delivery, *, within_seconds: float) -> None:
        """Put the delivery on the queue `intake`, and return when the broker has confirmed it.

        Raises `NotEnqueued` after about `PUBLISH_TIMEOUT_SECONDS`, and never later than `within_seconds`. Nothing is
        tried again, except that a connection which the broker has closed while it was idle is replaced once. What an
        event does not say is left out, so that a worker of the version before understands it.
        """
        message = delivery.model_dump(mode="json", exclude_defaults=True)
        self._publish_within(within_seconds, HANDLE_DELIVERY, message)

    def send(self, task: str, row_id: UUID, *, within_seconds: float) -> None:
        """Put a message that says "look at this row" on the queue of the task; raises `NotEnqueued` as `publish`."""
        self._publish_within(within_seconds, task, str(row_id))

    def _publish_within(self, within_seconds: float, task: str, argument: Argument) -> None:
        sending = self._own_pool().submit(self._publish, task, argument)
        try:
            sending.result(within_seconds)
        except TimeoutError:
            sending.cancel()
            raise NotEnqueued("DeadlineExceeded") from None

    def _own_pool(self) -> ThreadPoolExecutor:
        with self._lock:
            self._pool = self._pool or ThreadPoolExecutor(self._threads, "publish")
            return self._pool

    def _forget(self) -> None:
        """In a forked child: threads and connections belong to the parent."""
        self._lock, self._local, self._pool = threading.Lock(), threading.local(), None

    def _publish(self, task: str, argument: Argument) -> None:
        warm, started_at = self._open_connection().connected, time.monotonic()
        try:
            self._send(task, argument)
        except NotEnqueued:
            if not warm or time.monotonic() - started_at > PUBLISH_TIMEOUT_SECONDS / 2:
                raise
            self._send(task, argument)

    def probe(self) -> None:
        """Raise `NotEnqueued` unless the broker answers a new connection in time."""
        connection = _connect(self._celery)
        try:
            connection.default_channel  # noqa: B018 -- the property connects
        except _failures(connection) as failure:
            raise NotEnqueued(_cause(failure)) from failure
        finally:
            _drop(connection)

    def _send(self, task: str, argument: Argument) -> None:
        connection = self._open_connection()
        try:
            self._celery.send_task(
                task, args=[argument], connection=connection, retry=False, mandatory=True, ignore_result=True
            )
        except _failures(connection) as failure:
            self._local.connection = None
            _drop(connection)
            raise NotEnqueued(_cause(failure)) from failure

    def _open_connection(self) -> Connection:
        if getattr(self._local, "connection", None) is None:
            self._local.connection = _connect(self._celery)
        connection: Connection = self._local.connection
        return connection


def _failures(connection: Connection) -> tuple[type[BaseException], ...]:
    return (KombuError, OSError, *connection.connection_errors, *connection.channel_errors)


def _drop(connection: Connection) -> None:
    """Close the sockets without a farewell, for which a stopped broker would let us wait."""
    connection.collect(PUBLISH_TIMEOUT_SECONDS)  # type: ignore[no-untyped-call]


def _connect(celery: Celery) -> Connection:
    limit = PUBLISH_TIMEOUT_SECONDS
    amqp = _speaks_amqp(celery.conf.broker_url)
    bounds = (
        {"read_timeout": limit, "write_timeout": limit}
        if amqp
        else {
            "socket_timeout": limit,
            "socket_connect_timeout": limit,
            "health_check_interval": PUBLISH_HEALTH_CHECK_SECONDS,
        }
    )
    connection: Connection = celery.connection_for_write(connect_timeout=limit, heartbeat=0, transport_options=bounds)
    return connection


def _cause(failure: BaseException) -> str:
    return type(failure.__cause__ or failure).__name__


def _speaks_amqp(broker_url: str) -> bool:
    return urlsplit(broker_url).scheme in ("amqp", "amqps")


def _common() -> dict[str, Any]:
    """Settings of every broker. Messages are JSON, and are settled only after their task has ended."""
    return {
        "task_serializer": "json",
        "accept_content": ["json"],
        "result_backend": None,
        "task_ignore_result": True,
        "timezone": "UTC",
        "task_routes": ROUTES,
        "task_default_queue": "sweep",
        "task_create_missing_queues": False,
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_retry_on_worker_lost": True,
        "task_soft_time_limit": SOFT_TIME_LIMIT_SECONDS,
        "task_time_limit": HARD_TIME_LIMIT_SECONDS,
        "task_publish_retry_policy": {
            "max_retries": 1,
            "interval_start": 0,
            "interval_step": 0.2,
            "interval_max": 0.2,
        },
        "worker_prefetch_multiplier": 1,
        "worker_send_task_events": True,
        "worker_soft_shutdown_timeout": SHUTDOWN_SECONDS,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_channel_error_retry": True,
        "broker_connection_timeout": SOCKET_TIMEOUT_SECONDS,
        "broker_pool_acquire_timeout": POOL_TIMEOUT_SECONDS,
    }


def _redis() -> dict[str, Any]:
    return {
        "task_queues": [_queue(name) for name in QUEUES],
        "broker_transport_options": {
            "socket_timeout": SOCKET_TIMEOUT_SECONDS,
            "socket_connect_timeout": SOCKET_TIMEOUT_SECONDS,
            "socket_keepalive": True,
            "max_retries": 0,
            "health_check_interval": HEALTH_CHECK_SECONDS,
            "visibility_timeout": VISIBILITY_TIMEOUT_SECONDS,
            "unacked_restore_interval": RESTORE_INTERVAL_SECONDS,
            "unacked_restore_throttle": 1,
        },
    }


def _amqp() -> dict[str, Any]:
    """Quorum queues on a topic exchange: a direct one would hold up the delayed messages of quorum queues."""
    exchange: Any = Exchange("mergegate", type="topic", durable=True)  # type: ignore[no-untyped-call]
    arguments = {"x-queue-type": "quorum", "x-delivery-limit": DELIVERIES_UNTIL_DROPPED}
    return {
        "task_queues": [_queue(name, exchange=exchange, queue_arguments=arguments) for name in QUEUES],
        "task_default_queue_type": "quorum",
        "task_default_exchange": "mergegate",
        "task_default_exchange_type": "topic",
        "broker_transport_options": {
            "confirm_publish": True,
            "read_timeout": SOCKET_TIMEOUT_SECONDS,
            "write_timeout": SOCKET_TIMEOUT_SECONDS,
            "max_retries": 0,
        },
    }


def _queue(name: str, **details: Any) -> Queue:
    return Queue(name, routing_key=name, **details)  # type: ignore[no-untyped-call]
