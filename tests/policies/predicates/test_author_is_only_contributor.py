"""`author_is_only_contributor`"""

from typing import Any

import pytest


def test_it_holds_where_every_commit_is_by_the_author(found: Any, commit: Any) -> None:
    commits = (commit("c1", ("b0",)), commit("c2", ("c1",), committer=None, committed_via_web=True))
    assert found("author_is_only_contributor: true", commits=commits) == (True, "")
    assert found("author_is_only_contributor: false", commits=commits) == (
        False,
        "All commits were authored and committed by ana",
    )


@pytest.mark.parametrize("other", [{"author": "bob"}, {"author": None}, {"committer": "bob"}, {"committer": None}])
def test_it_names_a_commit_of_somebody_else(found: Any, commit: Any, other: Any) -> None:
    commits = (commit("c1", ("b0",)), commit("0123456789abc", ("c1",), **other))
    assert found("author_is_only_contributor: yes", commits=commits) == (
        False,
        "Commit 0123456789 was authored or committed by a different user",
    )
    assert found("author_is_only_contributor: no", commits=commits) == (True, "")
