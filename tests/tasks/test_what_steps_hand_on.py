"""Each step that was done has handed on what its definition says, small and typed, and shows it."""

import json
from pathlib import Path
from uuid import UUID

from app import definitions, handed, titles
from app.handed import Handed, Made, Planned
from app.records.workflows import Shown
from app.web.api import workflow_shapes
from tests.tasks.agency import agency
from tests.tasks.house import House
from tests.tasks.steering import listed, shown

MOST_CHARACTERS = 300


def _output(house: House, workflow_id: UUID, step: Shown) -> Handed:
    found = shown(house, workflow_id).workflow
    assert step.output is not None
    return handed.read(definitions.step(found.kind, found.version, step.name).output, step.output)


def test_a_handoff_says_how_many_writes_it_planned_and_each_what_github_has(house: House, tmp_path: Path) -> None:
    at = agency(house, tmp_path)
    run_id = UUID(at.clear(at.ask()["runId"])["runId"])
    steps = shown(house, run_id).steps
    written = house.rows("SELECT intent_id, remote_id, status_code FROM permits WHERE outcome = 'written'")
    assert _output(house, run_id, steps[0]) == Planned(epoch=1, writes=len(written), written=len(written))
    assert {step.id: _output(house, run_id, step) for step in steps[1:]} == {
        row["intent_id"]: Made(remote_id=row["remote_id"], status_code=row["status_code"]) for row in written
    }


def test_a_handoff_that_waits_says_how_far_it_got(house: House, tmp_path: Path) -> None:
    at = agency(house, tmp_path)
    run_id = UUID(at.ask()["runId"])
    assert _output(house, run_id, shown(house, run_id).steps[0]) == Planned(epoch=1, writes=5, written=0)


def test_a_write_that_was_read_back_says_so(house: House) -> None:
    house.github.fault("POST", "/statuses/", 502, when="after")
    house.deliver_pull()
    house.work()
    house.clock.forward(5)
    house.sweep()
    (found,) = listed(house, "policy_evaluation")
    (made,) = house.rows("SELECT remote_id FROM permits WHERE outcome = 'written'")
    assert _output(house, found.id, shown(house, found.id).steps[1]) == Made(
        remote_id=made["remote_id"], status_code=None
    )


def test_what_is_handed_on_is_small_and_shown(house: House) -> None:
    house.deliver_pull()
    house.work()
    (found,) = listed(house, "policy_evaluation")
    for step in shown(house, found.id).steps:
        assert titles.output(step) == json.dumps(step.output, sort_keys=True)
        assert len(titles.output(step)) < MOST_CHARACTERS


def test_the_api_documents_what_each_step_hands_on() -> None:
    schema = workflow_shapes.StepOfWorkflow.model_json_schema()["properties"]["output"]
    documented = {each.get("title"): set(each.get("properties", ())) for each in schema["anyOf"]}
    for each in definitions.outputs():
        assert documented[each.__name__] == set(each.model_fields)
