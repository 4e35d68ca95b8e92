"""Where PostgreSQL's programs come from, and who runs them."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from app.embedded import EmbeddedError, installation
from app.embedded.installation import SYSTEM_USER

NOBODY_UID = 65_534
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as somebody else")


def test_its_programs_run_as_a_user_who_is_not_root() -> None:
    user, programs = installation.find()
    argv = [str(programs / "postgres"), "--version"]
    done = subprocess.run(argv, check=True, capture_output=True, text=True, cwd="/", user=user, group=user)
    assert done.stdout.startswith("postgres (PostgreSQL) 18.")
    assert (pwd.getpwnam(user).pw_uid if user else os.geteuid()) != 0


def test_a_copy_is_whole_and_open_to_others_whatever_the_mode_of_the_original(service_home: Path) -> None:
    tree = installation._unpacked().parent
    before = (tree / "bin/postgres").stat().st_mode
    installation._ensure_copy(tree, service_home / "copy")
    programs = service_home / "copy" / installation.PACKAGE / tree.name / "bin"
    initdb = subprocess.run([programs / "initdb", "--version"], check=True, capture_output=True, text=True)
    closed = [path for path in (service_home / "copy").rglob("*") if path.lstat().st_mode & 0o444 != 0o444]
    assert initdb.stdout.startswith("initdb (PostgreSQL) 18.")
    assert closed == []
    assert (tree / "bin/postgres").stat().st_mode == before


def test_a_copy_is_made_once_and_a_second_maker_leaves_nothing_behind(service_home: Path) -> None:
    tree = service_home / "wheel" / installation.PACKAGE / "pginstall18"
    (tree / "bin").mkdir(parents=True)
    (tree / "bin" / "postgres").write_text("first")
    installation._ensure_copy(tree, service_home / "copy")
    (tree / "bin" / "postgres").write_text("second")
    installation._ensure_copy(tree, service_home / "copy")
    copied = service_home / "copy" / installation.PACKAGE / "pginstall18/bin/postgres"
    assert copied.read_text() == "first"
    (tree / "bin" / "postgres").chmod(0o700)
    installation._copy(tree, service_home / "copy")
    assert copied.read_text() == "first"
    assert sorted(each.name for each in service_home.iterdir()) == ["copy", "wheel"]


@as_root
def test_it_says_that_the_system_user_cannot_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(installation, "SYSTEM_USER", "Not a name!")
    with pytest.raises(EmbeddedError, match=r"the system user Not a name! cannot be made \(.*\): make that user, run"):
        installation._ensure_user()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(EmbeddedError, match=r"cannot be made \(useradd is not there\)"):
        installation._ensure_user()


@as_root
def test_a_directory_that_its_user_can_enter_is_fine_and_another_is_not(service_home: Path) -> None:
    closed = service_home / "closed"
    closed.mkdir(mode=0o700)
    installation.require_entry(service_home, SYSTEM_USER)
    with pytest.raises(EmbeddedError, match=r"closed cannot be entered by the user mergegate, whom PostgreSQL runs as"):
        installation.require_entry(closed, SYSTEM_USER)


@as_root
def test_it_says_that_root_may_not_act_as_another() -> None:
    program = (
        "import grp, os, pwd\nfrom pathlib import Path\nfrom app.embedded import EmbeddedError, installation\n"
        f"os.setuid({NOBODY_UID})\n"
        "try: installation.require_entry(Path('/'), 'mergegate')\n"
        "except EmbeddedError as trouble: print(trouble)"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout == "Root may not act as the user mergegate here; set DATABASE_URL instead.\n"
