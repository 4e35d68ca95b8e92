"""The stage of the demo: embedded services, the real processes of the Procfile, and a simulated GitHub."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row

from app import schema, simulator
from app.embedded import postgres, procfile, redis
from app.embedded.redis import free_port
from app.simulator.keys import key_pair

REPOSITORY = "acme/widget"
POLICY = """\
policy:
  approval:
    - a writer has approved the newest push
approval_rules:
  - name: a writer has approved the newest push
    requires:
      count: 1
      permissions: [write]
    options:
      invalidate_on_push: true
"""
EVERYDAY = ("web", "worker", "beat")
TRAVERSABLE_MODE = 0o711
PATIENCE_SECONDS = 40
POLL_SECONDS = 0.05
STOP_SECONDS = 10


class DemoFailed(Exception):
    """Something did not happen as the story has it; the message says what."""


@dataclass
class Stage:
    """What the story plays on."""

    github: simulator.GitHub
    hooks: simulator.Hooks
    directory: Path
    environment: dict[str, str]
    web_url: str
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start lines of the Procfile, each as a process group of its own; their output goes to files.

        `worker.2` is the line `worker` once more.
        """
        lines = procfile.read(procfile.find())
        for name in names:
            with (self.directory / f"{name}.log").open("ab") as log:
                self.processes[name] = subprocess.Popen(
                    ["/bin/sh", "-c", lines[name.partition(".")[0]]],
                    env=self.environment,
                    cwd=self.directory,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )

    def kill(self, name: str, how: signal.Signals) -> None:
        """Send a signal to a whole process group and wait for its end."""
        process = self.processes.pop(name)
        os.killpg(process.pid, how)
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(STOP_SECONDS)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """Rows of the gate's database."""
        with psycopg.Connection[DictRow].connect(self.environment["DATABASE_URL"], row_factory=dict_row) as tx:
            return tx.execute(query.encode()).fetchall()

    def statuses(self) -> list[dict[str, Any]]:
        """The statuses that took effect at GitHub, oldest first."""
        return [write.body for write in self.github.writes("/statuses/") if write.effect == "yes"]

    def post(self, body: bytes, headers: dict[str, str]) -> int:
        """Send the receiver something; the status it answers."""
        request = urllib.request.Request(f"{self.web_url}/webhooks/github", data=body, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 -- our own address
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            return refused.code

    def run(self, *arguments: str, expected: tuple[int, ...] = (0,), **variables: str) -> str:
        """Run the command `mergegate`, perhaps with more variables of the environment; what it prints."""
        command = [str(Path(sys.executable).parent / "mergegate"), *arguments]
        environment = {**self.environment, **variables}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode not in expected:
            raise DemoFailed(f"mergegate {' '.join(arguments)} failed: {done.stderr.strip()}")
        return done.stdout

    def ready(self) -> bool:
        """Whether web answers that all it needs is there, and a worker has answered too."""
        try:
            with urllib.request.urlopen(f"{self.web_url}/readyz", timeout=5) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def eventually(condition: Callable[[], bool], what: str) -> None:
    """Wait until it holds. Raises `DemoFailed`."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > until:
            raise DemoFailed(f"{what} did not happen within {PATIENCE_SECONDS} s")
        time.sleep(POLL_SECONDS)


@contextmanager
def built() -> Iterator[Stage]:
    """Everything up, on data of its own that is gone afterwards."""
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mg-", ignore_cleanup_errors=True)))
        directory.chmod(TRAVERSABLE_MODE)
        database_url = stack.enter_context(postgres.running(directory / "postgres", durable=False))
        schema.up(database_url)
        yield stack.enter_context(running(_github(), directory, database_url, **_allowed(directory)))


def _allowed(directory: Path) -> dict[str, str]:
    """What the operators of the demo have switched on."""
    return {
        "ALLOWED_REPOSITORIES": REPOSITORY,
        "ALLOWED_WRITES": "status,branch_create,pull_request_create,label_add,review_request",
        "MERGE_REPOSITORIES": REPOSITORY,
        "ARTIFACT_STORE": f"file://{directory}/artifacts",
    }


@contextmanager
def running(
    github: simulator.GitHub,
    directory: Path,
    database_url: str,
    processes: tuple[str, ...] = EVERYDAY,
    /,
    **settings: str,
) -> Iterator[Stage]:
    """Processes of the Procfile between this GitHub and this database, on a Redis of their own unless it is set."""
    with ExitStack() as stack:
        if "REDIS_URL" not in settings:
            settings["REDIS_URL"] = stack.enter_context(redis.running(directory / "redis", durable=False))
        github_url = stack.enter_context(simulator.serve(github))
        services = {"DATABASE_URL": database_url, "BROKER_URL": settings["REDIS_URL"], "GITHUB_API_URL": github_url}
        stage = _stage(github, directory, {**services, **settings})
        stack.callback(_stop_all, stage)
        stage.start(*processes)
        eventually(stage.ready, "the start")
        yield stage


def _github() -> simulator.GitHub:
    github = simulator.GitHub()
    people = {"alice": "write", "bob": "write"}
    github.add_repository(REPOSITORY, collaborators=people, files={".policy.yml": POLICY})
    github.install(github.add_app(), "acme")
    github.push(REPOSITORY, "feature", {"parser.py": "print('hello')"}, by="bob")
    return github


def _stage(github: simulator.GitHub, directory: Path, settings: dict[str, str]) -> Stage:
    bind = f"127.0.0.1:{free_port()}"
    secret = secrets.token_hex(32)
    web_url = f"http://{bind}"
    (app,) = github.state.apps.values()
    github.set_hook(app, f"{web_url}/webhooks/github", secret=secret)
    environment = {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "MERGEGATE_HOME": str(directory),
        "WEBHOOK_SECRET": secret,
        "BIND": bind,
        "PUBLIC_URL": web_url,
        "GITHUB_APP_ID": str(app.id),
        "GITHUB_PRIVATE_KEY": key_pair().private,
        "GITHUB_READER": "live",
        "GITHUB_PROJECTOR": "live",
        "GITHUB_MERGER": "live",
        "FOLD_SECONDS": "0",
        "LEASE_SECONDS": "3",
        "SETTLE_SECONDS": "2",
        "GITHUB_TIMEOUT_SECONDS": "3",
        "SWEEP_SECONDS": "1",
        **settings,
    }
    return Stage(github, simulator.Hooks(github), directory, environment, web_url)


def _stop_all(stage: Stage) -> None:
    stage.github.faults.release()
    for name in list(stage.processes):
        stage.kill(name, signal.SIGTERM)
