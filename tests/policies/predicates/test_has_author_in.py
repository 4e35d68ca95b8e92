"""`has_author_in`"""

from typing import Any

import pytest

from policies.facts import FactMissing


def test_it_compares_the_author(ask: Any) -> None:
    result = ask("has_author_in: {users: [bob, ana]}")
    assert (result.kind, result.satisfied, result.description) == ("has_author_in", True, "")


def test_it_says_who_is_not_among_them(found: Any) -> None:
    assert found("has_author_in: {users: [Ana]}", author='an"a') == (
        False,
        'The pull request author "an\\"a" does not meet the required membership conditions',
    )
    assert not found("has_author_in: {}")[0]


def test_it_does_not_guess_a_membership(found: Any) -> None:
    assert found("has_author_in: {teams: [acme/core]}", team_members=(("acme/core", "ana", True),))[0]
    with pytest.raises(FactMissing, match="org:acme:ana"):
        found("has_author_in: {organizations: [acme]}")
