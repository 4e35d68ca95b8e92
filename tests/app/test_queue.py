"""Publishing: confirmed, bounded, safe over a fork, on Redis and on RabbitMQ."""

import base64
import json
import os
import signal
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
import redis

from app.embedded import redis as embedded_redis
from app.events import Delivery, Event, Repository
from app.queue import PUBLISH_TIMEOUT_SECONDS, QUEUES, NotEnqueued, Publisher, make_celery
from app.settings import Settings
from tests import rabbitmq
from tests.rabbitmq import Node

BOUND_SECONDS = 2 * PUBLISH_TIMEOUT_SECONDS


class Broker(NamedTuple):
    """A broker of a test: its URL and the process to stop."""

    url: str
    process_id: int


@pytest.fixture(scope="module")
def redis_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with embedded_redis.running(tmp_path_factory.mktemp("broker") / "redis", durable=False) as url:
        with redis.Redis.from_url(url, decode_responses=True) as client:
            process_id = int(client.info("server")["process_id"])
        yield Broker(url, process_id)
        os.kill(process_id, signal.SIGCONT)


@pytest.fixture(scope="module")
def rabbitmq_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    if rabbitmq.program() is None:
        pytest.skip("no rabbitmq-server here: the RabbitMQ profile is not tested")
    node = Node(tmp_path_factory.mktemp("rabbitmq"))
    try:
        if not node.start(Publisher(make_celery(_settings(node.url)), threads=1)):
            pytest.skip("rabbitmq-server did not start here: the RabbitMQ profile is not tested")
        yield Broker(node.url, node.process_id)
    finally:
        node.leave()


@pytest.fixture(params=["redis_broker", "rabbitmq_broker"])
def broker(request: pytest.FixtureRequest) -> Iterator[Broker]:
    found: Broker = request.getfixturevalue(request.param)
    yield found
    os.kill(found.process_id, signal.SIGCONT)


def test_it_puts_the_delivery_on_the_intake_queue_as_json(redis_broker: Broker) -> None:
    with redis.Redis.from_url(redis_broker.url) as client:
        client.delete("intake")
        delivery = make_delivery("json")
        _publisher(redis_broker).publish(delivery, within_seconds=BOUND_SECONDS)
        (raw,) = client.lrange("intake", 0, -1)
    message = json.loads(raw)
    arguments, _, _ = json.loads(base64.b64decode(message["body"]))
    assert message["headers"]["task"] == "intake.handle_delivery"
    assert Delivery.model_validate_json(json.dumps(arguments[0])) == delivery


def test_it_confirms_what_is_on_the_queue(broker: Broker) -> None:
    before = _count(broker)
    publisher = _publisher(broker)
    for number in range(5):
        publisher.publish(make_delivery(str(number)), within_seconds=BOUND_SECONDS)
    assert _count(broker) == before + 5


@pytest.mark.parametrize("warmth", ["warm", "cold"])
def test_it_gives_up_on_a_stopped_broker_in_time(broker: Broker, warmth: str) -> None:
    publisher = _publisher(broker)
    if warmth == "warm":
        publisher.publish(make_delivery("before"), within_seconds=BOUND_SECONDS)
    os.kill(broker.process_id, signal.SIGSTOP)
    started_at = time.monotonic()
    with pytest.raises(NotEnqueued):
        publisher.publish(make_delivery("frozen"), within_seconds=10)
    assert time.monotonic() - started_at < BOUND_SECONDS
    os.kill(broker.process_id, signal.SIGCONT)
    publisher.publish(make_delivery("after"), within_seconds=10)


def test_it_stops_waiting_at_its_deadline(redis_broker: Broker) -> None:
    os.kill(redis_broker.process_id, signal.SIGSTOP)
    started_at = time.monotonic()
    with pytest.raises(NotEnqueued, match="DeadlineExceeded"):
        _publisher(redis_broker).publish(make_delivery("late"), within_seconds=0.2)
    assert time.monotonic() - started_at < PUBLISH_TIMEOUT_SECONDS
    os.kill(redis_broker.process_id, signal.SIGCONT)


def test_it_fails_at_once_where_nothing_listens() -> None:
    for url in ("redis://127.0.0.1:1/0", "amqp://guest:guest@127.0.0.1:1//"):
        with pytest.raises(NotEnqueued):
            _publisher(Broker(url, 0)).publish(make_delivery("nobody"), within_seconds=BOUND_SECONDS)
        with pytest.raises(NotEnqueued):
            _publisher(Broker(url, 0)).probe()


def test_a_forked_process_does_not_share_the_connection(broker: Broker) -> None:
    publisher, before = _publisher(broker), _count(broker)
    publisher.publish(make_delivery("parent"), within_seconds=BOUND_SECONDS)
    children = [_publish_in_child(publisher, number) for number in range(4)]
    publisher.publish(make_delivery("parent again"), within_seconds=BOUND_SECONDS)
    assert [os.waitpid(child, 0)[1] for child in children] == [0, 0, 0, 0]
    assert _count(broker) == before + 2 + 4 * 10


def test_a_connection_that_the_broker_closed_is_replaced_once(rabbitmq_broker: Broker) -> None:
    publisher, before = _publisher(rabbitmq_broker), _count(rabbitmq_broker)
    publisher.publish(make_delivery("first"), within_seconds=BOUND_SECONDS)
    with make_celery(_settings(rabbitmq_broker.url)).connection_for_write() as other:
        other.default_channel.queue_delete("intake")
    publisher.publish(make_delivery("unroutable"), within_seconds=BOUND_SECONDS)
    assert (before >= 0, _count(rabbitmq_broker)) == (True, 1)


@pytest.mark.parametrize("url", ["redis://127.0.0.1:1/0", "amqp://127.0.0.1:1//"])
def test_every_queue_has_its_tasks_and_takes_json_only(url: str) -> None:
    celery = make_celery(_settings(url))
    named = {celery.amqp.router.route({}, f"{name}.anything")["queue"].name for name in QUEUES}
    assert named == set(QUEUES)
    assert celery.conf.accept_content == ["json"]
    assert (celery.conf.task_acks_late, celery.conf.task_reject_on_worker_lost) == (True, True)


def make_delivery(guid: str) -> Delivery:
    event = Event(name="push", repository=Repository(id=1, full_name="o/r"), pulls=(1, 2), head_sha="a" * 40)
    return Delivery(hook_id=1, guid=guid, body_digest="d" * 64, received_at=datetime.now(UTC), event=event)


def _publish_in_child(publisher: Publisher, number: int) -> int:
    child = os.fork()
    if child:
        return child
    try:
        for attempt in range(10):
            publisher.publish(make_delivery(f"child {number} {attempt}"), within_seconds=10)
        os._exit(0)
    finally:
        os._exit(1)


def _settings(url: str) -> Settings:
    given: dict[str, Any] = {"database_url": "postgresql://h/d", "redis_url": "redis://h/0", "broker_url": url}
    return Settings.model_validate({**given, "webhook_secret": "0123456789abcdef0123"})


def _publisher(broker: Broker) -> Publisher:
    return Publisher(make_celery(_settings(broker.url)), threads=2)


def _count(broker: Broker) -> int:
    """Messages on the queue `intake`, which is made if it is not there."""
    celery = make_celery(_settings(broker.url))
    with celery.connection_for_write() as connection:
        (queue,) = [queue for queue in celery.conf.task_queues if queue.name == "intake"]
        bound = queue(connection.default_channel)
        bound.declare()
        return int(bound.queue_declare(passive=True).message_count)
