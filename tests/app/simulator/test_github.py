"""What people do at GitHub shows in what GitHub answers."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.simulator import history
from app.simulator.objects import EMPTY, Commit, Signature

W = "/repos/acme/widget"


def test_it_lists_the_files_that_a_pull_request_changes(town: Any) -> None:
    files = town.get(f"{W}/pulls/1/files").body
    assert [(f["filename"], f["status"], f["additions"], f["deletions"]) for f in files] == [
        ("old.txt", "removed", 0, 1),
        ("src/a.py", "modified", 1, 1),
        ("src/b.py", "added", 1, 0),
    ]


def test_it_leaves_out_what_only_the_base_gained(town: Any) -> None:
    town.github.push("acme/widget", "main", {"base.py": "1"}, by="alice")
    town.github.push("acme/widget", "feature", {"late.py": "1"}, by="bob", message="Late")
    assert [c["commit"]["message"] for c in town.get(f"{W}/pulls/1/commits").body] == ["Change", "Late"]
    assert "base.py" not in [f["filename"] for f in town.get(f"{W}/pulls/1/files").body]


def test_it_shows_an_update_merge_with_two_parents(town: Any) -> None:
    main = town.github.push("acme/widget", "main", {"base.py": "1"}, by="alice")
    merged = town.github.push(
        "acme/widget", "feature", {"base.py": "1"}, by="bob", message="Update", onto=(town.head, main.sha)
    )
    commits = town.get(f"{W}/pulls/1/commits").body
    assert [c["sha"] for c in commits] == [town.head, merged.sha]
    assert [p["sha"] for p in commits[-1]["parents"]] == [town.head, main.sha]
    assert "base.py" not in [f["filename"] for f in town.get(f"{W}/pulls/1/files").body]


def test_it_serves_a_file_of_each_branch(town: Any) -> None:
    town.github.create_branch("acme/widget", "release/1.x")
    town.github.push("acme/widget", "release/1.x", {".policy.yml": "other"}, by="alice")
    contents = f"{W}/contents/.policy.yml"
    assert town.get(contents).body["size"] == len("policy: {}\n")
    assert town.get(f"{contents}?ref=release/1.x").body["content"] == "b3RoZXI=\n"
    assert town.get(f"{contents}?ref={town.head}").status == 200
    assert town.get(f"{contents}?ref=nowhere").status == 404
    assert town.get(f"{W}/contents/absent").status == 404
    assert town.get(f"{W}/branches/release/1.x").body["name"] == "release/1.x"
    assert town.get(f"{W}/commits/release/1.x/status").body["state"] == "pending"
    assert [f["name"] for f in town.get(f"{W}/contents/src").body] == ["a.py"]


def test_it_prefers_a_tag_to_a_branch_of_the_same_name(town: Any) -> None:
    main = town.github.state.repository("acme/widget").branches["main"]
    town.github.create_branch("acme/widget", "v1", at="feature")
    town.github.create_tag("acme/widget", "v1", at=main)
    found = {ref: town.get(f"{W}/commits/{ref}").body["sha"] for ref in ("v1", "tags/v1", "heads/v1")}
    assert found == {"v1": main, "tags/v1": main, "heads/v1": town.head}
    assert town.get(f"{W}/commits/tags/v2").status == 422


def test_it_leaves_out_the_text_of_a_file_over_a_megabyte(town: Any) -> None:
    town.github.push("acme/widget", "main", {"big": "x" * (1024 * 1024), "bigger": "x" * (1024 * 1024 + 1)}, by="mia")
    found = [town.get(f"{W}/contents/{name}").body for name in ("big", "bigger")]
    assert [(f["encoding"], f["content"] == "") for f in found] == [("base64", False), ("none", True)]


def test_it_shows_a_commit_of_nobody_known(town: Any) -> None:
    commit = town.github.push("acme/widget", "feature", {"x": "1"}, by=None)
    found = town.get(f"{W}/commits/{commit.sha}").body
    assert (found["author"], found["commit"]["author"]["name"]) == (None, "nobody")


def test_it_keeps_the_commits_of_a_fork_in_the_base_repository(town: Any) -> None:
    github = town.github
    github.fork("acme/widget", "eve")
    commit = github.push("eve/widget", "patch", {"evil.py": "x"}, by="eve")
    number = github.open_pull("acme/widget", "eve:patch", by="eve").number
    late = github.push("eve/widget", "patch", {"more.py": "x"}, by="eve")
    pull = town.get(f"{W}/pulls/{number}").body
    assert (pull["head"]["sha"], pull["head"]["repo"]["full_name"]) == (late.sha, "eve/widget")
    assert [c["sha"] for c in town.get(f"{W}/pulls/{number}/commits").body] == [commit.sha, late.sha]
    assert town.ask("POST", f"{W}/statuses/{late.sha}", {"state": "success"}).status == 201


def test_it_lists_no_pull_requests_of_forks_with_checks(town: Any) -> None:
    github = town.github
    github.fork("acme/widget", "eve")
    commit = github.push("eve/widget", "patch", {"evil.py": "x"}, by="eve")
    number = github.open_pull("acme/widget", "eve:patch", by="eve").number
    github.check_run("acme/widget", commit.sha, app_id=town.app.id)
    github.check_run("acme/widget", town.head, app_id=town.app.id)
    runs = [town.get(f"{W}/commits/{sha}/check-runs").body["check_runs"][0] for sha in (commit.sha, town.head)]
    assert [[p["number"] for p in run["pull_requests"]] for run in runs] == [[], [1]]
    assert [p["number"] for p in town.get(f"{W}/commits/{commit.sha}/pulls").body] == [number]


def test_it_finds_pull_requests_by_state_base_and_head(town: Any) -> None:
    github = town.github
    github.create_branch("acme/widget", "stable")
    github.push("acme/widget", "fix", {"fix.py": "1"}, by="mia")
    github.open_pull("acme/widget", "fix", by="mia", base="stable")
    github.close("acme/widget", 1)
    found = {
        query: [p["number"] for p in town.get(f"{W}/pulls?{query}").body]
        for query in ("", "state=closed", "state=all", "base=main", "head=acme:fix", "head=eve:fix", "head=ignored")
    }
    assert found == {
        "": [2],
        "state=closed": [1],
        "state=all": [2, 1],
        "base=main": [],
        "head=acme:fix": [2],
        "head=eve:fix": [],
        "head=ignored": [2],
    }


def test_it_tells_the_permission_of_each(town: Any) -> None:
    town.github.user("stranger")
    words = {}
    for login in ("root", "mia", "alice", "bob", "stranger"):
        body = town.get(f"{W}/collaborators/{login}/permission").body
        words[login] = (body["permission"], body["role_name"])
    assert words == {
        "root": ("admin", "admin"),
        "mia": ("write", "maintain"),
        "alice": ("write", "write"),
        "bob": ("read", "read"),
        "stranger": ("none", "none"),
    }
    assert town.get(f"{W}/collaborators/nobody/permission").status == 404
    town.github.grant("acme/widget", "alice", "none")
    assert town.get(f"{W}/collaborators/alice/permission").body["permission"] == "none"


def test_it_lets_the_owner_do_everything_and_everybody_read_what_is_public(town: Any) -> None:
    town.github.add_repository("zoe/open")
    found = {n: town.get(f"/repos/zoe/open/collaborators/{n}/permission").body["permission"] for n in ("zoe", "bob")}
    assert found == {"zoe": "admin", "bob": "read"}
    assert [c["login"] for c in town.get("/repos/zoe/open/collaborators").body] == ["zoe"]


def test_it_knows_members_of_the_organization_it_is_installed_on(town: Any) -> None:
    assert town.get("/orgs/acme/members/alice").status == 204
    assert town.get("/orgs/acme/members/bob").status == 404
    assert town.get("/orgs/acme/teams/core/memberships/alice").body["role"] == "maintainer"
    assert town.get("/orgs/acme/teams/core/memberships/bob").status == 404
    assert town.get("/orgs/other/members/alice").status == 404


def test_it_forgets_the_request_once_the_reviewer_has_reviewed(town: Any) -> None:
    town.github.request_review("acme/widget", 1, "alice")
    town.github.request_review("acme/widget", 1, "mia")
    town.github.review("acme/widget", 1, by="alice")
    assert [u["login"] for u in town.get(f"{W}/pulls/1/requested_reviewers").body["users"]] == ["mia"]


def test_it_changes_a_review_when_it_is_dismissed(town: Any) -> None:
    review = town.github.review("acme/widget", 1, by="alice", body="fine")
    town.github.push("acme/widget", "feature", {"late.py": "1"}, by="bob")
    town.github.dismiss("acme/widget", 1, review.id)
    found = town.get(f"{W}/pulls/1/reviews").body
    assert [(r["state"], r["commit_id"], r["body"]) for r in found] == [("DISMISSED", town.head, "fine")]


def test_it_shows_a_merge_by_hand(town: Any) -> None:
    merged = town.github.merge("acme/widget", 1, by="alice")
    pull = town.get(f"{W}/pulls/1").body
    assert (pull["merged"], pull["merged_by"]["login"], pull["merge_commit_sha"]) == (True, "alice", merged.merge_sha)
    assert pull["state"] == "closed"
    assert pull["changed_files"] == 3
    assert town.get(f"{W}/contents/src/b.py").status == 200


def test_it_shows_only_the_latest_run_of_a_name_unless_asked_for_all(town: Any) -> None:
    for conclusion in ("failure", "success"):
        town.github.check_run("acme/widget", town.head, app_id=town.app.id, conclusion=conclusion)
    runs = f"{W}/commits/{town.head}/check-runs"
    assert [r["conclusion"] for r in town.get(runs).body["check_runs"]] == ["success"]
    assert [r["conclusion"] for r in town.get(f"{runs}?filter=all").body["check_runs"]] == ["success", "failure"]
    assert town.get(f"{runs}?check_name=other").body["total_count"] == 0


def _graph(parents: list[list[int]]) -> dict[str, Commit]:
    who = Signature(login=None, email="x@example.test", at=datetime(2026, 1, 1, tzinfo=UTC))
    return {
        str(n): Commit(sha=str(n), parents=tuple(map(str, before)), message="", author=who, committer=who, tree=EMPTY)
        for n, before in enumerate(parents)
    }


@st.composite
def _graphs(draw: st.DrawFn) -> dict[str, Commit]:
    size = draw(st.integers(1, 12))
    drawn = [draw(st.lists(st.integers(0, n - 1), max_size=2, unique=True)) if n else [] for n in range(size)]
    return _graph(drawn)


@given(graph=_graphs(), base=st.integers(0, 11), head=st.integers(0, 11))
def test_it_lists_between_two_commits_just_what_the_head_adds(graph: dict[str, Commit], base: int, head: int) -> None:
    one, other = str(base % len(graph)), str(head % len(graph))
    added = [c.sha for c in history.between(graph, one, other)]
    assert set(added) == set(history.ancestors(graph, other)) - set(history.ancestors(graph, one))
    assert len(added) == len(set(added))
    assert all(added.index(p) < added.index(sha) for sha in added for p in graph[sha].parents if p in added)


@given(graph=_graphs(), one=st.integers(0, 11), other=st.integers(0, 11))
def test_it_finds_a_merge_base_that_no_later_commit_surpasses(graph: dict[str, Commit], one: int, other: int) -> None:
    left, right = (history.ancestors(graph, str(n % len(graph))) for n in (one, other))
    common = set(left) & set(right)
    found = history.merge_base(graph, str(one % len(graph)), str(other % len(graph)))
    assert (found is None) == (not common)
    assert not [sha for sha in common if sha != found and found in history.ancestors(graph, sha)]
