"""The graph says how a pull request stands to a merge, and puts it into the queue of its base at its expected head."""

from typing import Any

import pytest

W = "acme/widget"
ENQUEUE = """mutation($pull: ID!, $head: GitObjectID!) {
  enqueuePullRequest(input: {pullRequestId: $pull, expectedHeadOid: $head}) {
    mergeQueueEntry { id position state pullRequest { number headRefOid } } } }"""
STANDING = """{ repository(owner: "acme", name: "widget") { pullRequest(number: 1) { reviewDecision mergeable
  mergeStateStatus isInMergeQueue mergeQueueEntry { position } autoMergeRequest { mergeMethod enabledBy { login } }
} } }"""


def _enqueue(town: Any, *, head: str | None = None, **permissions: str) -> Any:
    held = {**town.installation.permissions, **permissions}
    token = town.github.tokens.issue(town.installation.id, held, town.github.now()).text
    variables = {"pull": town.github.state.pull(W, 1).node_id, "head": head or town.head}
    return town.ask("POST", "/graphql", {"query": ENQUEUE, "variables": variables}, auth=f"token {token}").body


def _standing(town: Any) -> Any:
    return town.ask("POST", "/graphql", {"query": STANDING}).body["data"]["repository"]["pullRequest"]


def _approve(town: Any) -> None:
    town.github.review(W, 1, by="alice")


def _object(town: Any) -> None:
    town.github.review(W, 1, by="mia", state="CHANGES_REQUESTED")


def test_it_enqueues_at_the_expected_head(town: Any) -> None:
    town.github.enable_queue(W)
    entry = _enqueue(town)["data"]["enqueuePullRequest"]["mergeQueueEntry"]
    assert (entry["position"], entry["state"]) == (1, "AWAITING_CHECKS")
    assert entry["pullRequest"] == {"number": 1, "headRefOid": town.head}
    [write] = town.github.writes("/graphql")
    assert (write.effect, _standing(town)["mergeQueueEntry"]) == ("yes", {"position": 1})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda t: t.github.push(W, "feature", {"late.py": "1"}, by="bob"),
        lambda t: t.github.enqueue(W, 1, by="mia"),
        lambda t: t.github.close(W, 1),
        lambda t: t.github.convert_to_draft(W, 1),
        lambda t: t.github.protect(W, approvals=1),
        lambda t: t.github.change_pull(W, 1, mergeable=False),
        lambda t: t.github.state.repository(W).queues.clear(),
    ],
    ids=["head moved", "in the queue", "closed", "draft", "no review", "conflict", "no queue"],
)
def test_it_refuses_what_can_not_be_queued(town: Any, spoil: Any) -> None:
    town.github.enable_queue(W)
    spoil(town)
    body = _enqueue(town)
    assert (body["data"], body["errors"][0]["type"]) == ({"enqueuePullRequest": None}, "UNPROCESSABLE")
    assert town.github.writes("/graphql")[0].effect == "no"


def test_a_rule_that_demands_a_queue_is_one(town: Any) -> None:
    town.github.add_ruleset(W, queue="squash")
    assert _enqueue(town)["data"]["enqueuePullRequest"]["mergeQueueEntry"]["position"] == 1
    town.github.disable_queue(W)
    assert _standing(town)["isInMergeQueue"] is False


def test_it_enqueues_only_for_who_may_write(town: Any) -> None:
    town.github.enable_queue(W)
    body = _enqueue(town, pull_requests="read")
    assert body["errors"][0]["type"] == "FORBIDDEN"
    variables = {"pull": "none", "head": town.head}
    body = town.ask("POST", "/graphql", {"query": ENQUEUE, "variables": variables}).body
    assert body["errors"][0]["type"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("happen", "decision"),
    [([], "REVIEW_REQUIRED"), ([_approve], "APPROVED"), ([_approve, _object], "CHANGES_REQUESTED")],
)
def test_it_says_what_the_reviews_come_to(town: Any, happen: Any, decision: str) -> None:
    assert _standing(town)["reviewDecision"] is None
    town.github.add_ruleset(W, approvals=1)
    for one in happen:
        one(town)
    assert _standing(town)["reviewDecision"] == decision


def test_what_is_said_of_the_reviews_can_be_set(town: Any) -> None:
    town.github.change_pull(W, 1, review_decision="CHANGES_REQUESTED")
    assert _standing(town)["reviewDecision"] == "CHANGES_REQUESTED"


def test_it_says_how_it_stands_to_a_merge(town: Any) -> None:
    shown = _standing(town)
    assert (shown["mergeable"], shown["mergeStateStatus"], shown["isInMergeQueue"]) == ("MERGEABLE", "CLEAN", False)
    assert (shown["mergeQueueEntry"], shown["autoMergeRequest"]) == (None, None)
    town.github.enable_auto_merge(W, 1, by="mia", method="rebase")
    assert _standing(town)["autoMergeRequest"] == {"mergeMethod": "REBASE", "enabledBy": {"login": "mia"}}
