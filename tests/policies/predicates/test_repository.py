"""`repository`"""

from typing import Any


def test_it_holds_on_a_match(ask: Any) -> None:
    result = ask("repository: {matches: [bolts, '^acme/widgets$'], not_matches: ['^acme/widgets$']}")
    assert (result.kind, result.satisfied) == ("repository", True)
    assert result.description == "PR Repository matches a Match pattern"


def test_it_holds_where_nothing_unwanted_matches(found: Any) -> None:
    assert found("repository: {not_matches: [bolts]}") == (True, "PR Repository doesn't match a NotMatch pattern")


def test_it_fails_otherwise(found: Any) -> None:
    for arguments in ("{}", "{matches: [bolts]}", "{not_matches: [bolts, '^acme/widgets$']}"):
        assert found(f"repository: {arguments}") == (False, "")
