"""A merge group gets the verdict on the pull requests in it, and never a success because it is queued."""

from tests.scenarios.gate import Gate

APPROVED = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, permissions: [write]}
"""


def test_a_group_with_an_approved_pull_request_succeeds(gate: Gate) -> None:
    scene = gate.scene(APPROVED)
    scene.hooks.review(scene.name, 1, by="carol")
    scene.shows("success")
    entry = scene.hooks.enqueue(scene.name, 1, by="carol")
    scene.shows_on(entry.head_sha, "success")


def test_a_group_with_a_pull_request_that_waits_does_not_succeed(gate: Gate) -> None:
    scene = gate.scene(APPROVED)
    scene.shows("pending")
    entry = scene.hooks.enqueue(scene.name, 1, by="carol")
    scene.shows_on(entry.head_sha, "pending")
    assert set(scene.states(entry.head_sha)) == {"pending"}


def test_a_group_waits_for_every_pull_request_ahead_of_it(gate: Gate) -> None:
    scene = gate.scene(APPROVED)
    scene.github.push(scene.name, "second", {"b.py": "1"}, by="bob")
    scene.hooks.open_pull(scene.name, "second", by="bob")
    scene.hooks.review(scene.name, 2, by="carol")
    scene.shows("pending")
    scene.shows("success", number=2)
    first = scene.hooks.enqueue(scene.name, 1, by="carol")
    second = scene.hooks.enqueue(scene.name, 2, by="carol")
    scene.shows_on(first.head_sha, "pending")
    scene.shows_on(second.head_sha, "pending")
    scene.hooks.review(scene.name, 1, by="carol")
    scene.shows_on(first.head_sha, "success")
    scene.shows_on(second.head_sha, "success")
