"""Which server for the receiver: gunicorn's threads (ours and its own) and granian, side by side, by numbers."""

import contextlib
import http.client
import json
import socket
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from tests.conformance.case import SECRETS, make_headers
from tests.conformance.services import Receiver, RedisServer

ROUNDS = 5
REQUESTS = 500
CLIENTS = 16
WORKERS, THREADS = 2, 8
SLOW_SECONDS = 12
PATIENCE_SECONDS = 15
SETTLE_SECONDS = 0.5
HELD = 4 * WORKERS * THREADS
PATH = "/webhooks/github"

COMMANDS = {
    "gunicorn": "exec gunicorn --config python:app.web.gunicorn_conf 'app.web:create_app()'",
    "gunicorn plain": "exec gunicorn --worker-class gthread --workers 2 --threads 8 --keep-alive 0 --bind $BIND "
    "'app.web:create_app()'",
    "granian": "exec granian --interface wsgi --factory --http 1 --workers 2 --blocking-threads 8 --no-ws "
    "--host 127.0.0.1 --port ${BIND##*:} --no-http1-keep-alive app.web:create_app",
}


class Numbers(NamedTuple):
    """Of one round: requests a second, and the 50th and 99th of 100 answers in milliseconds."""

    rate: float
    middle: float
    slow: float


def main() -> None:
    """Print a table of medians over the rounds; servers take turns within each round, so that ratios are fair."""
    with contextlib.ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mg-bench-", ignore_cleanup_errors=True)))
        server = RedisServer(home / "redis")
        stack.callback(server.stop)
        servers = {name: stack.enter_context(_running(name, server, home)) for name in COMMANDS if _is_there(name)}
        _print_rates(servers, server)
        for name, receiver in servers.items():
            _print_behaviour(name, receiver, server)


def _print_rates(servers: dict[str, Receiver], server: RedisServer) -> None:
    for kind in ("enqueued", "refused"):
        rounds: dict[str, list[Numbers]] = {name: [] for name in servers}
        for _ in range(ROUNDS):
            for name, receiver in servers.items():
                server.client.flushall()
                rounds[name].append(_measure(receiver.port, kind))
        for name, measured in rounds.items():
            _print_line(f"{kind:9} {name:15}", measured, rounds["gunicorn"])


def _print_line(title: str, measured: list[Numbers], beside: list[Numbers]) -> None:
    rate, middle, slow = (statistics.median(column) for column in zip(*measured, strict=True))
    ratio = statistics.median(mine.rate / other.rate for mine, other in zip(measured, beside, strict=True))
    print(f"{title} {rate:7.0f}/s  x{ratio:4.2f}  median {middle:6.1f} ms  p99 {slow:6.1f} ms")


def _print_behaviour(name: str, receiver: Receiver, server: RedisServer) -> None:
    held = _hold(receiver.port, HELD)
    time.sleep(SETTLE_SECONDS)
    status, seconds = _post(receiver.port, "enqueued")
    print(f"{name:15} with {len(held)} slow bodies: {status} after {seconds:.2f} s")
    print(f"{name:15} a slow body is cut off after {_cut_off(held[0])}")
    for connection in held:
        connection.close()
    server.set_state("frozen")
    with ThreadPoolExecutor(2 * WORKERS * THREADS) as pool:
        frozen = list(pool.map(lambda _: _post(receiver.port, "enqueued"), range(2 * WORKERS * THREADS)))
    server.set_state("up")
    worst, statuses = max(seconds for _, seconds in frozen), sorted({status for status, _ in frozen})
    print(f"{name:15} with a stopped broker: {statuses}, the slowest after {worst:.2f} s")


def _measure(port: int, kind: str) -> Numbers:
    started_at = time.monotonic()
    with ThreadPoolExecutor(CLIENTS) as pool:
        seconds = sorted(taken for _, taken in pool.map(lambda _: _post(port, kind), range(REQUESTS)))
    rate = REQUESTS / (time.monotonic() - started_at)
    return Numbers(rate, seconds[REQUESTS // 2] * 1000, seconds[REQUESTS * 99 // 100] * 1000)


def _post(port: int, kind: str) -> tuple[int, float]:
    """Status and seconds of one delivery, signed well if it is to be enqueued."""
    body = json.dumps({"ref": "refs/heads/main", "after": "a" * 40, "repository": _REPOSITORY}).encode()
    case = {"sign": "current" if kind == "enqueued" else "wrong", "headers": _HEADERS}
    headers = dict(make_headers(case, body, {"guid": str(uuid.uuid4())}))
    started_at = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("POST", PATH, body, headers)
        status = connection.getresponse().status
    except OSError:
        status = 0
    finally:
        connection.close()
    return status, time.monotonic() - started_at


def _hold(port: int, count: int) -> list[socket.socket]:
    """Connections that have sent a head, and not their body."""
    head = b"POST /webhooks/github HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n"
    held = [socket.create_connection(("127.0.0.1", port), timeout=SLOW_SECONDS) for _ in range(count)]
    for connection in held:
        connection.sendall(head)
    return held


def _cut_off(connection: socket.socket) -> str:
    started_at = time.monotonic()
    try:
        connection.recv(1)
    except TimeoutError:
        return f"more than {SLOW_SECONDS} s"
    except ConnectionError:
        return f"{time.monotonic() - started_at:.1f} s by a reset"
    return f"{time.monotonic() - started_at:.1f} s"


@contextlib.contextmanager
def _running(name: str, server: RedisServer, home: Path) -> Iterator[Receiver]:
    environment = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "REDIS_URL": server.url,
        "BROKER_URL": server.url,
        "WEBHOOK_SECRET": SECRETS["current"].decode(),
        "WEB_WORKERS": str(WORKERS),
        "WEB_THREADS": str(THREADS),
    }
    receiver = Receiver(environment, home / f"{name}.log", COMMANDS[name])
    try:
        yield receiver
    finally:
        receiver.stop()


def _is_there(name: str) -> bool:
    return (Path(sys.executable).parent / name.split()[0]).exists()


_REPOSITORY = {"id": 1, "full_name": "octocat/hello", "owner": {"login": "octocat"}}
_HEADERS = {
    "Content-Type": "application/json",
    "X-GitHub-Event": "push",
    "X-GitHub-Delivery": "{guid}",
    "X-GitHub-Hook-ID": "1",
    "X-Hub-Signature-256": "{sig}",
}

if __name__ == "__main__":
    main()
