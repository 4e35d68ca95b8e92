"""`changed_files`"""

from typing import Any

import pytest

from policies.facts import NOT_FETCHED, ChangedFile, FactMissing

SRC = ChangedFile(filename="src/a.py", status="modified")
DOC = ChangedFile(filename="docs/a.md", status="added")
OLD = ChangedFile(filename="docs/old.md", status="deleted")


def test_it_names_the_first_file_that_matches(ask: Any) -> None:
    result = ask("changed_files: {paths: ['^docs/', a]}", files=(SRC, DOC))
    assert (result.kind, result.satisfied, result.description) == ("changed_files", True, "src/a.py was changed")
    assert (result.values, result.condition_values) == (("src/a.py",), ("^docs/", "a"))


def test_it_passes_over_ignored_files(found: Any) -> None:
    condition = "changed_files: {paths: ['.*'], ignore: ['^src/']}"
    assert found(condition, files=(SRC, DOC)) == (True, "docs/a.md was changed")
    assert found(condition, files=(SRC,)) == (False, "No changed files match the required patterns")


def test_it_never_holds_without_paths(found: Any) -> None:
    assert found("changed_files: {}", files=(SRC,)) == (False, "No changed files match the required patterns")


def test_it_does_not_guess_the_files(found: Any) -> None:
    with pytest.raises(FactMissing, match="files"):
        found("changed_files: {}", files=NOT_FETCHED)
