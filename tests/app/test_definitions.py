"""The list of workflows is whole, and each of its tasks is one that a worker has."""

import re
from pathlib import Path
from typing import get_args

import pytest

from app import definitions
from app.definitions import DEFINITIONS, Definition, Kind, Step, Type, UnknownDefinition
from app.handed import Ended, Found
from app.queue import ROUTES

TWO = (
    Definition("merge", "merge", 1, (Step("judge", "merge.judge", Found), Step("send", "merge.send", Ended))),
    Definition("merge", "merge", 2, (Step("all", "merge.pull_request", Ended),)),
)


def test_every_type_and_kind_is_made_of_something() -> None:
    assert {each.type for each in DEFINITIONS} == set(get_args(Type))
    assert {each.kind for each in DEFINITIONS} == set(get_args(Kind))


def test_no_version_of_a_kind_is_there_twice_and_no_name_twice_in_it() -> None:
    assert len(definitions.known()) == len(set(definitions.known())) == len(DEFINITIONS)
    for each in DEFINITIONS:
        names = [step.name for step in (*each.line, *each.beside)]
        assert len(names) == len(set(names))


def test_every_task_of_a_worker_has_a_queue() -> None:
    tasks = {step.task for each in DEFINITIONS for step in (*each.line, *each.beside) if step.task}
    assert {f"{task.partition('.')[0]}.*" for task in tasks} <= set(ROUTES)


def test_the_newest_version_is_started_and_an_older_one_goes_on_in_its_own_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(definitions, "DEFINITIONS", TWO)
    assert definitions.newest("merge").version == 2
    following = definitions.after("merge", 1, "judge")
    assert following is not None
    assert (following.name, definitions.after("merge", 1, "send")) == ("send", None)
    assert definitions.known() == ["merge/1", "merge/2"]


@pytest.mark.parametrize(("kind", "version", "name"), [("merge", 99, "merge"), ("none", 1, "x"), ("merge", 1, "none")])
def test_what_is_of_another_version_of_mergegate_is_not_known(kind: str, version: int, name: str) -> None:
    with pytest.raises(UnknownDefinition, match="no "):
        definitions.step(kind, version, name)


def test_the_document_names_every_workflow_and_step() -> None:
    text = (Path(__file__).parents[2] / "docs" / "workflows.md").read_text()
    for each in DEFINITIONS:
        assert {f"`{name}`" for name in (each.type, each.kind, *(step.name for step in each.line))} <= set(
            re.findall(r"`[a-z_]+`", text)
        )
