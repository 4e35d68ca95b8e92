"""Artifacts: one text for what is the same, and everything that is wrong with one at once."""

import base64
import json
from typing import Any

import pytest

from app.artifacts import artifact
from app.artifacts.artifact import MOST_BYTES, MOST_FILE_BYTES, MOST_FILES, MOST_WRONG_SHOWN, File
from app.artifacts.blocked import Blocked
from tests.app.artifacts.ground import files, gone, text

DIFF = b"diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-1\n+2\n"


def _codes(document: Any) -> list[tuple[str, str]]:
    try:
        artifact.read(json.dumps(document).encode())
    except Blocked as blocked:
        return [(one.code, one.subject) for one in blocked.blockers]
    return []


def _files(*changed: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "files", "files": list(changed)}


def test_the_same_files_have_one_text() -> None:
    encoded = {"path": "a", "content": base64.b64encode("é".encode()).decode(), "encoding": "base64"}
    one = files(gone("b"), File.model_validate(encoded))
    other = files(text("a", "é"), gone("b"))
    assert artifact.canonical(one) == artifact.canonical(other)
    assert (
        artifact.canonical(other)
        == (
            '{"base":null,"files":[{"content":"é","encoding":"utf-8","mode":"100644","path":"a"},'
            '{"delete":true,"path":"b"}],"kind":"files"}'
        ).encode()
    )


@pytest.mark.parametrize(
    "other",
    [
        files(text("a", "1 "), gone("b")),
        files(text("a", "1", "100755"), gone("b")),
        files(text("a", "1"), text("b", "")),
        files(text("a", "1"), gone("b"), base="0" * 40),
    ],
)
def test_other_files_have_another(other: artifact.Files) -> None:
    assert artifact.canonical(files(text("a", "1"), gone("b"))) != artifact.canonical(other)


def test_a_text_is_read_as_what_it_was_made_of() -> None:
    for one in (files(text("a", "1\0"), gone("b")), artifact.of_patch(DIFF), artifact.of_patch(DIFF + b"\n", "0" * 40)):
        assert artifact.canonical(artifact.read(artifact.canonical(one))) == artifact.canonical(one)


def test_bytes_that_are_no_text_survive() -> None:
    binary = DIFF.replace(b"+2", b"+\xff")
    read = artifact.read(artifact.canonical(artifact.of_patch(binary)))
    assert isinstance(read, artifact.Patch)
    assert read.data == binary


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "a",
        {"kind": "files"},
        _files(),
        _files({"path": "a"}),
        _files({"path": "", "content": ""}),
        _files({"path": "a", "content": "", "mode": "100600"}),
        _files({"path": "a", "content": "=", "encoding": "base64"}),
        _files({"path": "a", "content": "", "size": 1}),
        {"kind": "patch", "patch": "?", "encoding": "base64"},
        {"kind": "patch", "patch": DIFF.decode(), "base": "main"},
        {"kind": "patch", "patch": "nothing"},
    ],
)
def test_what_is_no_artifact_is_malformed(document: Any) -> None:
    assert _codes(document) == [("ARTIFACT_MALFORMED", "artifact")]


def test_no_json_is_no_artifact() -> None:
    for body in (b"", b"{", b'{"kind": "files", "files": [{"path": "\\ud800", "content": ""}]}', b"\xff"):
        with pytest.raises(Blocked, match="can't be read"):
            artifact.read(body)


def test_an_empty_patch_is_none() -> None:
    with pytest.raises(Blocked, match="empty"):
        artifact.of_patch(b"")


def test_all_that_is_wrong_is_named() -> None:
    wrong = _files(
        {"path": "/a", "content": ""},
        {"path": "b", "content": ""},
        {"path": "b", "delete": True},
        {"path": "c", "content": ""},
        {"path": "c/d", "content": "x" * (MOST_FILE_BYTES + 1)},
    )
    assert _codes(wrong) == [
        ("PATH_OUTSIDE_TREE", "path:/a"),
        ("ARTIFACT_MALFORMED", "path:c"),
        ("ARTIFACT_MALFORMED", "path:b"),
        ("ARTIFACT_TOO_LARGE", "path:c/d"),
    ]


def test_a_file_may_take_the_place_of_a_directory() -> None:
    assert _codes(_files({"path": "a", "content": ""}, {"path": "a/b", "delete": True})) == []


def test_no_more_is_said_than_helps() -> None:
    assert len(_codes(_files(*({"path": f"/{number}", "content": ""} for number in range(50))))) == MOST_WRONG_SHOWN


def test_it_has_so_many_files_at_most() -> None:
    many = [{"path": str(number), "content": ""} for number in range(MOST_FILES + 1)]
    assert _codes(_files(*many)) == [("ARTIFACT_TOO_LARGE", "artifact")]
    assert _codes(_files(*many[:-1])) == []


def test_it_has_so_many_bytes_at_most() -> None:
    large = [{"path": str(number), "content": "x" * MOST_FILE_BYTES} for number in range(5)]
    assert _codes(_files(*large)) == [("ARTIFACT_TOO_LARGE", "artifact")]
    assert _codes(_files(*large[:-1])) == []
    assert MOST_FILE_BYTES * 5 >= MOST_BYTES


def test_a_patch_names_paths_as_files_do() -> None:
    outside = DIFF.replace(b"a/a", b"a/.git/config").replace(b"b/a", b"b/.git/config")
    with pytest.raises(Blocked) as refused:
        artifact.of_patch(outside)
    assert [one.code for one in refused.value.blockers] == ["PATH_OUTSIDE_TREE"]
    assert artifact.changed_paths(artifact.of_patch(DIFF)) == ("a",)
