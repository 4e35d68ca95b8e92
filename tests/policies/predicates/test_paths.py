"""Files by regular expression or glob, in every condition that takes both."""

from typing import Any

import pytest

from policies.facts import ChangedFile

SRC = ChangedFile(filename="src/a.py", status="added", additions=3)
DOC = ChangedFile(filename="docs/a.md", status="deleted", deletions=4)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("changed_files: {globs: ['docs/*']}", True),
        ("changed_files: {paths: [zzz], globs: ['docs/*']}", True),
        ("changed_files: {globs: ['docs/*'], ignore_globs: ['**/*.md']}", False),
        ("changed_files: {globs: ['*/*'], ignore_globs: ['*/*.md'], ignore: ['py$']}", False),
        ("no_changed_files: {globs: ['docs']}", True),
        ("no_changed_files: {globs: ['docs/**']}", False),
        ("only_changed_files: {globs: ['src/**'], paths: ['^docs']}", True),
        ("only_changed_files: {globs: ['src/**']}", False),
        ("only_changed_files: {}", False),
        ("file_added: {globs: ['src/*']}", True),
        ("file_added: {globs: ['docs/*']}", False),
        ("file_not_added: {globs: ['src/*']}", False),
        ("file_deleted: {globs: ['docs/*']}", True),
        ("file_not_deleted: {globs: ['docs/*']}", False),
        ("modified_lines: {total: '= 3', files: {include_globs: ['src/**']}}", True),
        ("modified_lines: {total: '= 3', files: {exclude_globs: ['docs/**']}}", True),
        ("modified_lines: {total: '= 0', files: {include_globs: ['[']}}", True),
        ("changed_files: {globs: [~]}", False),
    ],
)
def test_either_list_is_enough(ask: Any, condition: str, holds: bool) -> None:
    assert ask(condition, files=(SRC, DOC)).satisfied is holds


def test_it_shows_both_lists(ask: Any) -> None:
    assert ask("file_added: {globs: ['a/**'], paths: ['^b']}", files=()).condition_values == ("^b", "a/**")
