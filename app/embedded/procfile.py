"""The lines of the Procfile, run side by side until one of them ends or a signal arrives."""

import multiprocessing
import os
import shlex
import signal
import sys
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

import honcho.manager
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from app.embedded import EmbeddedError, leash
from app.embedded.process import die_with

KILL_SECONDS = leash.GRACE_SECONDS + 5
ASKED_TO_STOP = (128 + signal.SIGINT, 128 + signal.SIGTERM)


def find() -> Path:
    """The Procfile: beside the package in a checkout, else where the wheel puts its shared data."""
    beside = Path(__file__).resolve().parent.parent.parent / "Procfile"
    return beside if beside.is_file() else Path(sys.prefix) / "share" / "mergegate" / "Procfile"


def run(file: Path, environ: Mapping[str, str], *, directory: Path, started: Callable[[], None]) -> int:
    """Run every line in `directory` and call `started` once they are started; the exit code, 0 if asked to stop."""
    lines = read(file)
    multiprocessing.set_start_method("fork", force=True)
    parent = os.getpid()
    os.register_at_fork(after_in_child=lambda: die_with(parent, signal.SIGKILL))
    honcho.manager.KILL_WAIT = KILL_SECONDS
    manager = _Manager(_Printer(started))
    for name, command in lines.items():
        manager.add_process(name, _leashed(name, command), env=dict(environ), cwd=str(directory))
    manager.loop()
    return 0 if manager.returncode in ASKED_TO_STOP else int(manager.returncode)


def read(file: Path) -> dict[str, str]:
    try:
        lines = dict(parse_procfile(file.read_text(encoding="utf-8")).processes)
    except (OSError, UnicodeDecodeError) as trouble:
        raise EmbeddedError(f"The Procfile {file} cannot be read: {trouble}.") from None
    if not lines:
        raise EmbeddedError(f"The Procfile {file} has no line such as `web: exec gunicorn ...`.")
    return lines


def _leashed(name: str, command: str) -> str:
    return "exec " + shlex.join([sys.executable, "-m", leash.__name__, name, command])


class _Manager(honcho.manager.Manager):  # type: ignore[misc]
    """honcho's, whose signal handlers only take a note: what they ask for is done in the next round of its loop.

    Honcho's own print in the middle of another print, and kill lines that have not started yet; both raise, and the
    lines then go on without anybody to stop them.
    """

    def __init__(self, printer: Printer) -> None:
        super().__init__(printer)
        self._said: deque[str] = deque()
        self._asked = False

    def _system_print(self, data: str) -> None:
        self._said.append(data)

    def terminate(self) -> None:
        self._asked = True

    def _all_started(self) -> bool:
        """Asked by honcho in each round."""
        while self._said:
            super()._system_print(self._said.popleft())
        started = bool(super()._all_started())
        if started and self._asked:
            super().terminate()
        return started


class _Printer(Printer):  # type: ignore[misc]
    """honcho's, which also says when all lines are started: it prints nothing before that."""

    def __init__(self, started: Callable[[], None]) -> None:
        super().__init__(sys.stdout)
        self._waiting = [started]

    def write(self, message: Message) -> None:
        while self._waiting:
            self._waiting.pop()()
        super().write(message)
