"""`targets_branch`"""

from typing import Any


def test_it_searches_the_name_of_the_base_branch(ask: Any, found: Any) -> None:
    result = ask("targets_branch: {pattern: '^ma'}")
    assert (result.kind, result.satisfied, result.description) == ("targets_branch", True, "")
    assert found("targets_branch: {pattern: '^release/'}") == (
        False,
        'Target branch "main" does not match required pattern "^release/"',
    )


def test_it_never_holds_without_a_pattern(found: Any) -> None:
    assert found("targets_branch: {}") == (False, 'Target branch "main" does not match required pattern ""')
