"""Webhooks tell of a merge, by whomever, and of what leads to one."""

from typing import Any

W = "acme/widget"


def _events(receiver: Any) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = receiver.events()
    return found


def test_it_tells_of_a_merge_by_hand(town: Any, hooks: Any, receiver: Any) -> None:
    base = town.github.state.repository(W).branches["main"]
    pull = hooks.merge(W, 1, by="mia", method="squash")
    assert _events(receiver) == [("push", None), ("pull_request", "closed")]
    [push], [closed] = receiver.bodies("push"), receiver.bodies("pull_request")
    assert (push["ref"], push["before"], push["after"]) == ("refs/heads/main", base, pull.merge_sha)
    shape = closed["pull_request"]
    assert (shape["merged"], shape["merged_by"]["login"], shape["merge_commit_sha"]) == (True, "mia", pull.merge_sha)


def test_it_tells_of_the_branch_that_goes_with_the_merge(town: Any, hooks: Any, receiver: Any) -> None:
    town.github.set_up(W, delete_branch_on_merge=True)
    hooks.merge(W, 1, by="mia")
    assert _events(receiver)[1:] == [("pull_request", "closed"), ("push", None), ("delete", None)]


def test_it_tells_of_a_merge_by_the_app(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.echo()
    sha = town.ask("PUT", f"/repos/{W}/pulls/1/merge").body["sha"]
    hooks.settle()
    assert _events(receiver) == [("push", None), ("pull_request", "closed")]
    [closed] = receiver.bodies("pull_request")
    assert (closed["sender"]["login"], closed["pull_request"]["merge_commit_sha"]) == ("mergegate[bot]", sha)


def test_it_tells_of_a_branch_that_the_app_brought_up_to_date(town: Any, hooks: Any, receiver: Any) -> None:
    town.github.push(W, "main", {"other.py": "1"}, by="mia")
    hooks.echo()
    assert town.ask("PUT", f"/repos/{W}/pulls/1/update-branch").status == 202
    hooks.settle()
    assert _events(receiver) == [("push", None), ("pull_request", "synchronize")]
    assert receiver.bodies("pull_request")[0]["before"] == town.head


def test_it_tells_of_what_the_app_queued(town: Any, hooks: Any, receiver: Any) -> None:
    town.github.enable_queue(W)
    hooks.echo()
    document = "mutation($pull: ID!) { enqueuePullRequest(input: {pullRequestId: $pull}) { clientMutationId } }"
    variables = {"pull": town.github.state.pull(W, 1).node_id}
    town.ask("POST", "/graphql", {"query": document, "variables": variables})
    hooks.settle()
    assert _events(receiver) == [("pull_request", "enqueued"), ("push", None), ("merge_group", "checks_requested")]


def test_it_says_that_a_push_was_by_force(town: Any, hooks: Any, receiver: Any) -> None:
    first = town.github.state.repository(W).branches["main"]
    town.github.push(W, "main", {"other.py": "1"}, by="mia")
    hooks.force_push(W, "main", first, by="mia")
    [push] = receiver.bodies("push")
    assert (push["forced"], push["after"]) == (True, first)


def test_it_says_who_switched_auto_merge_on(town: Any, hooks: Any, receiver: Any) -> None:
    hooks.enable_auto_merge(W, 1, by="mia", method="squash")
    hooks.disable_auto_merge(W, 1, by="alice")
    on, off = receiver.bodies("pull_request")
    assert (on["action"], on["pull_request"]["auto_merge"]["merge_method"]) == ("auto_merge_enabled", "squash")
    assert (off["action"], off["pull_request"]["auto_merge"], off["sender"]["login"]) == (
        "auto_merge_disabled",
        None,
        "alice",
    )
