"""`mergegate workflows watch` on a terminal of its own, as somebody sees it who then presses Ctrl-C."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress

ROWS, COLUMNS = 24, 80
CTRL_C = b"\x03"
LEAVE_SCREEN, SHOW_CURSOR = b"\x1b[?1049l", b"\x1b[?25h"


@contextmanager
def _watching(environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """The command in a session of its own, and our end of its terminal."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    arguments = [sys.executable, "-c", "from app.cli import main; main()", "workflows", "watch"]
    process = subprocess.Popen(
        arguments, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, preexec_fn=_own_terminal
    )
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _own_terminal() -> None:
    """So that Ctrl-C reaches it alone."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _read(terminal: int, until: bytes) -> bytes:
    """All that is written until these bytes, or until nobody writes any more."""
    shown = b""
    with suppress(OSError):
        while until not in shown and (more := os.read(terminal, 4096)):
            shown += more
    return shown


def test_it_shows_a_look_and_ends_cleanly_with_ctrl_c(database_url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": database_url, "TERM": "xterm-256color"}
    with _watching(environment) as (process, terminal):
        assert b"Nothing has stopped." in _read(terminal, b"Newest")
        os.write(terminal, CTRL_C)
        left = _read(terminal, SHOW_CURSOR)
        assert process.wait(20) == 0
    assert LEAVE_SCREEN in left
    assert b"Traceback" not in left
