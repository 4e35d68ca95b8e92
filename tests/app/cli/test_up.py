"""`mergegate up`, run for real: one command starts all, one signal stops all, nothing is left."""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import psycopg
import pytest

from app.cli.up import _artifacts
from app.embedded import home, postgres

MERGEGATE = Path(sys.executable).with_name("mergegate")
DEADLINE_SECONDS = 60
POLL_SECONDS = 0.05
CLOSED_PORT_URL = "postgresql://nobody@127.0.0.1:1/none"

WEB = """
import http.server, os, sys
from app.setting_values import host_and_port

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

print("listens on", os.environ[sys.argv[1]], flush=True)
http.server.ThreadingHTTPServer(host_and_port(os.environ[sys.argv[1]]), Ready).serve_forever()
"""


class Run:
    """A running `mergegate up`, its output so far, and every process below it."""

    def __init__(self, directory: Path, lines: str, environ: dict[str, str]) -> None:
        (directory / "listen.py").write_text(WEB)
        (directory / "Procfile").write_text(lines.replace("LISTEN", f"exec python {directory / 'listen.py'}"))
        self.log = directory / "output"
        with self.log.open("wb") as output:
            self.process = psutil.Popen(
                [MERGEGATE, "up", "--procfile", directory / "Procfile"],
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, "BIND": "127.0.0.1:0", "FLOWER_BIND": "127.0.0.1:0", **environ},
                cwd="/",
            )

    def output(self) -> str:
        return self.log.read_text()

    def wait_for(self, text: str) -> str:
        """The line with `text`, once it is printed."""
        _eventually(lambda: text in self.output() or not self.process.is_running(), self.output)
        return next(line for line in self.output().splitlines() if text in line)

    def family(self) -> list[psutil.Process]:
        return list(self.process.children(recursive=True))

    def end(self, ending: signal.Signals) -> int:
        self.process.send_signal(ending)
        return int(self.process.wait(DEADLINE_SECONDS))


def _eventually(condition: Callable[[], bool], story: Callable[[], str]) -> None:
    until = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < until, story()
        time.sleep(POLL_SECONDS)


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run."""
    return [each for each in processes if _runs(each)]


def _runs(process: psutil.Process) -> bool:
    """A zombie is dead, only not yet reaped; and it may be gone before its state is read."""
    try:
        return process.is_running() and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def up(service_home: Path, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def start(lines: str = "web: LISTEN BIND\nflower: LISTEN FLOWER_BIND\n", **environ: str) -> Run:
        directory = tmp_path / str(len(runs))
        directory.mkdir()
        runs.append(Run(directory, lines, {"MERGEGATE_HOME": str(service_home), **environ}))
        return runs[-1]

    yield start
    for run in runs:
        if run.process.is_running():
            run.end(signal.SIGTERM)


@contextmanager
def _embedded(service_home: Path) -> Iterator[psycopg.Connection]:
    with postgres.reached(service_home / "postgres") as url, psycopg.connect(url, autocommit=True) as connection:
        yield connection


def test_ctrl_c_stops_everything_and_the_second_start_finds_its_data(
    up: Callable[..., Run], service_home: Path
) -> None:
    first = up()
    first.wait_for("ready; Ctrl-C stops everything")
    web = urlsplit(first.wait_for("  web ").split()[1])
    connection = http.client.HTTPConnection(web.hostname or "", web.port, timeout=DEADLINE_SECONDS)
    connection.request("GET", "/readyz")
    assert connection.getresponse().status == 200
    connection.close()
    with _embedded(service_home) as database:
        database.execute("CREATE TABLE kept AS SELECT 'row' AS name")
    family = first.family()
    assert len(family) >= 8
    assert first.end(signal.SIGINT) == 0
    assert _alive(family) == []
    second = up()
    second.wait_for("ready; Ctrl-C stops everything")
    with _embedded(service_home) as database:
        assert database.execute("SELECT name FROM kept").fetchall() == [("row",)]
    assert second.end(signal.SIGTERM) == 0


@pytest.mark.long
def test_it_keeps_a_generated_webhook_secret_and_prints_where(up: Callable[..., Run], service_home: Path) -> None:
    run = up("web: exec sh -c 'echo web has $WEBHOOK_SECRET_FILE; sleep 600'\n")
    run.wait_for("web has")
    secret = (service_home / "webhook_secret").read_text()
    assert f"cat {service_home / 'webhook_secret'}" in run.output()
    assert run.wait_for("web has").endswith(f"web has {service_home / 'webhook_secret'}")
    assert secret not in run.output()
    assert (service_home / "webhook_secret").stat().st_mode & 0o777 == 0o600
    run.end(signal.SIGINT)
    again = up()
    again.wait_for("web started")
    assert (service_home / "webhook_secret").read_text() == secret


def test_it_prints_no_password(up: Callable[..., Run], service_home: Path) -> None:
    run = up()
    run.wait_for("ready; Ctrl-C stops everything")
    run.wait_for("data ")
    assert (service_home / "redis/password").read_text() not in run.output()
    assert "/webhooks/github" in run.wait_for("  web ")


def test_a_line_that_ends_stops_all_others_and_is_named(up: Callable[..., Run]) -> None:
    run = up("web: LISTEN BIND\nworker: exec sh -c 'echo here; read line < /dev/stdin; exit 3'\n")
    run.wait_for("worker ended by itself with exit code")
    family = run.family()
    assert run.process.wait(DEADLINE_SECONDS) == 3
    assert "worker ended by itself with exit code 3, so everything stops." in run.output()
    assert _alive(family) == []


@pytest.mark.long
def test_a_line_that_ends_well_is_a_failure_all_the_same(up: Callable[..., Run]) -> None:
    run = up("web: LISTEN BIND\nworker: true\n")
    assert run.process.wait(DEADLINE_SECONDS) == 1
    assert "worker ended by itself with exit code 0, so everything stops." in run.output()


@pytest.mark.long
def test_what_a_line_left_behind_is_killed(up: Callable[..., Run]) -> None:
    run = up("web: sh -c 'setsid sleep 600 & echo left $!; sleep 601 & echo left $!; echo both; wait'\n")
    run.wait_for("both")
    left = [psutil.Process(int(pid)) for pid in re.findall(r"left (\d+)", run.output())]
    assert len(_alive(left)) == 2
    assert run.end(signal.SIGINT) == 0
    assert _alive(left) == []


@pytest.mark.long
def test_a_line_may_finish_its_work_when_everything_stops(up: Callable[..., Run]) -> None:
    finishing = "trap 'sleep 0.5; echo finished; exit 0' TERM; echo here; while :; do sleep 0.1; done"
    run = up(f'web: exec sh -c "{finishing}"\n')
    run.wait_for("here")
    assert run.end(signal.SIGTERM) == 0
    assert "web    | finished" in run.output()


def test_it_recovers_from_being_killed(up: Callable[..., Run], service_home: Path) -> None:
    first = up()
    first.wait_for("ready; Ctrl-C stops everything")
    with _embedded(service_home) as database:
        database.execute("CREATE TABLE kept AS SELECT 'row' AS name")
    family = first.family()
    first.end(signal.SIGKILL)
    _, alive = psutil.wait_procs(_alive(family), DEADLINE_SECONDS)
    assert _alive(alive) == []
    second = up()
    second.wait_for("ready; Ctrl-C stops everything")
    with _embedded(service_home) as database:
        assert database.execute("SELECT name FROM kept").fetchall() == [("row",)]


def test_a_second_one_says_in_a_sentence_that_one_runs(up: Callable[..., Run], service_home: Path) -> None:
    first = up()
    first.wait_for("web started")
    second = up()
    assert second.process.wait(DEADLINE_SECONDS) == 1
    assert second.output().splitlines() == [
        f"Error: mergegate already runs in {service_home}; stop it first, or set MERGEGATE_HOME."
    ]


@pytest.mark.long
def test_it_takes_free_ports_where_its_own_are_taken(up: Callable[..., Run]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        run = up(BIND=bind)
        run.wait_for("ready; Ctrl-C stops everything")
        assert bind not in run.wait_for("  web ")


def test_it_uses_the_services_that_are_named(
    up: Callable[..., Run], database_url: str, redis_url: str, service_home: Path
) -> None:
    run = up(DATABASE_URL=database_url, REDIS_URL=redis_url, WEBHOOK_SECRET="a secret of many bytes")
    run.wait_for("ready; Ctrl-C stops everything")
    assert sorted(each.name for each in service_home.iterdir()) == ["up.lock"]
    assert not [each for each in run.family() if each.name() in ("postgres", "redis-server")]


def test_it_says_in_a_sentence_that_the_named_database_is_away(up: Callable[..., Run]) -> None:
    run = up(DATABASE_URL=CLOSED_PORT_URL)
    assert run.process.wait(DEADLINE_SECONDS) == 1
    last = run.output().splitlines()[-1]
    assert last.startswith("Error: The database cannot be reached: ")


def test_it_refuses_to_show_flower_to_others(up: Callable[..., Run]) -> None:
    run = up(FLOWER_BIND="0.0.0.0:5555")
    assert run.process.wait(DEADLINE_SECONDS) == 1
    assert "Error: FLOWER_BIND should be on loopback" in run.output()


def test_it_says_that_another_command_holds_the_database(up: Callable[..., Run], service_home: Path) -> None:
    with home.held(service_home / "postgres.lock", "test"):
        run = up()
        assert run.process.wait(DEADLINE_SECONDS) == 1
        assert "The embedded PostgreSQL already runs in" in run.output()


@pytest.mark.long
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_when_asked_while_it_still_sets_up(
    up: Callable[..., Run], service_home: Path, ending: signal.Signals
) -> None:
    run = up()
    _eventually((service_home / "postgres" / "data.new").exists, run.output)
    family = run.family()
    assert run.end(ending) == 0
    psutil.wait_procs(family, DEADLINE_SECONDS)
    assert _alive(family) == []
    assert not (service_home / "postgres" / "data").exists()
    again = up()
    again.wait_for("ready; Ctrl-C stops everything")


def test_it_says_which_procfile_it_cannot_use(up: Callable[..., Run]) -> None:
    run = up("no line at all\n")
    assert run.process.wait(DEADLINE_SECONDS) == 1
    assert "has no line such as" in run.output().splitlines()[-1]


def test_artifacts_lie_in_its_home_where_no_store_is_set(tmp_path: Path) -> None:
    assert _artifacts({}, tmp_path / "a b") == {"ARTIFACT_STORE": f"file://{tmp_path}/a%20b/artifacts"}
    assert _artifacts({"ARTIFACT_STORE": "s3://bucket"}, tmp_path) == {}
