"""A bot's update is approved by the gate itself while the checks are green, and by nobody's policy is that counted."""

from app.simulator.records import Review
from tests.scenarios.gate import Gate, Scene

POLICY = """
policy: {approval: [anybody who may write]}
approval_rules:
  - name: anybody who may write
    requires: {count: 1, permissions: [write]}
"""
RULES = """
approve:
  - name: dependency updates
    if:
      has_author_in: {users: ["dependabot[bot]"]}
      has_valid_signatures_by_keys: {key_ids: [B5690EEEBB952194]}
      only_changed_files: {paths: ["(^|/)poetry\\\\.lock$"]}
    requires:
      conditions:
        has_status: {statuses: [build], conclusions: [success]}
"""
BOT = "dependabot[bot]"


def test_an_update_of_dependencies_is_approved_while_it_is_green(gate: Gate) -> None:
    scene = gate.scene(POLICY)
    scene.hooks.push(scene.name, "main", {".mergegate.yml": RULES}, by="carol")
    scene.github.push(scene.name, "update", {"poetry.lock": "1"}, by=BOT, via="web")
    scene.hooks.open_pull(scene.name, "update", by=BOT)
    scene.shows("pending", number=2)
    assert _own(scene, 2) == []
    scene.hooks.set_status(scene.name, scene.head(2), by="bob", context="build", state="success")
    scene.eventually(lambda: [review.state for review in _own(scene, 2)] == ["APPROVED"], "the approval of the update")
    [first] = _own(scene, 2)
    assert (first.sha, first.body.splitlines()[0][:42]) == (scene.head(2), "Approved by the rule `dependency updates` ")
    scene.hooks.set_status(scene.name, scene.head(2), by="bob", context="build", state="failure")
    scene.eventually(
        lambda: [review.state for review in _own(scene, 2)] == ["DISMISSED"], "the dismissal at a red check"
    )
    scene.hooks.push(scene.name, "update", {"poetry.lock": "2"}, by=BOT, via="web")
    scene.hooks.set_status(scene.name, scene.head(2), by="bob", context="build", state="success")
    scene.eventually(lambda: [review.state for review in _own(scene, 2)][1:] == ["APPROVED"], "the next approval")
    assert _own(scene, 2)[1].sha == scene.head(2)
    scene.shows("pending", number=2)
    scene.hooks.push(scene.name, "update", {"poetry.lock": "evil"}, by="bob")
    scene.hooks.set_status(scene.name, scene.head(2), by="bob", context="build", state="success")
    scene.eventually(
        lambda: all(review.state == "DISMISSED" for review in _own(scene, 2)), "what a person pushed undone"
    )
    scene.shows("pending", number=2)
    assert [len(_own(scene, number)) for number in (1, 2)] == [0, 2]


def _own(scene: Scene, number: int) -> list[Review]:
    """The gate's own reviews, oldest first."""
    reviews = scene.github.state.repository(scene.name).reviews.get(number, [])
    app = next(iter(scene.github.state.apps.values()))  # the gate's own; other scenarios add Apps of others
    return [review for review in reviews if review.author == scene.github.state.bot(app.id).login]
