"""`no_changed_files`"""

from typing import Any

from policies.facts import ChangedFile

SRC = ChangedFile(filename="src/a.py", status="modified")
DOC = ChangedFile(filename="docs/a.md", status="added")
OLD = ChangedFile(filename="docs/old.md", status="deleted")


def test_it_holds_where_no_file_matches(found: Any) -> None:
    condition = "no_changed_files: {paths: ['^src/'], ignore: ['\\.txt$']}"
    assert found(condition, files=(DOC, OLD)) == (True, "No changed files match the specified patterns")
    assert found(condition, files=(DOC, SRC)) == (False, "src/a.py was changed")


def test_it_holds_without_paths(ask: Any) -> None:
    result = ask("no_changed_files: {}", files=(SRC,))
    assert (result.kind, result.satisfied) == ("no_changed_files", True)
