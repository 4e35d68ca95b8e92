"""A pull request that changes the policy learns what is wrong with it, and whose verdict it would change."""

from app.simulator.records import CheckRun
from tests.scenarios.gate import Gate, Scene

ONE = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, permissions: [write]}
"""
ONE_LEVEL_OFF = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    permissions: [write]
    requires: {count: 1}
"""
TWO = ONE.replace("count: 1", "count: 2")
NAME = "mergegate: policy"


def test_a_proposed_policy_is_checked_on_its_head_and_counts_for_nothing_yet(gate: Gate) -> None:
    scene = gate.scene(ONE)
    scene.hooks.review(scene.name, 1, by="carol")
    scene.shows("success")
    scene.github.push(scene.name, "stricter", scene.file(ONE_LEVEL_OFF), by="bob")
    scene.hooks.open_pull(scene.name, "stricter", by="bob")
    wrong = _check(scene)
    [note] = wrong.annotations
    assert (wrong.name, wrong.conclusion, wrong.title) == (NAME, "failure", "The policy is not valid")
    assert (note["path"], note["start_line"], note["annotation_level"]) == (".policy.yml", 5, "failure")
    assert "`permissions` belongs under `requires`" in note["message"]
    scene.shows("pending", number=2)
    scene.hooks.push(scene.name, "stricter", scene.file(TWO), by="bob")
    mended = _check(scene)
    assert (mended.conclusion, mended.annotations) == ("neutral", ())
    assert mended.title == "1 of 1 other open pull requests into main get another verdict"
    assert "#1: success → pending" in (mended.summary or "")
    scene.shows("success")
    scene.shows("pending", number=2)


def _check(scene: Scene) -> CheckRun:
    """The check on the head of the proposal, as soon as it is there."""

    def found() -> list[CheckRun]:
        runs = scene.github.state.repository(scene.name).check_runs
        return [run for run in runs if run.sha == scene.head(2)]

    scene.eventually(lambda: len(found()) == 1, "the check of the proposed policy")
    return found()[0]
