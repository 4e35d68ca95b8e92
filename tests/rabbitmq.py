"""A RabbitMQ node of our own in a folder of its own, with its own ports and name; never the machine's."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

from app.embedded.redis import free_port
from app.queue import NotEnqueued, Publisher

UNWRAPPED = "/usr/lib/rabbitmq/bin/rabbitmq-server"
"""Debian's: the one on the PATH there is a wrapper that changes the user."""
START_SECONDS = 120
STOP_SECONDS = 60
LOOK_SECONDS = 0.2
LOOPBACK = "127.0.0.1"


def program() -> str | None:
    """The server's program; None where it is not installed."""
    return UNWRAPPED if Path(UNWRAPPED).exists() else shutil.which("rabbitmq-server")


class Node:
    """It keeps its port and what is on its queues when it is started again."""

    def __init__(self, home: Path) -> None:
        port = free_port()
        self.url = f"amqp://guest:guest@{LOOPBACK}:{port}//"
        self._home = home
        self._environment = _environment(home, port)
        self._server: subprocess.Popen[bytes] | None = None

    @property
    def process_id(self) -> int:
        """Of the Erlang machine that does the work."""
        assert self._server is not None
        family = psutil.Process(self._server.pid).children(recursive=True)
        return next((each.pid for each in family if _program_of(each).startswith("beam")), self._server.pid)

    def start(self, publisher: Publisher) -> bool:
        """Whether it answers that one, which is bound to its `url`, within `START_SECONDS`."""
        with (self._home / "log").open("ab") as log:
            self._server = subprocess.Popen(
                [program() or ""], env=self._environment, stdout=log, stderr=log, start_new_session=True
            )
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until and self._server.poll() is None:
            with suppress(NotEnqueued):
                publisher.probe()
                return True
            time.sleep(LOOK_SECONDS)
        return False

    def stop(self) -> None:
        """As an operator does."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def leave(self) -> None:
        """Nothing of it is left."""
        if self._server is not None and self._server.poll() is None:
            self.kill()
        subprocess.run(["epmd", "-kill"], env=self._environment, stdout=subprocess.DEVNULL, check=False)

    def _end(self, how: signal.Signals) -> None:
        assert self._server is not None
        os.killpg(self._server.pid, how)
        self._server.wait(STOP_SECONDS)


def _program_of(process: psutil.Process) -> str:
    """Nothing of a helper that has ended meanwhile."""
    with suppress(psutil.NoSuchProcess):
        return process.name()
    return ""


def _environment(home: Path, port: int) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "RABBITMQ_NODENAME": f"test{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
        "RABBITMQ_LOG_BASE": str(home / "logs"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
        "ERL_EPMD_ADDRESS": LOOPBACK,
        "ERL_EPMD_PORT": str(free_port()),
    }
