"""A real PostgreSQL of our own, reachable over a Unix socket only."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg

from app.embedded import EmbeddedError, home, installation, process

NAME = "mergegate"
START_SECONDS = 60
STOP_SECONDS = 30
INITDB_SECONDS = 120
POLL_SECONDS = 0.05
SOCKET_PATH_BYTES = 100
SOCKET_NAME = ".s.PGSQL.5432"
PRIVATE_MODE = 0o700
FAST_SHUTDOWN = signal.SIGINT
SETTINGS = ("listen_addresses=", "unix_socket_permissions=0700", "timezone=UTC", "log_timezone=UTC", "jit=off")
FORGETFUL = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "autovacuum=off",
)


@contextmanager
def running(directory: Path, *, durable: bool = True) -> Iterator[str]:
    """Run PostgreSQL on the data in `directory` (made if missing) and yield its database's URL.

    `durable=False` is for tests: faster, and a power cut loses data. Raises `EmbeddedError`.
    """
    directory = directory.absolute()
    home.make_directory(directory.parent)
    with home.held(directory.with_name(f"{directory.name}.lock"), "The embedded PostgreSQL"):
        user, programs = installation.find()
        _own(directory, user)
        data = directory / "data"
        process.clear("postgres", data, farewell=FAST_SHUTDOWN, seconds=STOP_SECONDS)
        _create(data, programs, user=user, durable=durable)
        with _socket(directory, user) as socket:
            yield from _serve(data, socket, _argv(programs, data, socket, durable=durable), user)


@contextmanager
def reached(directory: Path) -> Iterator[str]:
    """The URL of the PostgreSQL on the data in `directory`: of the one that runs, or of one run for this while."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(running(directory))
        except home.HeldError:
            url = _address(directory).read_text(encoding="utf-8")
        yield url


def _own(directory: Path, user: str | None) -> None:
    if not directory.exists():
        home.make_directory(directory, PRIVATE_MODE)
        _give(directory, user)
    installation.require_entry(directory, user)


def _give(directory: Path, user: str | None) -> None:
    if user is not None:
        shutil.chown(directory, user, user)


def _create(data: Path, programs: Path, *, user: str | None, durable: bool) -> None:
    """Make the data directory under another name first, so that one cut short is never taken for whole."""
    if data.exists():
        return
    fresh = data.with_name("data.new")
    shutil.rmtree(fresh, ignore_errors=True)
    argv = [str(programs / "initdb"), f"--pgdata={fresh}", f"--username={NAME}", "--auth=trust", "--encoding=UTF8"]
    argv += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    argv += [] if durable else ["--no-sync"]
    done = subprocess.run(
        argv,
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
        env={"PATH": os.defpath, "TZ": "UTC"},
        timeout=INITDB_SECONDS,
        preexec_fn=process.tether(signal.SIGKILL),
        user=user,
        group=user,
        extra_groups=process.groups(user),
    )
    if done.returncode:
        raise EmbeddedError(f"PostgreSQL could not set up {data}: {' '.join(done.stderr.split())}")
    fresh.rename(data)


@contextmanager
def _socket(directory: Path, user: str | None) -> Iterator[Path]:
    """The directory of the socket: beside the data, or where that path is too long for a socket, a short one."""
    beside = directory / "socket"
    if len(os.fsencode(beside / SOCKET_NAME)) <= SOCKET_PATH_BYTES:
        beside.mkdir(mode=PRIVATE_MODE, exist_ok=True)
        _give(beside, user)
        yield beside
        return
    with tempfile.TemporaryDirectory(prefix="mergegate-", dir="/tmp") as short:
        _give(Path(short), user)
        yield Path(short)


def _argv(programs: Path, data: Path, socket: Path, *, durable: bool) -> list[str]:
    settings = [*SETTINGS, f"unix_socket_directories={socket}", *(() if durable else FORGETFUL)]
    return [str(programs / "postgres"), "-D", str(data), *(part for each in settings for part in ("-c", each))]


def _serve(data: Path, socket: Path, argv: list[str], user: str | None) -> Iterator[str]:
    _remove_stale(data, socket)
    log = data.parent.with_name(f"{data.parent.name}.log")
    server = process.start(argv, log=log, farewell=FAST_SHUTDOWN, user=user)
    try:
        _wait(server, socket, log)
        home.write_secret(_address(data.parent), _url(socket, NAME))
        yield _url(socket, NAME)
    finally:
        process.stop(server, FAST_SHUTDOWN, STOP_SECONDS)


def _address(directory: Path) -> Path:
    """The file with the URL of the server that runs, for other commands on this machine."""
    return directory.with_name(f"{directory.name}.url")


def _remove_stale(data: Path, socket: Path) -> None:
    """What a killed server left: its pid may be another process's by now, or a zombie's that nobody ever reaps."""
    for file in (data / "postmaster.pid", socket / f"{SOCKET_NAME}.lock", socket / SOCKET_NAME):
        file.unlink(missing_ok=True)


def _wait(server: subprocess.Popen[bytes], socket: Path, log: Path) -> None:
    """Until the server takes connections and has our database."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise EmbeddedError(f"PostgreSQL stopped while starting: {process.tail(log)}")
        try:
            return _ensure_database(_url(socket, "postgres"))
        except psycopg.OperationalError:
            time.sleep(POLL_SECONDS)
    raise EmbeddedError(f"PostgreSQL did not start within {START_SECONDS} s: {process.tail(log)}")


def _ensure_database(url: str) -> None:
    with psycopg.connect(url, autocommit=True, connect_timeout=START_SECONDS) as connection:
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %(name)s", {"name": NAME})
        if known.fetchone() is None:
            connection.execute("CREATE DATABASE mergegate")


def _url(socket: Path, database: str) -> str:
    return f"postgresql://{NAME}@/{database}?host={quote(str(socket))}"
