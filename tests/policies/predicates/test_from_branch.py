"""`from_branch`"""

from typing import Any


def test_it_searches_the_name_of_the_head_branch(ask: Any, found: Any) -> None:
    result = ask("from_branch: {pattern: '^gears$'}")
    assert (result.kind, result.satisfied, result.description) == ("from_branch", True, "")
    assert found("from_branch: {pattern: x}") == (
        False,
        'Source branch "gears" does not match specified from_branch pattern "x"',
    )


def test_it_names_the_owner_of_a_fork(found: Any) -> None:
    assert found("from_branch: {pattern: '^ana:gears$'}", head_owner="ana") == (True, "")
