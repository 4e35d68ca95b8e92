"""Paths and links: what stays inside the tree on every system, and what does not."""

import pytest

from app.artifacts import paths

OUTSIDE = [
    "/a",
    "",
    "a/",
    "a//b",
    ".",
    "./a",
    "a/.",
    "..",
    "a/../b",
    "...",
    ".git",
    ".git/config",
    "a/.GIT/hooks/x",
    ".Git ",
    ".git.",
    ".git. .",
    ".git::$INDEX_ALLOCATION/config",
    "git~1/config",
    "GIT~1",
    ".g\u200cit/config",
    "C:/a",
    "c:a",
]
MALFORMED = ["a\\b", "a\0b", "a\nb", "a\x7f", "a\x85b", "\x1b[31m"]
TOO_LARGE = ["a" * 256, "/".join("a" * 65), "é" * 128, "/".join(["a" * 255] * 17)]
SOUND = [
    "a",
    "a b",
    ".github/workflows/x.yml",
    ".gitignore",
    "a/git",
    "é☃",
    "..a",
    "a..",
    "git~2",
    "a" * 255,
    "-",
]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        *((path, "PATH_OUTSIDE_TREE") for path in OUTSIDE),
        *((path, "ARTIFACT_MALFORMED") for path in MALFORMED),
        *((path, "ARTIFACT_TOO_LARGE") for path in TOO_LARGE),
    ],
)
def test_a_path_that_leaves_the_tree_is_refused(path: str, code: str) -> None:
    assert [blocker.code for blocker in paths.check(path)] == [code]
    assert all(blocker.sentence.isprintable() for blocker in paths.check(path))


@pytest.mark.parametrize("path", SOUND)
def test_a_path_inside_the_tree_is_taken(path: str) -> None:
    assert paths.check(path) == ()


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("a", "/etc/passwd"),
        ("a", ".."),
        ("a", "../b"),
        ("a/b", "../../c"),
        ("a/b", "c/../../.."),
        ("a/b", "c/../d"),
        ("a", ".git/config"),
        ("a/b", "../.git"),
        ("a", ""),
        ("a", "/"),
        ("a", "b//c"),
        ("a", "b\\c"),
        ("a", "b\0"),
        ("a", "C:/b"),
        ("a", "b\udcff"),
    ],
)
def test_a_link_that_leaves_the_tree_is_refused(path: str, target: str) -> None:
    assert [one.code for one in paths.check_link(path, target.encode("utf-8", "surrogateescape"))] == [
        "PATH_OUTSIDE_TREE"
    ]


@pytest.mark.parametrize(
    ("path", "target"), [("a", "b"), ("a", "."), ("a", "./b"), ("a", "b/c/"), ("a/b", ".."), ("a/b/c", "../../d/e")]
)
def test_a_link_inside_the_tree_is_taken(path: str, target: str) -> None:
    assert paths.check_link(path, target.encode()) == ()


def test_a_file_is_no_directory() -> None:
    assert [one.subject for one in paths.check_together(["a", "a/b", "a/b/c", "ab"])] == ["path:a", "path:a/b"]
    assert paths.check_together(["a", "ab", "b/a"]) == ()


@pytest.mark.parametrize("path", [".github/workflows/x.yml", ".GitHub/Workflows/x.yml", ".github/workflows"])
def test_workflows_need_consent(path: str) -> None:
    assert [one.code for one in paths.check_workflows([path])] == ["PATH_NOT_ALLOWED"]


@pytest.mark.parametrize(
    "path", [".github/CODEOWNERS", "workflows/x.yml", "a/.github/workflows/x.yml", ".github/workflowsx"]
)
def test_other_files_need_none(path: str) -> None:
    assert paths.check_workflows([path]) == ()
