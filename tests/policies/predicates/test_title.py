"""`title`"""

from typing import Any


def test_it_holds_on_a_match(ask: Any) -> None:
    result = ask("title: {matches: [bolts, 'gears'], not_matches: ['gears']}")
    assert (result.kind, result.satisfied) == ("title", True)
    assert result.description == "PR Title matches a Match pattern"


def test_it_holds_where_nothing_unwanted_matches(found: Any) -> None:
    assert found("title: {not_matches: [bolts]}") == (True, "PR Title doesn't match a NotMatch pattern")


def test_it_fails_otherwise(found: Any) -> None:
    for arguments in ("{}", "{matches: [bolts]}", "{not_matches: [bolts, 'gears']}"):
        assert found(f"title: {arguments}") == (False, "")
