"""Which commits are considered, whose they are and when they were pushed."""

from typing import Any

import pytest

from policies import history
from policies.actors import Actors
from policies.error import CannotJudge
from policies.facts import NOT_FETCHED, FactMissing
from policies.options import BUILT_IN, Options


def options(**more: Any) -> Options:
    return BUILT_IN.model_copy(update=more)


def shas(found: Any) -> list[str]:
    return [commit.sha for commit in found]


def test_it_follows_first_parents_from_the_head(pull: Any, commit: Any) -> None:
    side = (commit("c1", ("b0",)), commit("s1", ("b0",), author="cid"), commit("m", ("c1", "s1")))
    assert shas(history.considered(BUILT_IN, pull(commits=side, head_sha="m"))) == ["m", "c1"]


def test_it_ends_on_a_commit_without_parents_and_in_a_circle(pull: Any, commit: Any) -> None:
    assert shas(history.considered(BUILT_IN, pull(commits=(commit("c1", ()),)))) == ["c1"]
    circle = (commit("c1", ("c2",)), commit("c2", ("c1",)))
    assert shas(history.considered(BUILT_IN, pull(commits=circle))) == ["c1", "c2"]


def test_it_leaves_out_update_merges(pull: Any, commit: Any) -> None:
    merge = commit("m", ("c1", "main9"), author="bob", committed_via_web=True)
    by_hand = commit("h", ("m", "main9"))
    snapshot = pull(commits=(commit("c1", ("b0",)), merge, by_hand), head_sha="h")
    assert shas(history.considered(options(ignore_update_merges=True), snapshot)) == ["h", "c1"]
    assert shas(history.considered(BUILT_IN, snapshot)) == ["h", "m", "c1"]
    own = pull(commits=(commit("c1", ("b0",)), commit("m", ("c1", "c1"), committed_via_web=True)), head_sha="m")
    assert shas(history.considered(options(ignore_update_merges=True), own)) == ["m", "c1"]


def test_it_leaves_out_commits_that_are_wholly_by_ignored_users(pull: Any, commit: Any) -> None:
    mixed = commit("c2", ("c1",), author="bot", committer="cid")
    unknown = commit("c3", ("c2",), author=None)
    snapshot = pull(commits=(commit("c1", ("b0",), author="bot"), mixed, unknown), head_sha="c3")
    found = history.considered(options(ignore_commits_by=Actors(users=("bot",))), snapshot)
    assert shas(found) == ["c3", "c2"]
    assert history.contributors(found) == ("bot", "cid")


def test_it_takes_the_push_time_from_the_nearest_descendant_with_one(pull: Any, commit: Any) -> None:
    chain = (commit("c1", ("b0",), pushed_at=None), commit("c2", ("c1",), pushed_at=None), commit("c3", ("c2",)))
    snapshot = pull(commits=chain, head_sha="c3")
    assert history.push_time(chain[0], snapshot) == chain[2].pushed_at


def test_it_takes_now_for_a_push_that_no_status_dates(pull: Any, commit: Any) -> None:
    last = (commit("c1", ("b0",), pushed_at=None),)
    assert history.push_time(last[0], pull(commits=last)) == pull().taken_at
    cut = (*last, commit("other", ("b0",)))
    assert history.push_time(cut[0], pull(commits=cut)) == pull().taken_at
    circle = (commit("c1", ("c2",), pushed_at=None), commit("c2", ("c1",), pushed_at=None))
    assert history.push_time(circle[0], pull(commits=circle)) == pull().taken_at


def test_it_does_not_guess_a_push_time(pull: Any, commit: Any) -> None:
    commits = (commit("c1", ("b0",), pushed_at=NOT_FETCHED),)
    with pytest.raises(FactMissing, match="pushed_at"):
        history.push_time(commits[0], pull(commits=commits))


def test_it_cannot_judge_a_list_that_may_be_cut_off(pull: Any, commit: Any) -> None:
    many = tuple(commit(f"c{number}", ("b0",)) for number in range(history.MAX_COMMITS))
    with pytest.raises(CannotJudge, match="too many commits"):
        history.commits(pull(commits=many))
    history.check_head(pull(commits=many, head_sha="beyond"))
    assert len(history.commits(pull(commits=many[1:], head_sha="c1"))) == history.MAX_COMMITS - 1


def test_it_names_the_push_time_that_is_asked_for_next(pull: Any, commit: Any) -> None:
    unknown = commit("c1", ("b0",), pushed_at=NOT_FETCHED)
    undated, dated = commit("c2", ("c1",), pushed_at=None), commit("c3", ("c2",))
    assert history.unknown_push(unknown, pull(commits=(unknown, undated, dated))) == ("c1",)
    assert history.unknown_push(undated, pull(commits=(undated, commit("c3", ("c2",), pushed_at=NOT_FETCHED)))) == (
        "c3",
    )
    assert history.unknown_push(undated, pull(commits=(undated, dated))) == ()
    assert history.unknown_push(undated, pull(commits=(undated,))) == ()
