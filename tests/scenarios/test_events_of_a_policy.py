"""A policy that changes is applied to every open pull request that it governs, no faster than the limit allows."""

from tests.scenarios.gate import REEVALUATIONS_PER_MINUTE, Gate, Scene

ONE = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, permissions: [write]}
"""
TWO = ONE.replace("count: 1", "count: 2")
OPEN_PULLS = REEVALUATIONS_PER_MINUTE + 3


def test_a_changed_policy_reaches_every_open_pull_request_of_its_branch(gate: Gate) -> None:
    scene = gate.scene(ONE, release=ONE)
    scene.hooks.review(scene.name, 1, by="carol")
    for head in ("second", "third"):
        _open(scene, head)
    scene.hooks.open_pull(scene.name, "third", by="bob", base="release")
    scene.shows("success")
    scene.shows("pending", number=4, base="release")
    scene.hooks.push(scene.name, "main", {".policy.yml": TWO}, by="carol")
    scene.shows("pending")
    scene.shows("pending", number=2)
    scene.shows("pending", number=3)
    assert len(scene.rows("SELECT id FROM evaluations WHERE repository_id = {id} AND number = 4")) == 1


def test_a_changed_shared_policy_reaches_the_pull_requests_that_it_governs(gate: Gate) -> None:
    scene = gate.scene(ONE)
    shared = f"{scene.owner}/.github"
    scene.github.add_repository(shared, files={"policy.yml": ONE})
    scene.github.push(scene.name, "main", {".policy.yml": None}, by="carol")
    scene.hooks.review(scene.name, 1, by="carol")
    scene.shows("success")
    scene.hooks.push(shared, "main", {"policy.yml": TWO}, by="ann")
    scene.shows("pending")


def test_a_changed_policy_is_applied_at_a_bounded_rate(gate: Gate) -> None:
    scene = gate.scene(ONE)
    scene.shows("pending")
    for number in range(2, OPEN_PULLS + 1):
        _open(scene, f"feature-{number}")
    scene.hooks.push(scene.name, "main", {".policy.yml": TWO}, by="carol")
    scene.eventually(lambda: _waiting(scene) == OPEN_PULLS - REEVALUATIONS_PER_MINUTE, "waiting for the next minute")
    scene.eventually(lambda: _evaluated(scene) == 1 + REEVALUATIONS_PER_MINUTE, "the evaluations of this minute")


def _open(scene: Scene, head: str) -> None:
    """Open a pull request of which nobody is told."""
    scene.github.push(scene.name, head, {f"{head}.py": "1"}, by="bob")
    scene.github.open_pull(scene.name, head, by="bob")


def _waiting(scene: Scene) -> int:
    """How many evaluations were put off until the minute is over, none of them counted as an attempt."""
    put_off = "status = 'pending' AND attempts = 0 AND due_at > now() + interval '2 seconds'"
    return len(scene.rows(f"SELECT id FROM runs WHERE repository_id = {{id}} AND {put_off}"))


def _evaluated(scene: Scene) -> int:
    return len(scene.rows("SELECT id FROM evaluations WHERE repository_id = {id}"))
