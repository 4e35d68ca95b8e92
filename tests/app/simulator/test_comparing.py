"""Two commits are compared from what they have in common."""

from typing import Any

W = "/repos/acme/widget"


def _compare(town: Any, basehead: str) -> Any:
    body = town.get(f"{W}/compare/{basehead}").body
    return body["status"], body["ahead_by"], body["behind_by"], [f["filename"] for f in body["files"]]


def test_it_says_how_far_two_branches_are_apart(town: Any) -> None:
    changed = ["old.txt", "src/a.py", "src/b.py"]
    assert _compare(town, "main...feature") == ("ahead", 1, 0, changed)
    assert _compare(town, "feature...main") == ("behind", 0, 1, [])
    assert _compare(town, f"{town.head}...feature") == ("identical", 0, 0, [])
    town.github.push("acme/widget", "main", {"x": "1"}, by="mia")
    assert _compare(town, "main...feature") == ("diverged", 1, 1, changed)


def test_it_compares_with_a_fork(town: Any) -> None:
    town.github.fork("acme/widget", "eve")
    town.github.push("eve/widget", "release/1", {"x": "1"}, by="eve")
    assert _compare(town, "main...eve:release/1") == ("ahead", 1, 0, ["x"])


def test_it_compares_nothing_that_is_not_there(town: Any) -> None:
    town.github.push("acme/widget", "orphan", {"x": "1"}, by="mia", onto=())
    found = [town.get(f"{W}/compare/{what}") for what in ("main", "main...gone", "main...eve:main", "main...orphan")]
    assert [reply.status for reply in found] == [404] * 4
    assert found[-1].body["message"] == "No common ancestor between main and orphan."
