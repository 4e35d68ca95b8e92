"""`only_has_contributors_in`"""

from typing import Any


def test_it_names_the_first_stranger_in_order_of_names(found: Any, commit: Any) -> None:
    commits = (commit("c1", ("b0",), author="zoe", committer="cid"),)
    assert found("only_has_contributors_in: {users: [ana]}", commits=commits) == (
        False,
        'Contributor "cid" does not meet the required membership conditions',
    )
    assert found("only_has_contributors_in: {users: [ana, cid, zoe]}", commits=commits) == (True, "")


def test_it_passes_over_commits_of_nobody_known(ask: Any, commit: Any) -> None:
    result = ask("only_has_contributors_in: {users: [ana]}", commits=(commit("c1", ("b0",), author=None),))
    assert (result.kind, result.satisfied, result.values) == ("only_has_contributors_in", True, ("ana",))
