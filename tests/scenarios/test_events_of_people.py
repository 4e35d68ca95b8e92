"""Whoever may no longer approve does not any more, though nothing has happened to the pull request."""

from tests.scenarios.gate import Gate, Scene

OF_A_TEAM = """
policy: {approval: [the team approves]}
approval_rules:
  - name: the team approves
    requires: {count: 1, teams: [acme/core]}
"""
OF_THE_ORGANIZATION = OF_A_TEAM.replace("teams: [acme/core]", "organizations: [acme]")
OF_WRITERS = OF_A_TEAM.replace("teams: [acme/core]", "permissions: [write]")


def test_who_leaves_the_team_has_not_approved_for_it(gate: Gate) -> None:
    scene = _approved(gate, OF_A_TEAM)
    scene.hooks.remove_from_team(scene.owner, "core", "carol", by="ann")
    scene.shows("pending")


def test_who_leaves_the_team_of_another_owner_has_not_approved_for_it(gate: Gate) -> None:
    github = gate.stage.github
    github.add_organization("elsewhere", members={"ann": "admin"}, teams={"core": {"carol": "member"}})
    github.install(gate.app, "elsewhere")
    scene = _approved(gate, OF_A_TEAM.replace("acme", "elsewhere"))
    scene.hooks.remove_from_team("elsewhere", "core", "carol", by="ann")
    scene.shows("pending")


def test_who_joins_the_team_has_approved_for_it(gate: Gate) -> None:
    scene = gate.scene(OF_A_TEAM)
    scene.hooks.review(scene.name, 1, by="dave")
    scene.shows("pending", "0/1 rules approved")
    scene.hooks.add_to_team(scene.owner, "core", "dave", by="ann")
    scene.shows("success")


def test_who_leaves_the_organization_has_not_approved_for_it(gate: Gate) -> None:
    scene = _approved(gate, OF_THE_ORGANIZATION)
    scene.hooks.remove_member(scene.owner, "carol", by="ann")
    scene.shows("pending")


def test_who_may_no_longer_write_has_not_approved_as_a_writer(gate: Gate) -> None:
    scene = _approved(gate, OF_WRITERS)
    scene.hooks.grant(scene.name, "carol", "read", by="ann")
    scene.shows("pending")


def test_a_team_that_gets_the_repository_approves_as_writers(gate: Gate) -> None:
    scene = gate.scene(OF_WRITERS)
    scene.github.add_to_team(scene.owner, "core", "dave")
    scene.hooks.review(scene.name, 1, by="dave")
    scene.shows("pending")
    scene.hooks.add_team_to_repository(scene.name, "core", "write", by="ann")
    scene.shows("success")


def test_a_team_that_is_deleted_can_no_longer_be_asked(gate: Gate) -> None:
    scene = _approved(gate, OF_A_TEAM)
    scene.hooks.delete_team(scene.owner, "core", by="ann")
    scene.shows("error")


def _approved(gate: Gate, policy: str) -> Scene:
    """A scene on which carol has approved."""
    scene = gate.scene(policy)
    scene.hooks.review(scene.name, 1, by="carol")
    scene.shows("success")
    return scene
