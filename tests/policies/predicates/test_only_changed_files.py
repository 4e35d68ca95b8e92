"""`only_changed_files`"""

from typing import Any

from policies.facts import ChangedFile

SRC = ChangedFile(filename="src/a.py", status="modified")
DOC = ChangedFile(filename="docs/a.md", status="added")
OLD = ChangedFile(filename="docs/old.md", status="deleted")


def test_it_holds_where_every_file_matches(ask: Any) -> None:
    result = ask("only_changed_files: {paths: ['^docs/', '^src/']}", files=(SRC, DOC, OLD))
    assert (result.kind, result.satisfied, result.description) == ("only_changed_files", True, "")


def test_it_fails_on_any_other_file(ask: Any) -> None:
    result = ask("only_changed_files: {paths: ['^docs/']}", files=(DOC, SRC))
    assert (result.satisfied, result.values) == (False, ("src/a.py",))
    assert result.description == "A changed file does not match the required pattern"


def test_it_fails_without_files_or_paths(found: Any) -> None:
    assert found("only_changed_files: {paths: [x]}", files=()) == (False, "No files changed")
    assert not found("only_changed_files: {}", files=(DOC,))[0]
