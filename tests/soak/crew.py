"""The processes of a soak: each is started again when it is dead, and its workers die at every checkpoint once."""

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app import database
from app.demo.stage import Stage

ROOT = Path(__file__).parents[2]
WORKER = "worker"
CHILD = "/child"
CHECKPOINT = re.compile(r'checkpoint\("([a-z_.]+)"\)')
CHILD_SECONDS = 10


def checkpoints() -> tuple[str, ...]:
    """The names of all checkpoints in the tasks."""
    sources = (file.read_text(encoding="utf-8") for file in sorted((ROOT / "tasks").rglob("*.py")))
    return tuple(sorted({name for source in sources for name in CHECKPOINT.findall(source)}))


@dataclass
class Crew:
    """`points`: the checkpoints at which workers die. `killed` counts those that were killed by name.

    `fallen`: who ended and was not killed by name; a worker that died at a checkpoint is one of them.
    """

    stage: Stage
    workers: tuple[str, ...]
    points: tuple[str, ...]
    pause_seconds: float
    under_way_seconds: int
    killed: int = 0
    fallen: Counter[str] = field(default_factory=Counter)

    @property
    def deaths(self) -> Path:
        """The directory with a mark for each checkpoint at which a worker has died."""
        return self.stage.directory / "deaths"

    @property
    def died_at(self) -> set[str]:
        return {mark.name for mark in self.deaths.iterdir()}

    @property
    def never_died_at(self) -> set[str]:
        return set(self.points) - self.died_at

    def begin(self) -> None:
        """The workers that die."""
        self.deaths.mkdir()
        for name in self.workers:
            self._start_worker(name)

    def revive(self) -> None:
        """Start again whatever is dead."""
        for name, process in list(self.stage.processes.items()):
            if process.poll() is not None:
                self.fallen[name] += 1
                del self.stage.processes[name]
                self._start(name)

    def kill(self, name: str) -> None:
        """kill -9 of a whole process group, which is started again, or of a child of it, which it starts itself."""
        self.killed += 1
        whole, child, _ = name.partition(CHILD)
        if child:
            _kill_child(self.stage.processes[whole].pid)
        else:
            self.stage.kill(name, signal.SIGKILL)
            self._start(name)

    def _start(self, name: str) -> None:
        if name in self.workers:
            self._start_worker(name)
        else:
            self.stage.start(name)

    def _start_worker(self, name: str) -> None:
        command = [sys.executable, "-m", "celery", "--app", "tests.soak.dying_worker:celery", "worker"]
        with (self.stage.directory / f"{name}.log").open("ab") as log:
            self.stage.processes[name] = subprocess.Popen(
                [*command, "--loglevel", "INFO", "--hostname", f"{name}@soak"],
                env=self.stage.environment | self._dying(),
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def _dying(self) -> dict[str, str]:
        return {
            "PYTHONPATH": os.fspath(ROOT),
            "DEATHS": os.fspath(self.deaths),
            "DEATH_POINTS": " ".join(self.points),
            "DEATH_PAUSE_SECONDS": str(self.pause_seconds),
            "UNDER_WAY_SECONDS": str(self.under_way_seconds),
        }


def cut(url: str) -> None:
    """End every connection to the database, in whatever transaction it is."""
    with database.pool(url) as pool, pool.connection() as tx:
        tx.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )


def _kill_child(process_id: int) -> None:
    """The youngest; nothing where there is none at the moment."""
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(process_id).children()
        for child in sorted(children, key=lambda each: each.create_time())[-1:]:
            child.kill()
            child.wait(CHILD_SECONDS)
