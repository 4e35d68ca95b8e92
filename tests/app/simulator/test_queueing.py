"""The merge queue builds a group for each pull request on top of those ahead, and tells of it."""

from typing import Any

W = "acme/widget"
QUEUE = """{ repository(owner: "acme", name: "widget") { mergeQueue(branch: "main") { entries(first: 9) { nodes {
  position state headCommit { oid } baseCommit { oid } pullRequest { number } } } } } }"""


def _second(town: Any) -> int:
    town.github.push(W, "more", {"more.py": "1"}, by="mia")
    number: int = town.github.open_pull(W, "more", by="mia").number
    return number


def _queue(town: Any) -> Any:
    body = town.ask("POST", "/graphql", {"query": QUEUE}).body
    assert "errors" not in body
    queue = body["data"]["repository"]["mergeQueue"]
    return queue and [
        (n["position"], n["pullRequest"]["number"], n["baseCommit"]["oid"], n["headCommit"]["oid"])
        for n in queue["entries"]["nodes"]
    ]


def test_it_stands_each_group_on_the_one_ahead(town: Any) -> None:
    assert _queue(town) is None
    main = town.github.state.repository(W).branches["main"]
    first, second = town.github.enqueue(W, 1, by="alice"), town.github.enqueue(W, _second(town), by="mia")
    assert _queue(town) == [(1, 1, main, first.head_sha), (2, 2, first.head_sha, second.head_sha)]
    assert first.head_ref == f"gh-readonly-queue/main/pr-1-{main}"
    tree = town.github.state.repository(W).commits[second.head_sha].tree
    assert (tree["src/b.py"].data, tree["more.py"].data, "old.txt" in tree) == (b"new\n", b"1", False)


def test_it_takes_statuses_on_the_head_of_a_group(town: Any) -> None:
    entry = town.github.enqueue(W, 1, by="alice")
    assert town.ask("POST", f"/repos/{W}/statuses/{entry.head_sha}", {"state": "success"}).status == 201


def test_it_merges_the_first_group_into_the_branch(town: Any, hooks: Any, receiver: Any) -> None:
    entry = hooks.enqueue(W, 1, by="alice")
    hooks.merge_next(W)
    pull = town.get(f"/repos/{W}/pulls/1").body
    assert (pull["merged"], pull["merge_commit_sha"]) == (True, entry.head_sha)
    assert town.get(f"/repos/{W}/branches/main").body["commit"]["sha"] == entry.head_sha
    assert town.get(f"/repos/{W}/branches/{entry.head_ref}").status == 404
    assert _queue(town) == []
    assert receiver.events() == [
        ("pull_request", "enqueued"),
        ("push", None),
        ("merge_group", "checks_requested"),
        ("push", None),
        ("pull_request", "closed"),
        ("merge_group", "destroyed"),
    ]
    assert receiver.bodies("merge_group")[-1]["reason"] == "merged"


def test_it_builds_the_groups_behind_anew_when_one_leaves(town: Any, hooks: Any, receiver: Any) -> None:
    main = town.github.state.repository(W).branches["main"]
    first, second = hooks.enqueue(W, 1, by="alice"), hooks.enqueue(W, _second(town), by="mia")
    hooks.dequeue(W, 1)
    [(position, number, base, head)] = _queue(town)
    assert (position, number, base, head != second.head_sha) == (1, 2, main, True)
    told = [(b["action"], b["merge_group"]["head_sha"], b.get("reason")) for b in receiver.bodies("merge_group")]
    assert told[2:] == [
        ("destroyed", first.head_sha, "dequeued"),
        ("destroyed", second.head_sha, "invalidated"),
        ("checks_requested", head, None),
    ]


def test_it_hides_the_queue_from_who_may_not_see_it(town: Any) -> None:
    town.github.enqueue(W, 1, by="alice")
    poor = town.github.add_app("poor", permissions={"metadata": "read", "pull_requests": "read"})
    auth = f"token {town.token(town.github.install(poor, 'acme'))}"
    body = town.ask("POST", "/graphql", {"query": QUEUE}, auth=auth).body
    assert body["errors"][0]["type"] == "FORBIDDEN"
