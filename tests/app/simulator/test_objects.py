"""Files, trees and commits have the SHAs that git itself gives them."""

import subprocess
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.simulator.objects import LINK, PROGRAM, SUBMODULE, Entry, File, Signature, Tree, commit_sha

NOWHERE = "1" * 40
FILES = {
    "a": File(b"one\n"),
    "a.b/c": File(b"\x00\xff", PROGRAM),
    "a-b": File(b""),
    "b/c/d": File("naïve\n".encode()),
    "b/é": File(b"x"),
    "b.c": File(b"b/c/d", LINK),
    "lib/module": File(NOWHERE.encode(), SUBMODULE),
}


def _git(folder: Path, *words: str, given: bytes = b"", environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        ["git", *words],
        cwd=folder,
        input=given,
        capture_output=True,
        check=True,
        env={"HOME": "/", **(environment or {})},
    )
    return done.stdout.decode().strip()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    _git(tmp_path, "init", "-q")
    return tmp_path


def _written(folder: Path, tree: Tree) -> str:
    """The SHA of the tree that git writes from an index with these files."""
    for path, file in tree.items():
        sha = file.sha if file.mode == SUBMODULE else _git(folder, "hash-object", "-w", "--stdin", given=file.data)
        _git(folder, "update-index", "--add", "--cacheinfo", f"{file.mode},{sha},{path}")
    return _git(folder, "write-tree")


def test_it_names_a_tree_as_git_does(folder: Path) -> None:
    tree = Tree(FILES)
    assert tree.sha == _written(folder, tree)
    listed = _git(
        folder,
        "-c",
        "core.quotepath=off",
        "ls-tree",
        "-r",
        "-t",
        "-z",
        "--format=%(objectmode) %(objecttype) %(objectname) %(path)",
        tree.sha,
    )
    ours = [f"{e.mode} {e.kind} {e.sha} {e.path}" for e in tree.entries(depth="all")]
    assert ours == listed.strip("\0").split("\0")


@given(st.dictionaries(st.text("ab.-", min_size=1).filter(lambda n: n not in (".", "..")), st.binary(max_size=4)))
def test_it_finds_each_folder_by_the_sha_that_its_entry_has(files: dict[str, bytes]) -> None:
    tree = Tree({f"{name[0]}x/{name}/file": File(data) for name, data in files.items()})
    for entry in tree.entries(depth="all"):
        if entry.kind == "tree":
            assert tree.below(entry.path).sha == entry.sha
            assert tree.below(tree.folders[entry.sha]).sha == entry.sha


def test_it_names_no_files_at_all_as_git_does(folder: Path) -> None:
    assert Tree({}).sha == _git(folder, "write-tree")
    assert Tree({}).entries() == []


@pytest.mark.parametrize("message", ["Say why", "Say why\n", "Say why\n\nAt length.\n\n", "Naïve 🎈", ""])
def test_it_names_a_commit_as_git_does(folder: Path, message: str) -> None:
    tree = Tree(FILES)
    _written(folder, tree)
    author = Signature(
        login=None, called="Ada Ü", email="ada@example.test", at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    )
    there = timezone(-timedelta(hours=3, minutes=30))
    committer = Signature(login="bob", email="bob@example.test", at=datetime(2026, 5, 6, 7, 8, 9, tzinfo=there))
    begin = commit_sha(tree=tree, parents=(), message="Begin", author=author, committer=committer)
    sha = commit_sha(tree=tree, parents=(begin, NOWHERE), message=message, author=author, committer=committer)
    raw = (
        f"tree {tree.sha}\nparent {begin}\nparent {NOWHERE}\n"
        "author Ada Ü <ada@example.test> 1767323045 +0000\n"
        "committer bob <bob@example.test> 1778063889 -0330\n"
        f"\n{message}"
    )
    assert sha == _git(folder, "hash-object", "-t", "commit", "--stdin", "--literally", given=raw.encode())


def test_it_keeps_equal_commits_apart_by_what_is_signed() -> None:
    who = Signature(login="bob", email="bob@example.test", at=datetime(2026, 1, 1, tzinfo=UTC))
    made = [
        commit_sha(tree=Tree({}), parents=(), message="", author=who, committer=who, signed=n) for n in (None, "1", "2")
    ]
    assert len(set(made)) == 3


def test_it_keeps_the_mode_of_a_program_whose_text_changes() -> None:
    tree = Tree(FILES).changed({"a.b/c": "new", "b.c": b"no link", "a": None})
    assert (tree["a.b/c"], tree["b.c"], "a" in tree) == (File(b"new", PROGRAM), File(b"no link"), False)


def test_it_puts_a_file_in_the_place_of_a_folder_and_back() -> None:
    tree = Tree(FILES).changed({"b": "file", "a/x/y": "folder"})
    assert sorted(tree) == ["a-b", "a.b/c", "a/x/y", "b", "b.c", "lib/module"]
    assert sorted(tree.changed({"b": None, "a/x": None})) == ["a-b", "a.b/c", "b.c", "lib/module"]


def test_it_tells_the_size_of_files_only() -> None:
    sizes = {entry.path: entry.size for entry in Tree(FILES).entries()}
    assert sizes == {"a": 4, "a-b": 0, "a.b": None, "b": None, "b.c": 5, "lib": None}
    assert Tree({"x": File(b"1")}).entries() == [
        Entry("x", "100644", "blob", "56a6051ca2b02b04ef92d5150c9ef600403cb1de", 1)
    ]
