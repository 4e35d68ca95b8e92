"""`has_contributor_in`"""

from typing import Any

import pytest

from policies.error import CannotJudge


def test_it_compares_the_author_and_everybody_known_from_any_commit(found: Any, commit: Any) -> None:
    commits = (commit("c1", ("b0",), author="bob", committer="cid"), commit("s1", ("b0",), author="dan"))
    for login in ("ana", "bob", "cid", "dan"):
        assert found(f"has_contributor_in: {{users: [{login}]}}", commits=commits) == (True, "")
    assert found("has_contributor_in: {users: [eve]}", commits=commits) == (
        False,
        "No contributors meet the required membership conditions",
    )


def test_it_cannot_judge_without_the_head(found: Any) -> None:
    with pytest.raises(CannotJudge):
        found("has_contributor_in: {users: [ana]}", head_sha="gone")
