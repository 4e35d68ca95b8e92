"""The home directory: found, made without touching what was there, and held by one."""

import os
from pathlib import Path

import pytest

from app.embedded import EmbeddedError, home


def test_it_is_the_directory_named_in_the_environment(tmp_path: Path) -> None:
    assert home.home({"MERGEGATE_HOME": str(tmp_path / "a/b")}) == tmp_path / "a/b"
    assert (tmp_path / "a/b").is_dir()


@pytest.mark.skipif(os.geteuid() == 0, reason="root keeps its data in /var/lib")
def test_it_is_in_the_state_directory_of_an_ordinary_user(tmp_path: Path) -> None:
    assert home.home({"XDG_STATE_HOME": str(tmp_path)}) == tmp_path / "mergegate"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps its data in /var/lib")
def test_it_is_the_systems_for_root() -> None:
    assert home.home({}) == Path("/var/lib/mergegate")


def test_it_changes_the_mode_of_no_directory_that_was_there(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home.make_directory(closed / "below" / "deep")
    modes = [path.stat().st_mode & 0o777 for path in (closed, closed / "below", closed / "below/deep")]
    assert modes == [0o700, 0o711, 0o711]


def test_it_says_that_it_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EmbeddedError, match=r"cannot be made \(.*\); set MERGEGATE_HOME to one that can\.$"):
        home.home({"MERGEGATE_HOME": str(tmp_path / "file" / "below")})


def test_a_lock_is_held_by_one_and_free_again_afterwards(tmp_path: Path) -> None:
    with home.held(tmp_path / "lock", "It"):
        with pytest.raises(home.HeldError, match=f"It already runs in {tmp_path}; stop it first"):
            home.held(tmp_path / "lock", "It").__enter__()
        assert (tmp_path / "lock").stat().st_mode & 0o777 == 0o600
    with home.held(tmp_path / "lock", "It"):
        pass


def test_a_secret_is_written_for_its_owner_alone(tmp_path: Path) -> None:
    home.write_secret(tmp_path / "secret", "first")
    home.write_secret(tmp_path / "secret", "second")
    assert (tmp_path / "secret").read_text() == "second"
    assert (tmp_path / "secret").stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]
