"""Where the embedded services keep their data, held by one owner at a time."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from app.embedded import EmbeddedError

SYSTEM_HOME = Path("/var/lib/mergegate")
HOME_MODE = 0o711
FILE_MODE = 0o600


class HeldError(EmbeddedError):
    """Another process holds the lock."""


def home(environ: Mapping[str, str]) -> Path:
    """The home directory, made if missing: `MERGEGATE_HOME`, else the system's for root or the user's own."""
    directory = _chosen(environ)
    try:
        make_directory(directory)
    except OSError as trouble:
        raise EmbeddedError(
            f"The directory {directory} cannot be made ({trouble.strerror}); set MERGEGATE_HOME to one that can."
        ) from None
    return directory


def make_directory(directory: Path, mode: int = HOME_MODE) -> None:
    """Make `directory` and what is missing above it; nothing that existed before changes its mode."""
    if directory.is_dir():
        return
    make_directory(directory.parent)
    directory.mkdir(mode=mode, exist_ok=True)
    directory.chmod(mode)


@contextmanager
def held(lock: Path, by: str) -> Iterator[None]:
    """Hold the file `lock` for one process alone; the system lets go of it when that process dies.

    Raises `HeldError` when another process holds it: `by` already runs.
    """
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, FILE_MODE)
    try:
        _lock(descriptor, f"{by} already runs in {lock.parent}; stop it first, or set MERGEGATE_HOME.")
        yield
    finally:
        os.close(descriptor)


def write_secret(file: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    fresh = file.with_name(f".{file.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
    fresh.replace(file)


def _lock(descriptor: int, otherwise: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise HeldError(otherwise) from None


def _chosen(environ: Mapping[str, str]) -> Path:
    if given := environ.get("MERGEGATE_HOME"):
        return Path(given).expanduser().absolute()
    if os.geteuid() == 0:
        return SYSTEM_HOME
    state = environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser().absolute() / "mergegate"
