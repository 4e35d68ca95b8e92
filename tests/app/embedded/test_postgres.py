"""The embedded PostgreSQL: its data outlives it, nothing else does."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import pytest

from app.embedded import EmbeddedError, postgres
from app.embedded.home import HeldError

DEADLINE_SECONDS = 30
SERVE_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from app.embedded import postgres
with postgres.running(Path(sys.argv[1])) as url:
    print(url, flush=True)
    time.sleep(600)
"""


def _put(url: str, name: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (name text)")
        connection.execute("INSERT INTO kept VALUES (%(name)s)", {"name": name})


def _names(url: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [name for (name,) in connection.execute("SELECT name FROM kept ORDER BY name")]


def _servers(directory: Path) -> list[psutil.Process]:
    return [
        each for each in psutil.process_iter(["cmdline"]) if str(directory / "data") in (each.info["cmdline"] or ())
    ]


def test_it_finds_its_data_on_the_second_start(service_home: Path) -> None:
    with postgres.running(service_home / "postgres", durable=False) as url:
        _put(url, "first")
    with postgres.running(service_home / "postgres", durable=False) as url:
        _put(url, "second")
        assert _names(url) == ["first", "second"]


def test_it_leaves_no_process_behind(service_home: Path) -> None:
    with postgres.running(service_home / "postgres", durable=False):
        assert len(_servers(service_home / "postgres")) == 1
    assert _servers(service_home / "postgres") == []


def test_it_listens_on_no_tcp_port(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_it_is_durable_unless_told_otherwise(service_home: Path) -> None:
    with postgres.running(service_home / "postgres") as url, psycopg.connect(url) as connection:
        settings = connection.execute(
            "SELECT name, setting FROM pg_settings"
            " WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit') ORDER BY name"
        ).fetchall()
    assert settings == [("fsync", "on"), ("full_page_writes", "on"), ("synchronous_commit", "on")]


@pytest.mark.long
def test_it_refuses_to_run_twice_on_the_same_data(service_home: Path) -> None:
    with postgres.running(service_home / "postgres", durable=False) as url:
        _put(url, "row")
        with pytest.raises(HeldError, match=r"^The embedded PostgreSQL already runs in .*; stop it first"):
            postgres.running(service_home / "postgres", durable=False).__enter__()
        assert _names(url) == ["row"]


def test_it_is_reached_while_another_process_runs_it_and_while_none_does(service_home: Path) -> None:
    with postgres.running(service_home / "postgres") as url:
        with postgres.reached(service_home / "postgres") as same:
            assert same == url
        _put(url, "row")
    with postgres.reached(service_home / "postgres") as url:
        assert _names(url) == ["row"]
    assert _servers(service_home / "postgres") == []


def test_it_recovers_when_the_process_above_it_was_killed(service_home: Path) -> None:
    directory = service_home / "postgres"
    holder = subprocess.Popen(
        [sys.executable, "-c", SERVE_UNTIL_KILLED, str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    _put(holder.stdout.readline().strip(), "before")
    holder.kill()
    holder.wait(DEADLINE_SECONDS)
    holder.stdout.close()
    with postgres.running(directory) as url:
        assert _names(url) == ["before"]
        assert len(_servers(directory)) == 1


@pytest.mark.long
def test_it_recovers_when_server_and_holder_were_killed_at_once(service_home: Path) -> None:
    directory = service_home / "postgres"
    holder = subprocess.Popen(
        [sys.executable, "-c", SERVE_UNTIL_KILLED, str(directory)], stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    _put(holder.stdout.readline().strip(), "before")
    family = [*psutil.Process(holder.pid).children(recursive=True), psutil.Process(holder.pid)]
    for each in family:
        with suppress(psutil.NoSuchProcess):  # PostgreSQL ends some of its processes by itself
            each.send_signal(signal.SIGKILL)
    holder.wait(DEADLINE_SECONDS)
    holder.stdout.close()
    assert (directory / "data" / "postmaster.pid").exists()
    with postgres.running(directory) as url:
        assert _names(url) == ["before"]


def test_it_starts_although_the_pid_of_a_killed_server_belongs_to_another_process(service_home: Path) -> None:
    with postgres.running(service_home / "postgres", durable=False) as url:
        _put(url, "row")
        stale = (service_home / "postgres/data/postmaster.pid").read_text()
    pid = stale.splitlines()[0]
    (service_home / "postgres/data/postmaster.pid").write_text(stale.replace(pid, str(os.getpid()), 1))
    with postgres.running(service_home / "postgres", durable=False) as url:
        assert _names(url) == ["row"]


@pytest.mark.long
def test_it_begins_anew_after_a_setup_cut_short(service_home: Path) -> None:
    fresh = service_home / "postgres" / "data.new"
    fresh.mkdir(parents=True, mode=0o700)
    (fresh / "PG_VERSION").write_text("18\n")
    if os.geteuid() == 0:
        with postgres.running(service_home / "other", durable=False):
            owner = (service_home / "other").stat()
        os.chown(fresh.parent, owner.st_uid, owner.st_gid)
    with postgres.running(service_home / "postgres", durable=False) as url:
        _put(url, "row")
    assert not fresh.exists()


@pytest.mark.long
def test_it_says_what_postgres_said_when_it_cannot_start(service_home: Path) -> None:
    with postgres.running(service_home / "postgres", durable=False):
        pass
    (service_home / "postgres/data/postgresql.conf").write_text("no such setting\n")
    with pytest.raises(EmbeddedError, match=r"PostgreSQL stopped while starting: .*postgresql\.conf"):
        postgres.running(service_home / "postgres", durable=False).__enter__()


@pytest.mark.long
def test_it_serves_from_a_directory_whose_path_is_too_long_for_a_socket(service_home: Path) -> None:
    directory = service_home / ("long" * 20) / "postgres"
    with postgres.running(directory, durable=False) as url:
        _put(url, "row")
        assert str(directory) not in url
        assert _names(url) == ["row"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")
def test_it_refuses_a_home_that_its_user_cannot_enter(service_home: Path) -> None:
    closed = service_home / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(EmbeddedError, match="cannot be entered by the user mergegate"):
        postgres.running(closed / "postgres", durable=False).__enter__()
    assert closed.stat().st_mode & 0o777 == 0o700
