"""Many verdicts at once: two worker processes share one pace, and whoever waits for its turn is woken in time."""

import pytest

from tests.scenarios.gate import Gate

PULLS = 10
OF_SCENE = " WHERE repository_id = {id}"
POLICY = """
policy: {approval: [a writer approves]}
approval_rules:
  - name: a writer approves
    requires: {count: 1, permissions: [write]}
"""


@pytest.mark.long
def test_the_verdicts_of_many_pulls_leave_a_second_apart_and_soon(gate: Gate) -> None:
    scene = gate.scene(POLICY)
    for number in range(2, PULLS + 1):
        scene.github.push(scene.name, f"feature-{number}", {f"{number}.py": "1"}, by="bob")
        scene.hooks.open_pull(scene.name, f"feature-{number}", by="bob")
    for number in range(1, PULLS + 1):
        scene.shows("pending", number=number)
    written = [write for write in scene.github.writes("/statuses/") if write.path.startswith(f"/repos/{scene.name}/")]
    assert [write.effect for write in written] == ["yes"] * PULLS
    assert (scene.github.closest_writes() or 0) >= 1
    (decided,) = scene.rows("SELECT count(*) AS n FROM decisions JOIN intents ON intents.id = intent_id" + OF_SCENE)
    assert decided["n"] <= 5 * PULLS
