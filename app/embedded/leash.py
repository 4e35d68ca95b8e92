"""Keep one line of the Procfile on a leash: `python -m app.embedded.leash NAME COMMAND` leaves none of its processes.

The line runs in a session of its own and only its first process is asked to stop: celery and gunicorn then let
their children finish. Whatever is left after that, or when the process above this one dies, is killed.
"""

import os
import signal
import subprocess
import sys

from app.embedded.process import adopt_orphans, die_with, kill_descendants

GRACE_SECONDS = 20
FAILED = 1
LARGEST_CODE = 125
STOP, ABANDONED, ENDED = signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD


def main(name: str, command: str) -> int:
    """Run `command` until it ends or is to stop; 0 only where it was told to."""
    signal.pthread_sigmask(signal.SIG_BLOCK, (STOP, ABANDONED, ENDED))
    die_with(os.getppid(), ABANDONED)
    adopt_orphans()
    child = _start(command)
    try:
        return _attend(child, name)
    finally:
        kill_descendants()


def _start(command: str) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def prepare() -> None:
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        die_with(parent, signal.SIGKILL)

    return subprocess.Popen(["/bin/sh", "-c", command], start_new_session=True, preexec_fn=prepare)


def _attend(child: subprocess.Popen[bytes], name: str) -> int:
    while (code := child.poll()) is None:
        heard = signal.sigwait((STOP, ABANDONED, ENDED))
        if heard == ABANDONED:
            return FAILED
        if heard == STOP:
            return _let_finish(child)
    print(f"{name} ended by itself with exit code {code}, so everything stops.", flush=True)  # noqa: T201 -- its log
    return code if 0 < code <= LARGEST_CODE else FAILED


def _let_finish(child: subprocess.Popen[bytes]) -> int:
    child.send_signal(STOP)
    while child.poll() is None:
        heard = signal.sigtimedwait((ABANDONED, ENDED), GRACE_SECONDS)
        if heard is None or heard.si_signo == ABANDONED:
            return FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
