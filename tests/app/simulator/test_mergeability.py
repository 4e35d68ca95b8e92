"""A pull request says whether it can be merged, once GitHub has found out."""

from typing import Any

W = "acme/widget"
PULL = f"/repos/{W}/pulls/1"


def _shown(town: Any) -> tuple[Any, str]:
    body = town.get(PULL).body
    return body["mergeable"], body["mergeable_state"]


def test_it_follows_from_base_and_head(town: Any) -> None:
    assert _shown(town) == (True, "clean")
    town.github.push(W, "main", {"src/a.py": "otherwise"}, by="mia")
    assert _shown(town) == (False, "dirty")


def test_it_can_be_set(town: Any) -> None:
    town.github.change_pull(W, 1, mergeable=False)
    assert _shown(town) == (False, "dirty")
    town.github.change_pull(W, 1, mergeable=True, mergeable_state="blocked")
    assert _shown(town) == (True, "blocked")


def test_it_is_unknown_for_so_many_reads(town: Any) -> None:
    town.github.stay_unsure(W, 1, reads=2)
    assert [_shown(town) for _ in range(3)] == [(None, "unknown"), (None, "unknown"), (True, "clean")]


def test_it_names_the_test_merge_of_base_and_head(town: Any) -> None:
    base = town.github.state.repository(W).branches["main"]
    sha = town.get(PULL).body["merge_commit_sha"]
    commit = town.get(f"/repos/{W}/git/commits/{sha}").body
    assert [parent["sha"] for parent in commit["parents"]] == [base, town.head]
    assert town.get(f"/repos/{W}/commits/{sha}").status == 200
    assert town.get(PULL).body["merge_commit_sha"] == sha
    town.github.push(W, "main", {"other.py": "1"}, by="mia")
    assert town.get(PULL).body["merge_commit_sha"] != sha
    town.github.push(W, "main", {"src/a.py": "otherwise"}, by="mia")
    assert town.get(PULL).body["merge_commit_sha"] is None


def test_it_says_what_stands_in_the_way(town: Any) -> None:
    town.github.set_status(W, town.head, by="mia", context="other", state="failure")
    assert _shown(town) == (True, "unstable")
    town.github.protect(W, checks=["ci"], strict=True)
    assert _shown(town) == (True, "blocked")
    town.github.push(W, "main", {"other.py": "1"}, by="mia")
    assert _shown(town) == (True, "behind")
    town.github.convert_to_draft(W, 1)
    assert _shown(town) == (True, "draft")


def test_it_shows_who_wants_it_merged_automatically(town: Any, conforms: Any) -> None:
    assert town.get(PULL).body["auto_merge"] is None
    town.github.enable_auto_merge(W, 1, by="mia", method="squash")
    shape = town.get(PULL).body
    conforms("GET", "/repos/{owner}/{repo}/pulls/{pull_number}", 200, shape)
    assert (shape["auto_merge"]["enabled_by"]["login"], shape["auto_merge"]["merge_method"]) == ("mia", "squash")
    town.github.disable_auto_merge(W, 1)
    assert town.get(PULL).body["auto_merge"] is None
