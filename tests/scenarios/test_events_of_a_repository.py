"""What is set on a repository counts for its open pull requests at once."""

from tests.scenarios.gate import Gate

OF_A_TIER = """
policy: {approval: [the repository is of a known tier]}
approval_rules:
  - name: the repository is of a known tier
    requires:
      conditions:
        custom_property_matches_any_of: {tier: [^gold$]}
"""


def test_a_property_of_the_repository_that_changes_changes_the_verdict(gate: Gate) -> None:
    scene = gate.scene(OF_A_TIER)
    scene.shows("pending")
    scene.hooks.set_property(scene.name, "tier", "gold", by="ann")
    scene.shows("success")
    scene.hooks.set_property(scene.name, "tier", None, by="ann")
    scene.shows("pending")
