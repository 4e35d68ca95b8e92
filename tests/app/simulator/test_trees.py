"""Blobs and trees are kept as they are written, byte for byte."""

import base64
from typing import Any

import pytest

from app.simulator.objects import LINK, PROGRAM, SUBMODULE, File, Tree

W = "/repos/acme/widget"
BINARY = bytes(range(256))
NOWHERE = "1" * 40


def _blob(town: Any, data: bytes = BINARY) -> str:
    body = {"content": base64.b64encode(data).decode(), "encoding": "base64"}
    return str(town.ask("POST", f"{W}/git/blobs", body).body["sha"])


def _entry(path: str, *, mode: str = "100644", kind: str = "blob", **more: Any) -> dict[str, Any]:
    return {"path": path, "mode": mode, "type": kind, **more}


def _make(town: Any, *entries: dict[str, Any], base: str | None = None) -> Any:
    body = {"tree": list(entries), **({} if base is None else {"base_tree": base})}
    return town.ask("POST", f"{W}/git/trees", body)


def _main(town: Any) -> Tree:
    repository = town.github.state.repository("acme/widget")
    tree: Tree = repository.commits[repository.branches["main"]].tree
    return tree


def _listed(town: Any, sha: str) -> dict[str, tuple[str, str]]:
    body = town.get(f"{W}/git/trees/{sha}?recursive=1").body
    return {entry["path"]: (entry["mode"], entry["type"]) for entry in body["tree"]}


def test_it_keeps_every_byte_of_a_blob(town: Any) -> None:
    made = town.ask("POST", f"{W}/git/blobs", {"content": "naïve\r\n"})
    assert (made.status, made.headers["location"]) == (201, made.body["url"])
    found = town.get(f"{W}/git/blobs/{_blob(town)}").body
    assert (base64.b64decode(found["content"]), found["size"], found["sha"]) == (BINARY, 256, _blob(town))
    assert base64.b64decode(town.get(f"{W}/git/blobs/{made.body['sha']}").body["content"]) == "naïve\r\n".encode()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"content": 1}, 422),
        ({"content": "a", "encoding": "base64"}, 422),
        ({"content": "a", "encoding": "latin-1"}, 422),
        ({"content": "\ud800"}, 400),
    ],
)
def test_it_refuses_a_blob_that_is_none(town: Any, body: Any, status: int) -> None:
    assert town.ask("POST", f"{W}/git/blobs", body).status == status


def test_it_serves_blobs_and_folders_of_commits(town: Any) -> None:
    tree = _main(town)
    assert town.get(f"{W}/git/blobs/{tree['src/a.py'].sha}").body["size"] == 8
    folder = town.get(f"{W}/git/trees/{tree.below('src').sha}").body
    assert [entry["path"] for entry in folder["tree"]] == ["a.py"]
    assert town.get(f"{W}/git/trees/main").body["sha"] == tree.sha
    assert town.get(f"{W}/git/trees/{town.head}").body["sha"] != tree.sha
    assert [town.get(f"{W}/git/{what}/{NOWHERE}").status for what in ("blobs", "trees", "commits")] == [404, 404, 404]
    assert town.get(f"{W}/git/blobs/abc").status == 422


def test_it_changes_a_tree_by_its_entries(town: Any) -> None:
    reply = _make(
        town,
        _entry("src/a.py", mode=PROGRAM, content="run\n"),
        _entry("bin/data", sha=_blob(town)),
        _entry("here", mode=LINK, content="src/a.py"),
        _entry("lib", mode=SUBMODULE, kind="commit", sha=NOWHERE),
        _entry("old.txt", sha=None),
        _entry("copy", mode="040000", kind="tree", sha=_main(town).below("src").sha),
        base=_main(town).sha,
    )
    wanted = Tree(
        {
            **{path: file for path, file in _main(town).items() if path != "old.txt"},
            "src/a.py": File(b"run\n", PROGRAM),
            "bin/data": File(BINARY),
            "here": File(b"src/a.py", LINK),
            "lib": File(NOWHERE.encode(), SUBMODULE),
            "copy/a.py": File(b"one\ntwo\n"),
        }
    )
    assert (reply.status, reply.body["sha"], reply.headers["location"]) == (201, wanted.sha, reply.body["url"])
    found = _listed(town, wanted.sha)
    assert found["bin"] == ("040000", "tree")
    assert found["lib"] == (SUBMODULE, "commit")
    assert found["here"] == (LINK, "blob")
    assert "old.txt" not in found


def test_it_starts_from_nothing_without_a_base(town: Any) -> None:
    reply = _make(town, _entry("only", content="x"))
    assert [entry["path"] for entry in reply.body["tree"]] == ["only"]


def test_it_puts_a_folder_in_the_place_of_another(town: Any) -> None:
    folder = _make(town, _entry("b.py", content="x")).body["sha"]
    reply = _make(town, _entry("src", mode="040000", kind="tree", sha=folder), base=_main(town).sha)
    found = _listed(town, reply.body["sha"])
    assert ("src/b.py" in found, "src/a.py" in found, "README.md" in found) == (True, False, True)


def test_it_takes_out_a_whole_folder(town: Any) -> None:
    reply = _make(town, _entry("src", sha=None), base=_main(town).sha)
    assert "src/a.py" not in _listed(town, reply.body["sha"])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (_entry("/a", content=""), "tree.path cannot start with a slash"),
        (_entry("a/../b", content=""), "tree.path contains a malformed path component"),
        (_entry("a/.Git/b", content=""), "tree.path contains a malformed path component"),
        (_entry("a//b", content=""), "tree.path contains a malformed path component"),
        (_entry("", content=""), "tree.path cannot be blank"),
        (_entry("a", mode="100666", content=""), "Must supply a valid tree.mode, not 100666"),
        (
            _entry("a", content="", sha=NOWHERE),
            "Must supply either tree.sha or tree.content. Request will be rejected if both are present.",
        ),
        (_entry("a"), "Must supply either tree.sha or tree.content. Request will be rejected if both are present."),
        (_entry("a", sha=NOWHERE), f"tree.sha {NOWHERE} is not a valid blob"),
        (_entry("a", mode="040000", kind="tree", sha=NOWHERE), f"tree.sha {NOWHERE} is not a valid tree"),
        (_entry("nowhere", sha=None), "GitRPC::BadObjectState"),
    ],
)
def test_it_refuses_an_entry_with_githubs_words(town: Any, entry: Any, message: str) -> None:
    reply = _make(town, entry, base=_main(town).sha)
    assert (reply.status, reply.body["message"]) == (422, message)
    assert town.github.journal.writes[-1].effect == "no"


def test_it_refuses_what_is_no_list_and_a_base_that_is_no_tree(town: Any) -> None:
    assert town.ask("POST", f"{W}/git/trees", {"tree": "x"}).status == 422
    reply = _make(town, _entry("a", content=""), base=town.head)
    assert (reply.status, reply.body["message"]) == (422, "base_tree is not a valid tree oid")


def test_it_cuts_a_tree_with_too_many_entries_and_says_so(town: Any) -> None:
    town.github.limits.tree_entries = 2
    body = town.get(f"{W}/git/trees/main?recursive=1").body
    assert (len(body["tree"]), body["truncated"]) == (2, True)
    town.github.limits.tree_entries = 100
    assert town.get(f"{W}/git/trees/main?recursive=0").body["truncated"] is False


def test_it_shows_binary_files_links_and_modes_of_a_pull_request(town: Any) -> None:
    files = {"bin": File(BINARY), "src/a.py": File(b"one\nthree\n", PROGRAM), "here": File(b"src", LINK)}
    town.github.push("acme/widget", "feature", files, by="bob")
    found = {f["filename"]: f for f in town.get(f"{W}/pulls/1/files").body}
    assert ("patch" in found["bin"], found["bin"]["additions"], found["bin"]["sha"]) == (False, 0, _blob(town))
    assert found["here"]["patch"].endswith("+src")
    town.github.push("acme/widget", "main", {"old.txt": File(b"x\n", PROGRAM)}, by="mia")
    main = town.github.state.repository("acme/widget").branches["main"]
    (changed,) = town.get(f"{W}/commits/{main}").body["files"]
    assert (changed["status"], changed["changes"], "patch" in changed) == ("changed", 0, False)


def test_it_lists_links_and_submodules_of_a_folder(town: Any) -> None:
    files = {"a/here": File(b"x", LINK), "a/lib": File(NOWHERE.encode(), SUBMODULE), "a/b/c": File(BINARY)}
    town.github.push("acme/widget", "main", files, by="mia")
    kinds = {entry["name"]: entry["type"] for entry in town.get(f"{W}/contents/a").body}
    assert kinds == {"b": "dir", "here": "symlink", "lib": "submodule"}
    assert town.get(f"{W}/contents/a/here").body["target"] == "x"
    assert "submodule_git_url" in town.get(f"{W}/contents/a/lib").body
    assert base64.b64decode(town.get(f"{W}/contents/a/b/c").body["content"]) == BINARY
