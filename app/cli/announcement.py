"""What `mergegate up` prints once everything answers: where."""

import http.client
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import click

from app.cli import services
from app.setting_values import host_and_port
from app.settings import Settings

READY_SECONDS = 60
POLL_SECONDS = 0.2
ANSWER_SECONDS = 5
EVERY_INTERFACE = ("0.0.0.0", "::")  # noqa: S104 -- recognised, not bound
OK = 200


def make(settings: Settings, directory: Path, stopping: threading.Event) -> None:
    """Wait until web is ready and Flower listens, bounded, then print all addresses."""
    until = time.monotonic() + READY_SECONDS
    web, flower = local_url(settings.bind), local_url(settings.flower_bind)
    ready = _holds(lambda: _is_ready(web), until, stopping)
    _holds(lambda: _listens(flower), until, stopping)
    if not stopping.is_set():
        click.echo(text(settings, directory, readiness="ready" if ready else f"NOT ready after {READY_SECONDS} s"))


def text(settings: Settings, directory: Path, *, readiness: str) -> str:
    """The addresses, a line each; no password among them."""
    lines = {
        "mergegate": f"{readiness}; Ctrl-C stops everything",
        "web": f"{local_url(settings.bind)}  (webhooks: POST {settings.public_url}/webhooks/github)",
        **({"console": f"{local_url(settings.bind)}/console"} if settings.console_secret else {}),
        "github": settings.bindings(),
        "flower": f"{local_url(settings.flower_bind)}  (read only)",
        "postgres": _postgres(settings.database_url, directory),
        "redis": _redis(settings.redis_url, directory),
        "broker": _without_password(settings.broker_url),
        "data": str(directory),
    }
    return "\n".join(["", *(f"  {name:<10}{value}" for name, value in lines.items()), ""])


def local_url(bind: str) -> str:
    """The URL under which this machine reaches what is bound to `bind`."""
    host, port = host_and_port(bind)
    host = "127.0.0.1" if host in EVERY_INTERFACE else host
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _holds(condition: Callable[[], bool], until: float, stopping: threading.Event) -> bool:
    while time.monotonic() < until and not stopping.is_set():
        if condition():
            return True
        stopping.wait(POLL_SECONDS)
    return False


def _is_ready(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=ANSWER_SECONDS):
            return True
    except OSError:
        return False


def _postgres(url: str, directory: Path) -> str:
    """Ours has no password: its socket lies in a directory that only its user may enter."""
    return url if str(directory) in url else _without_password(url)


def _redis(url: str, directory: Path) -> str:
    password = directory / services.REDIS / "password"
    kept = password.exists() and password.read_text(encoding="utf-8") in url
    return f"{_without_password(url)}  (password: cat {password})" if kept else _without_password(url)


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.scheme}://{parts.hostname or ''}{port}{parts.path}"
