"""The embedded Redis: durable, behind a password, gone when we are."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import redis as client
from redis.backoff import NoBackoff
from redis.exceptions import AuthenticationError
from redis.retry import Retry

from app.embedded import EmbeddedError, redis
from app.embedded.home import HeldError

DEADLINE_SECONDS = 30
SERVE_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from app.embedded import redis
with redis.running(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


def _servers(directory: Path) -> list[psutil.Process]:
    marker = str(directory / "redis.conf")
    return [each for each in psutil.process_iter(["cmdline"]) if marker in (each.info["cmdline"] or ())]


def test_it_finds_its_data_on_the_second_start(service_home: Path) -> None:
    with redis.running(service_home / "redis") as url, client.Redis.from_url(url) as first:
        first.set("name", "kept")
    with redis.running(service_home / "redis") as url, client.Redis.from_url(url) as second:
        assert second.get("name") == b"kept"


def test_it_loses_nothing_when_killed(service_home: Path) -> None:
    directory = service_home / "redis"
    holder = subprocess.Popen(
        [sys.executable, "-c", SERVE_UNTIL_KILLED, str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    with client.Redis.from_url(holder.stdout.readline().strip()) as first:
        first.set("name", "kept")
    family = [*psutil.Process(holder.pid).children(recursive=True), psutil.Process(holder.pid)]
    for each in family:
        each.send_signal(signal.SIGKILL)
    holder.wait(DEADLINE_SECONDS)
    holder.stdout.close()
    with redis.running(directory) as url, client.Redis.from_url(url) as second:
        assert second.get("name") == b"kept"


def test_it_dies_with_the_process_above_it(service_home: Path) -> None:
    directory = service_home / "redis"
    holder = subprocess.Popen(
        [sys.executable, "-c", SERVE_UNTIL_KILLED, str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    holder.stdout.readline()
    (server,) = _servers(directory)
    holder.kill()
    holder.wait(DEADLINE_SECONDS)
    holder.stdout.close()
    server.wait(DEADLINE_SECONDS)
    assert _servers(directory) == []


def test_it_never_drops_a_message_for_want_of_memory_and_writes_each_one_down(service_home: Path) -> None:
    with redis.running(service_home / "redis") as url, client.Redis.from_url(url, decode_responses=True) as server:
        found = {name: server.config_get(name)[name] for name in ("appendonly", "appendfsync", "maxmemory-policy")}
    assert found == {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}


def test_it_answers_nobody_without_the_password(service_home: Path) -> None:
    with redis.running(service_home / "redis", durable=False) as url:
        with client.Redis.from_url(url) as known:
            port = known.connection_pool.connection_kwargs["port"]
            assert known.ping() is True
        with client.Redis(port=port, retry=Retry(NoBackoff(), 0)) as unknown, pytest.raises(AuthenticationError):
            unknown.ping()


def test_it_keeps_its_password_from_others(service_home: Path) -> None:
    with redis.running(service_home / "redis", durable=False) as url:
        modes = {name: (service_home / "redis" / name).stat().st_mode & 0o777 for name in ("password", "redis.conf")}
        (server,) = _servers(service_home / "redis")
        password = (service_home / "redis/password").read_text()
        assert password in url
        assert password not in " ".join(server.cmdline())
    assert modes == {"password": 0o600, "redis.conf": 0o600}


def test_it_refuses_to_run_twice_on_the_same_data(service_home: Path) -> None:
    with redis.running(service_home / "redis"), pytest.raises(HeldError, match="The embedded Redis already runs in"):
        redis.running(service_home / "redis").__enter__()


def test_it_takes_another_port_when_its_own_was_snatched(service_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = redis.free_port
    with socket.create_server(("127.0.0.1", 0)) as taken:
        snatched = int(taken.getsockname()[1])
        ports = iter([snatched, snatched])
        monkeypatch.setattr(redis, "free_port", lambda: next(ports, None) or free())
        with redis.running(service_home / "redis") as url, client.Redis.from_url(url) as server:
            assert server.connection_pool.connection_kwargs["port"] != snatched
            assert server.ping() is True


def test_it_says_what_redis_said_when_it_cannot_start(service_home: Path) -> None:
    with redis.running(service_home / "redis") as url, client.Redis.from_url(url) as server:
        server.set("name", "kept")
    (service_home / "redis/appendonly.aof").write_bytes(b"*1\r\nnot an append-only file\r\n" * 3)
    with pytest.raises(EmbeddedError, match=r"Redis stopped while starting: .*Bad file format"):
        redis.running(service_home / "redis").__enter__()
