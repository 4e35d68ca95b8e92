"""`file_deleted`"""

from typing import Any

from policies.facts import ChangedFile

SRC = ChangedFile(filename="src/a.py", status="modified")
DOC = ChangedFile(filename="docs/a.md", status="added")
OLD = ChangedFile(filename="docs/old.md", status="deleted")


def test_it_looks_only_at_deleted_files(ask: Any) -> None:
    result = ask("file_deleted: {paths: ['^docs/']}", files=(SRC, DOC, OLD))
    assert (result.kind, result.satisfied, result.description) == ("file_deleted", True, "docs/old.md was deleted")
    result = ask("file_deleted: {paths: ['^src/']}", files=(SRC, DOC, OLD))
    assert (result.satisfied, result.description) == (False, "No deleted files match the specified patterns")


def test_it_finds_nothing_without_paths(ask: Any) -> None:
    assert ask("file_deleted: {}", files=(SRC, DOC, OLD)).satisfied is False
