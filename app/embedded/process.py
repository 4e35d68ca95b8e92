"""Child processes of our own: they die with us, are stopped within bounds, and leave nothing behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
KILL_ROUNDS = 10
KILL_SECONDS = 5
PRIVATE_UMASK = 0o077
PRIVATE_MODE = 0o600
LOG_TAIL_LINES = 5

_libc = ctypes.CDLL(None)


def start(
    argv: Sequence[str], *, log: Path, farewell: signal.Signals, user: str | None = None
) -> subprocess.Popen[bytes]:
    """Start `argv` in a session of its own; it gets `farewell` when this process dies, however that comes about."""
    with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, PRIVATE_MODE), "wb") as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd="/",
            umask=PRIVATE_UMASK,
            preexec_fn=tether(farewell),
            user=user,
            group=user,
            extra_groups=groups(user),
        )


def groups(user: str | None) -> list[str] | None:
    """The further groups of a child that runs as `user`: none at all, or for `None` those we are in."""
    return None if user is None else []


def tether(farewell: signal.Signals) -> Callable[[], None]:
    """What a child runs before its program, so that it gets `farewell` when this process dies."""
    parent = os.getpid()
    return lambda: die_with(parent, farewell)


def die_with(parent: int, farewell: signal.Signals) -> None:
    """Ask the kernel to send `farewell` to this process when `parent` dies; only Linux can."""
    prctl = getattr(_libc, "prctl", None)
    if prctl is not None:
        prctl(PR_SET_PDEATHSIG, int(farewell))
        if os.getppid() != parent:
            os.kill(os.getpid(), farewell)


def adopt_orphans() -> None:
    """Become the parent of every process below this one whose own parent dies; only Linux can."""
    prctl = getattr(_libc, "prctl", None)
    if prctl is not None:
        prctl(PR_SET_CHILD_SUBREAPER, 1)


def kill_descendants() -> None:
    """Kill every process below this one, those included that they start meanwhile."""
    for _ in range(KILL_ROUNDS):
        below = [each for each in psutil.Process().children(recursive=True) if _lives(each)]
        if not below:
            return
        for each in below:
            _send(each, signal.SIGKILL)
        psutil.wait_procs(below, KILL_SECONDS)


def stop(process: subprocess.Popen[bytes], farewell: signal.Signals, seconds: float) -> None:
    """Send `farewell`, wait at most `seconds`, then kill."""
    process.send_signal(farewell)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(KILL_SECONDS)


def clear(program: str, marker: Path, *, farewell: signal.Signals, seconds: float) -> None:
    """Stop what an earlier run, killed, left behind: processes of `program` with `marker` among their arguments.

    Call it only while holding the lock of that data.
    """
    left = [process for process in psutil.process_iter(["cmdline"]) if _is(process, program, marker)]
    for process in left:
        _send(process, farewell)
    _, alive = psutil.wait_procs(left, seconds)
    for process in alive:
        _send(process, signal.SIGKILL)
    psutil.wait_procs(alive, KILL_SECONDS)


def tail(log: Path) -> str:
    """The last lines of a log, on one line."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return " / ".join(line.strip() for line in lines[-LOG_TAIL_LINES:])


def _send(process: psutil.Process, farewell: signal.Signals) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(farewell)


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _is(process: psutil.Process, program: str, marker: Path) -> bool:
    argv: list[str] = process.info["cmdline"] or []
    return bool(argv) and Path(argv[0]).name == program and str(marker) in argv[1:]
