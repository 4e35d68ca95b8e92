"""What a merge depends on is read whole and afresh; only what GitHub says clearly is taken for a no."""

from typing import Any

import pytest

from app.github.answers import Unavailable
from app.github.merge_documents import MergePull
from app.github.reader import LiveReader
from app.simulator.faults import Fault
from tests.app.github.ground import REPOSITORY, Ground


def _reader(ground: Ground) -> LiveReader:
    return LiveReader(ground.app).afresh()


def _answer(ground: Ground, pattern: str, body: Any) -> None:
    ground.github.faults.add(Fault("GET", pattern, "before", 200, times=1, skip=0, message="", body=body))


def _pull(ground: Ground) -> MergePull:
    found = _reader(ground).merge_pull(ground.place, 1)
    assert found is not None
    return found


def test_a_pull_request_is_read_with_its_mergeability(ground: Ground) -> None:
    found = _pull(ground)
    assert (found.head.sha, found.base.ref, found.mergeable, found.merged) == (ground.head, "main", True, False)
    assert (found.auto_merge, found.merged_by) == (None, None)


def test_what_is_read_afresh_is_never_answered_by_unchanged(ground: Ground) -> None:
    known, fresh = LiveReader(ground.app), _reader(ground)
    for reader in (known, known, fresh, fresh, known.afresh()):
        assert reader.merge_pull(ground.place, 1) is not None
    asked = [one.status for one in ground.github.requests if one.path.endswith("/pulls/1")]
    assert asked == [200, 304, 200, 200, 200]


def test_a_pull_request_and_a_repository_that_are_not_there_are_none(ground: Ground) -> None:
    assert _reader(ground).merge_pull(ground.place, 99) is None
    ground.github.set_up(REPOSITORY, visible=False)
    assert _reader(ground).merge_repository(ground.place) is None


def test_a_repository_says_what_it_allows(ground: Ground) -> None:
    ground.github.set_up(REPOSITORY, merge_methods=("squash",), archived=True)
    found = _reader(ground).merge_repository(ground.place)
    assert found is not None
    assert (found.archived, found.allow_squash_merge, found.allow_merge_commit) == (True, True, False)


def test_a_number_without_an_issue_is_known(ground: Ground) -> None:
    assert [_reader(ground).has_issue(ground.place, number) for number in (1, 99)] == [True, False]


def test_reviews_are_read_with_the_ids_of_their_authors(ground: Ground) -> None:
    ground.github.review(REPOSITORY, 1, by="alice")
    (found,) = _reader(ground).merge_reviews(ground.place, 1)
    assert found.user is not None
    assert (found.user.login, found.user.kind, found.user.id) == (
        "alice",
        "User",
        ground.github.state.users["alice"].id,
    )


def test_a_permission_is_that_of_the_account_that_is_meant(ground: Ground) -> None:
    alice = ground.github.state.users["alice"].id
    assert _reader(ground).permission_of(ground.place, "alice", alice).role_name == "maintain"
    with pytest.raises(Unavailable, match="alice is somebody else by now"):
        _reader(ground).permission_of(ground.place, "alice", alice + 1)


def test_a_permission_of_nobody_in_particular_is_nobody_s(ground: Ground) -> None:
    alice = ground.github.state.users["alice"].id
    _answer(ground, "/permission", {"permission": "admin", "role_name": "admin", "user": None})
    with pytest.raises(Unavailable, match="GitHub does not say whose permission"):
        _reader(ground).permission_of(ground.place, "alice", alice)


def test_a_stranger_has_no_permission(ground: Ground) -> None:
    ground.github.user("zoe")
    assert _reader(ground).permission_of(ground.place, "nobody-there", 5).permission == "none"


def test_the_review_decision_is_that_of_the_head_that_was_read(ground: Ground) -> None:
    pull = _pull(ground)
    assert _reader(ground).review_decision(ground.place, pull).review_decision is None
    ground.github.protect(REPOSITORY, approvals=1)
    assert _reader(ground).review_decision(ground.place, pull).review_decision == "REVIEW_REQUIRED"
    ground.github.push(REPOSITORY, "feature", {"a": "2"}, by="bob")
    with pytest.raises(Unavailable) as trouble:
        _reader(ground).review_decision(ground.place, pull)
    assert trouble.value.code == "HEAD_MOVED"


@pytest.mark.parametrize("status", [403, 500, 502])
def test_only_a_404_says_that_it_was_not_merged(ground: Ground, status: int) -> None:
    assert _reader(ground).is_merged(ground.place, 1) is False
    ground.github.fault("GET", "/pulls/1/merge", status, message="No")
    with pytest.raises(Unavailable):
        _reader(ground).is_merged(ground.place, 1)


def test_a_commit_is_read_with_its_tree_its_parents_and_its_authors(ground: Ground) -> None:
    commit = ground.github.state.repository(REPOSITORY).commits[ground.head]
    found = _reader(ground).merge_commit(ground.place, ground.head)
    assert found is not None
    assert (found.tree.sha, tuple(parent.sha for parent in found.parents)) == (commit.tree.sha, commit.parents)
    authors = _reader(ground).commit_authors(ground.place, ground.head)
    assert authors is not None
    assert (authors.author and authors.author.login, authors.committer and authors.committer.login) == ("bob", "bob")
    assert _reader(ground).merge_commit(ground.place, "f" * 40) is None


@pytest.mark.parametrize("body", ["<html>a proxy</html>", {"number": 1}, []])
def test_an_answer_of_another_shape_is_no_pull_request(ground: Ground, body: Any) -> None:
    _answer(ground, "/pulls/1$", body)
    with pytest.raises(Unavailable, match="was not understood"):
        _reader(ground).merge_pull(ground.place, 1)


def test_an_answer_that_was_cut_is_none(ground: Ground) -> None:
    ground.github.fault("GET", "/pulls/1$", "cut")
    with pytest.raises(Unavailable):
        _reader(ground).merge_pull(ground.place, 1)


def test_an_unprotected_branch_is_a_fact(ground: Ground) -> None:
    assert _reader(ground).classic_protection(ground.place, "main") is None
    assert _reader(ground).branch_rules(ground.place, "main") == ()


def test_classic_protection_is_read(ground: Ground) -> None:
    ground.github.protect(REPOSITORY, checks=[("ci", 15368), "lint"], strict=True, approvals=2)
    found = _reader(ground).classic_protection(ground.place, "main")
    assert found is not None
    assert found.required_status_checks is not None
    assert found.required_pull_request_reviews is not None
    assert [(one.context, one.app_id) for one in found.required_status_checks.checks] == [("ci", 15368), ("lint", None)]
    assert found.required_status_checks.strict
    assert found.required_pull_request_reviews.required_approving_review_count == 2


@pytest.mark.parametrize(("status", "message"), [(404, "Not Found"), (403, "Resource not accessible by integration")])
def test_protection_that_is_hidden_is_not_taken_for_none(ground: Ground, status: int, message: str) -> None:
    ground.github.fault("GET", "/protection", status, message=message)
    with pytest.raises(Unavailable) as trouble:
        _reader(ground).classic_protection(ground.place, "main")
    assert (trouble.value.code, trouble.value.status) == ("GITHUB_AUTH_FAILED", status)


def test_rules_of_all_rulesets_and_pages_are_read(ground: Ground) -> None:
    for number in range(60):
        ground.github.add_ruleset(REPOSITORY, checks=[(f"c{number}", 1)], approvals=1, branches=("main",))
    found = _reader(ground).branch_rules(ground.place, "main")
    kinds = [rule.type for rule in found]
    assert (kinds.count("required_status_checks"), kinds.count("pull_request")) == (60, 60)


@pytest.mark.parametrize("status", [403, 404, 500])
def test_rules_that_are_hidden_are_not_taken_for_none(ground: Ground, status: int) -> None:
    ground.github.fault("GET", "/rules/branches/", status, message="Not Found")
    with pytest.raises(Unavailable):
        _reader(ground).branch_rules(ground.place, "main")


def test_a_branch_with_a_slash_is_one_name(ground: Ground) -> None:
    ground.github.create_branch(REPOSITORY, "release/1.0")
    ground.github.protect(REPOSITORY, "release/1.0", checks=["ci"])
    assert _reader(ground).classic_protection(ground.place, "release/1.0") is not None
    assert _reader(ground).branch_rules(ground.place, "release/1.0") == ()
