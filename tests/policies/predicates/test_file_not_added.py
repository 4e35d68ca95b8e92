"""`file_not_added`"""

from typing import Any

from policies.facts import ChangedFile

SRC = ChangedFile(filename="src/a.py", status="modified")
DOC = ChangedFile(filename="docs/a.md", status="added")
OLD = ChangedFile(filename="docs/old.md", status="deleted")


def test_it_looks_only_at_added_files(ask: Any) -> None:
    result = ask("file_not_added: {paths: ['^docs/']}", files=(SRC, DOC, OLD))
    assert (result.kind, result.satisfied, result.description) == ("file_not_added", False, "docs/a.md was added")
    result = ask("file_not_added: {paths: ['^src/']}", files=(SRC, DOC, OLD))
    assert (result.satisfied, result.description) == (True, "No added files match the specified patterns")


def test_it_finds_nothing_without_paths(ask: Any) -> None:
    assert ask("file_not_added: {}", files=(SRC, DOC, OLD)).satisfied is True
