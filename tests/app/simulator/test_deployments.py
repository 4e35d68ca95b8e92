"""Deployments are found by commit, with what became of them."""

from typing import Any

W = "acme/widget"


def test_it_lists_the_deployments_of_a_commit_newest_first(town: Any) -> None:
    first = town.github.deploy(W, "feature", by="alice", environment="staging")
    second = town.github.deploy(W, town.head, by="alice")
    town.github.deploy(W, "main", by="alice")
    shown = town.get(f"/repos/{W}/deployments?sha={town.head}").body
    assert [(one["id"], one["environment"]) for one in shown] == [(second.id, "production"), (first.id, "staging")]
    narrow = town.get(f"/repos/{W}/deployments?sha={town.head}&environment=staging").body
    assert [one["id"] for one in narrow] == [first.id]


def test_it_tells_how_a_deployment_went(town: Any) -> None:
    made = town.github.deploy(W, "feature", by="alice")
    for state in ("in_progress", "success"):
        town.github.deployed(W, made.id, state, by="alice")
    shown = town.get(f"/repos/{W}/deployments/{made.id}/statuses").body
    assert [(one["state"], one["environment"]) for one in shown] == [
        ("success", "production"),
        ("in_progress", "production"),
    ]
    assert town.get(f"/repos/{W}/deployments/1/statuses").status == 404


def test_it_needs_a_permission_of_its_own(town: Any) -> None:
    held = {"metadata": "read", "contents": "write"}
    token = town.github.tokens.issue(town.installation.id, held, town.github.now()).text
    assert town.get(f"/repos/{W}/deployments", auth=f"token {token}").status == 403
