"""What happens to a pull request after its verdict, each told by one signed webhook, changes that verdict."""

from tests.scenarios.gate import Gate

CHECKED = """
policy: {approval: [the tests pass]}
approval_rules:
  - name: the tests pass
    requires:
      conditions:
        has_status: {statuses: [ci/test]}
"""
APPROVED = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, permissions: [write]}
"""
TWO_APPROVE = APPROVED.replace("count: 1", "count: 2")


def test_a_check_that_turns_red_takes_the_success_away(gate: Gate) -> None:
    scene = gate.scene(CHECKED)
    ci = scene.github.add_app("ci", events=())
    scene.shows("pending")
    scene.hooks.check_run(scene.name, scene.head(), app_id=ci.id, name="ci/test")
    scene.shows("success")
    scene.hooks.check_run(scene.name, scene.head(), app_id=ci.id, name="ci/test", conclusion="failure")
    scene.shows("pending")


def test_a_status_that_turns_red_takes_the_success_away(gate: Gate) -> None:
    scene = gate.scene(CHECKED)
    scene.hooks.set_status(scene.name, scene.head(), by="ci-robot", context="ci/test", state="success")
    scene.shows("success")
    scene.hooks.set_status(scene.name, scene.head(), by="ci-robot", context="ci/test", state="failure")
    scene.shows("pending")


def test_a_retarget_is_judged_by_the_policy_of_the_new_base(gate: Gate) -> None:
    scene = gate.scene(APPROVED, release=TWO_APPROVE)
    scene.hooks.review(scene.name, 1, by="carol")
    scene.shows("success")
    scene.hooks.retarget(scene.name, 1, "release", by="bob")
    scene.shows("pending", "0/1 rules approved", base="release")
    scene.shows("pending", "No open pull request with this commit goes into main any more.")


def test_a_conversion_to_a_draft_is_evaluated(gate: Gate) -> None:
    scene = gate.scene(APPROVED)
    scene.shows("pending")
    scene.github.review(scene.name, 1, by="carol")
    scene.hooks.convert_to_draft(scene.name, 1, by="bob")
    scene.shows("success")
