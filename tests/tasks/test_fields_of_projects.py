"""A field of a project is set for the pull request's own item, to the option that was wished for, and never to Done."""

import pytest
from pydantic import ValidationError

from tests.tasks.house import REPOSITORY, House
from tests.tasks.outcomes import fault, intents, outcomes, written
from tests.tasks.run_wishes import contents
from tests.tasks.wishes import prepare, wish

KIND = "project_field"
MUTATION = "updateProjectV2ItemFieldValue"


def _error(house: House) -> str:
    return str(house.rows(f"SELECT error FROM writes WHERE kind = '{KIND}' ORDER BY sequence")[-1]["error"])


def _refused(house: House) -> bool:
    return (house.github.writes("/graphql"), outcomes(house, KIND)) == ([], ["refused"])


def test_an_option_that_was_renamed_is_not_set(house: House) -> None:
    prepare(house, KIND)
    project = next(iter(house.github.state.projects.values()))
    field = next(one for one in project.fields.values() if one.options)
    house.github.rename_option(project.id, field.id, field.options[1].id, "Done")
    house.work()
    assert _refused(house)
    assert "another name" in _error(house)


def test_the_item_of_another_pull_request_is_left_alone(house: House) -> None:
    prepare(house, KIND)
    house.sent.clear()
    house.github.push(REPOSITORY, "other", {"b.py": "1"}, by="bob")
    house.github.open_pull(REPOSITORY, "other", by="bob")
    item = house.github.project_item(next(iter(house.github.state.projects)), REPOSITORY, 2)
    wish(house, KIND, item_id=item.node_id)
    house.work()
    assert _refused(house)
    assert "is not that of #1" in _error(house)


def test_the_item_of_another_repository_is_left_alone(house: House) -> None:
    prepare(house, KIND)
    house.sent.clear()
    house.github.add_repository("acme/other")
    house.github.push("acme/other", "feature", {"b.py": "1"}, by="bob")
    house.github.open_pull("acme/other", "feature", by="bob")
    item = house.github.project_item(next(iter(house.github.state.projects)), "acme/other", 1)
    wish(house, KIND, item_id=item.node_id)
    house.work()
    assert _refused(house)


def test_an_item_that_is_no_pull_request_is_left_alone(house: House) -> None:
    prepare(house, KIND)
    house.sent.clear()
    item = house.github.project_draft(next(iter(house.github.state.projects)), "A thought", by="alice")
    wish(house, KIND, item_id=item.node_id)
    house.work()
    assert _refused(house)


@pytest.mark.parametrize("option", ["Done", "done", " DONE ", "Done ✅", "d-o-n-e"])
def test_nothing_is_ever_moved_to_done(house: House, option: str) -> None:
    prepare(house, KIND)
    with pytest.raises(ValidationError, match="nothing is moved to Done"):
        contents(house, KIND).model_validate({**contents(house, KIND).model_dump(), "option": option})


@pytest.mark.parametrize("kind", ["FORBIDDEN", "NOT_FOUND", "INSUFFICIENT_SCOPES", "UNPROCESSABLE"])
def test_a_mutation_that_is_refused_with_200_is_refused(house: House, kind: str) -> None:
    prepare(house, KIND)
    house.github.fail_mutation(MUTATION, kind, "No.")
    house.work()
    assert (written(house, KIND), outcomes(house, KIND)) == ([], ["refused"])
    assert _error(house) == "GitHub refused: No."


def test_a_mutation_that_went_wrong_with_200_is_read_back(house: House) -> None:
    prepare(house, KIND)
    house.github.fail_mutation(MUTATION, "INTERNAL", "Something went wrong.")
    house.work()
    assert intents(house, KIND) == ["sent"]
    house.clock.forward(60)
    house.sweep()
    assert (len(written(house, KIND)), outcomes(house, KIND)) == (1, ["absent", "written"])


def test_a_mutation_that_is_limited_with_200_waits(house: House) -> None:
    prepare(house, KIND)
    house.github.fail_mutation(MUTATION, "RATE_LIMITED", "API rate limit exceeded")
    house.work()
    assert (intents(house, KIND), outcomes(house, KIND)) == (["pending"], ["limited"])
    house.clock.forward(61)
    house.sweep()
    assert (len(written(house, KIND)), outcomes(house, KIND)) == (1, ["limited", "written"])


def test_a_project_that_can_not_be_read_now_is_changed_later(house: House) -> None:
    prepare(house, KIND)
    house.github.fault("POST", "^/graphql$", 502)
    house.work()
    assert (written(house, KIND), intents(house, KIND)) == ([], ["pending"])
    house.clock.forward(31)
    house.sweep()
    assert len(written(house, KIND)) == 1


def test_an_answer_about_another_item_is_read_back(house: House) -> None:
    prepare(house, KIND)
    other = {"data": {MUTATION: {"projectV2Item": {"id": "PVTI_other"}}}}
    fault(house, KIND, 200, when="after", body=other)
    house.work()
    assert intents(house, KIND) == ["sent"]
    house.clock.forward(5)
    house.sweep()
    assert outcomes(house, KIND) == ["written"]
