"""`mergegate up`: everything on one machine, from the database to Flower, until Ctrl-C."""

import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

import click

from app import schema
from app.cli import announcement, services
from app.embedded import home, procfile
from app.embedded.redis import free_port
from app.setting_values import host_and_port
from app.settings import Settings, load

ARTIFACTS = "artifacts"
SECRET_BYTES = 32
SECRET_FILE = "webhook_secret"  # noqa: S105 -- the name of a file


@click.command()
@click.option(
    "--procfile",
    "file",
    type=click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True),
    default=procfile.find,
    help="The lines to run; the project's own by default.",
)
def up(file: Path) -> None:
    """Run everything on this machine until Ctrl-C.

    PostgreSQL and Redis come along; DATABASE_URL, REDIS_URL and BROKER_URL each replace one by your own. Data is kept
    in MERGEGATE_HOME.
    """
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = _up(file, dict(os.environ))
    except KeyboardInterrupt:
        code = 0
    sys.exit(code)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _up(file: Path, environ: dict[str, str]) -> int:
    directory = home.home(environ)
    with home.held(directory / "up.lock", "mergegate"):
        environ |= _secret(environ, directory)
        with services.all_running(environ, directory) as added:
            environ |= added | _artifacts(environ, directory)
            environ |= _addresses(load(environ), environ)
            settings = load(environ)
            schema.up(settings.database_url)
            return _run(file, environ, directory, settings)


def _secret(environ: Mapping[str, str], directory: Path) -> dict[str, str]:
    """A webhook secret of our own making where none is set, kept for the next start."""
    if services.is_set("WEBHOOK_SECRET", environ):
        return {}
    file = directory / SECRET_FILE
    if not file.exists():
        home.write_secret(file, secrets.token_hex(SECRET_BYTES))
    click.echo(f"WEBHOOK_SECRET is not set; a generated one is used, read it with: cat {file}")
    return {"WEBHOOK_SECRET_FILE": str(file)}


def _artifacts(environ: Mapping[str, str], directory: Path) -> dict[str, str]:
    """A directory for artifacts where no store is set."""
    return {} if services.is_set("ARTIFACT_STORE", environ) else {"ARTIFACT_STORE": (directory / ARTIFACTS).as_uri()}


def _addresses(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Where web and Flower will listen: where they should, or where that is taken, on a free port."""
    bind, flower = _free(settings.bind), _free(settings.flower_bind)
    found = {"BIND": bind, "FLOWER_BIND": flower}
    if bind != settings.bind and not services.is_set("PUBLIC_URL", environ):
        found["PUBLIC_URL"] = announcement.local_url(bind)
    return found


def _free(bind: str) -> str:
    host, port = host_and_port(bind)
    if port and _is_free(host, port):
        return bind
    return f"{bind.rpartition(':')[0]}:{free_port()}"


def _is_free(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _run(file: Path, environ: dict[str, str], directory: Path, settings: Settings) -> int:
    def announce() -> None:
        threading.Thread(target=announcement.make, args=(settings, directory, stopping), daemon=True).start()

    stopping = threading.Event()
    flower_host, flower_port = host_and_port(settings.flower_bind)
    environ |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{environ.get('PATH', os.defpath)}",
        "MERGEGATE_HOME": str(directory),
        "FLOWER_ADDRESS": flower_host,
        "FLOWER_PORT": str(flower_port),
        "PYTHONUNBUFFERED": "1",
    }
    try:
        return procfile.run(file, environ, directory=directory, started=announce)
    finally:
        stopping.set()
