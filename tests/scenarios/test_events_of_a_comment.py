"""A remark that counted and that somebody else edits or deletes is noticed, and says nothing in its author's name."""

from tests.scenarios.gate import Gate, Scene

BY_DEFAULT = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, permissions: [write]}
"""
AS_WRITTEN = (
    BY_DEFAULT
    + """
    options:
      methods: {comments: [], github_review: false, comment_patterns: ['^ship it']}
"""
)
DISAPPROVED = """
policy:
  approval: [a writer approves]
  disapproval:
    requires: {permissions: [write]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, permissions: [write]}
    options: {allow_author: true}
"""


def test_an_approval_that_somebody_else_writes_into_a_comment_does_not_count(gate: Gate) -> None:
    scene = gate.scene(BY_DEFAULT)
    comment = scene.hooks.comment(scene.name, 1, by="carol", body="Not yet.")
    scene.shows("pending")
    scene.hooks.edit_comment(scene.name, 1, comment.id, by="bob", body=":+1:")
    scene.shows("failure")


def test_an_edit_of_a_comment_that_counted_is_noticed(gate: Gate) -> None:
    scene = gate.scene(AS_WRITTEN)
    comment = scene.hooks.comment(scene.name, 1, by="carol", body="ship it")
    scene.shows("success")
    scene.hooks.edit_comment(scene.name, 1, comment.id, by="bob", body="ship it, with the fix")
    scene.shows("failure")


def test_a_comment_that_counted_and_is_deleted_by_another_is_noticed(gate: Gate) -> None:
    scene = gate.scene(BY_DEFAULT)
    comment = scene.hooks.comment(scene.name, 1, by="carol", body="👍")
    scene.shows("success")
    scene.hooks.delete_comment(scene.name, 1, comment.id, by="bob")
    scene.shows("failure")


def test_a_disapproval_that_is_deleted_by_another_still_stands(gate: Gate) -> None:
    scene = gate.scene(DISAPPROVED)
    comment = scene.hooks.comment(scene.name, 1, by="carol", body=":-1: not like this")
    scene.shows("failure", "Disapproved by carol")
    scene.hooks.delete_comment(scene.name, 1, comment.id, by="bob")
    scene.eventually(lambda: "deleted" in (_description(scene)), "the deletion is told")
    scene.shows("failure")


def test_who_deletes_a_comment_of_their_own_takes_the_approval_back(gate: Gate) -> None:
    scene = gate.scene(BY_DEFAULT)
    comment = scene.hooks.comment(scene.name, 1, by="carol", body=":+1:")
    scene.shows("success")
    scene.hooks.delete_comment(scene.name, 1, comment.id, by="carol")
    scene.shows("pending")


def _description(scene: Scene) -> str:
    status = scene.status(scene.head())
    return (status and status.description) or ""
