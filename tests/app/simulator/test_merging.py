"""A merge makes the commits that git would make, and moves what GitHub would move."""

from typing import Any

from app.simulator.merging import Wish

W = "acme/widget"
MERGE = f"/repos/{W}/pulls/1/merge"


def _commit(town: Any, sha: str) -> Any:
    return town.github.state.repository(W).commits[sha]


def _main(town: Any) -> str:
    return str(town.github.state.repository(W).branches["main"])


def test_it_merges_with_a_merge_commit_unless_told_otherwise(town: Any, conforms: Any) -> None:
    base = _main(town)
    town.github.push(W, "main", {"other.py": "1"}, by="mia")
    base = _main(town)
    reply = town.ask("PUT", MERGE, {"sha": town.head})
    assert (reply.status, reply.body["merged"], reply.body["message"]) == (
        200,
        True,
        "Pull Request successfully merged",
    )
    conforms("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", 200, reply.body)
    made = _commit(town, reply.body["sha"])
    assert (_main(town), made.parents) == (made.sha, (base, town.head))
    assert sorted(made.tree) == [".policy.yml", "README.md", "other.py", "src/a.py", "src/b.py"]
    assert made.message == "Merge pull request #1 from acme/feature\n\nThree"


def test_it_shows_the_merged_pull_request_as_closed_by_the_app(town: Any) -> None:
    assert town.get(MERGE).status == 404
    sha = town.ask("PUT", MERGE).body["sha"]
    pull = town.get(f"/repos/{W}/pulls/1").body
    assert (pull["state"], pull["merged"], pull["merge_commit_sha"]) == ("closed", True, sha)
    assert (pull["merged_by"]["login"], pull["mergeable"], pull["mergeable_state"]) == (
        "mergegate[bot]",
        None,
        "unknown",
    )
    assert town.get(MERGE).status == 204


def test_it_squashes_into_one_commit_of_the_author(town: Any) -> None:
    base = _main(town)
    town.github.push(W, "feature", {"more.py": "1"}, by="bob", message="More")
    made = _commit(town, town.ask("PUT", MERGE, {"merge_method": "squash"}).body["sha"])
    assert (made.parents, made.author.login, made.committer.login) == ((base,), "bob", "web-flow")
    assert made.message == "Three (#1)\n\n* Change\n\n* More"
    assert made.tree["more.py"].data == b"1"


def test_it_takes_title_and_message_from_who_merges(town: Any) -> None:
    body = {"merge_method": "squash", "commit_title": "Ours", "commit_message": "Why"}
    assert _commit(town, town.ask("PUT", MERGE, body).body["sha"]).message == "Ours\n\nWhy"


def test_it_replays_each_commit_in_a_rebase(town: Any) -> None:
    town.github.push(W, "feature", {"more.py": "1"}, by="mia", message="More")
    town.github.push(W, "main", {"other.py": "1"}, by="root")
    base = _main(town)
    last = _commit(town, town.ask("PUT", MERGE, {"merge_method": "rebase"}).body["sha"])
    first = _commit(town, last.parents[0])
    assert (first.parents, first.author.login, last.author.login) == ((base,), "bob", "mia")
    assert ("more.py" in first.tree, "other.py" in first.tree) == (False, True)
    assert {"more.py", "other.py", "src/b.py"} <= set(last.tree)


def test_it_deletes_the_branch_where_the_repository_says_so(town: Any) -> None:
    town.github.set_up(W, delete_branch_on_merge=True)
    town.ask("PUT", MERGE)
    assert "feature" not in town.github.state.repository(W).branches


def test_a_person_merges_at_a_head_that_was_just_pushed(town: Any) -> None:
    head = town.github.push(W, "elsewhere", {"late.py": "1"}, by="mia", onto=(town.head,)).sha
    pull = town.github.merge(W, 1, by="mia", at=head, method="squash")
    assert (pull.head_sha, pull.merged_by) == (head, "mia")
    assert "late.py" in _commit(town, pull.merge_sha).tree


def test_it_can_break_as_github_once_did(town: Any) -> None:
    base = _main(town)
    pull = town.github.land_partly(W, 1, Wish(by="mia"))
    assert (pull.state, pull.merged_at, _main(town) == base) == ("open", None, False)
    wrong = town.github.land_wrongly(W, 1, Wish(by="mia", method="squash"))
    assert "stray.txt" in _commit(town, wrong.merge_sha).tree
    assert (wrong.state, _main(town)) == ("closed", wrong.merge_sha)


def test_it_brings_a_branch_up_to_date(town: Any, conforms: Any) -> None:
    path = f"/repos/{W}/pulls/1/update-branch"
    assert town.ask("PUT", path).status == 422
    town.github.push(W, "main", {"other.py": "1"}, by="mia")
    refused = town.ask("PUT", path, {"expected_head_sha": _main(town)})
    assert (refused.status, refused.body["message"][:17]) == (422, "expected head sha")
    reply = town.ask("PUT", path, {"expected_head_sha": town.head})
    assert reply.status == 202
    conforms("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/update-branch", 202, reply.body)
    head = town.github.state.pull(W, 1).head_sha
    assert _commit(town, head).parents == (town.head, _main(town))
    town.github.push(W, "main", {"src/a.py": "otherwise"}, by="mia")
    assert town.ask("PUT", path).body["message"] == "merge conflict between base and head"


def test_it_deletes_the_merged_branch_once(town: Any) -> None:
    town.ask("PUT", MERGE)
    path = f"/repos/{W}/git/refs/heads/feature"
    assert town.ask("DELETE", path).status == 204
    gone = town.ask("DELETE", path)
    assert (gone.status, gone.body["message"]) == (422, "Reference does not exist")


def test_a_branch_can_be_forced_back(town: Any) -> None:
    first = _main(town)
    town.github.push(W, "main", {"other.py": "1"}, by="mia")
    town.github.force_push(W, "main", first)
    assert _main(town) == first
