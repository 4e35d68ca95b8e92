"""What is imported, and an import itself, beside the workflows that workers do."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.definitions import Type
from app.legacy import mapping
from app.records import lapses
from tests.app.legacy.exports import row, sound
from tests.app.legacy.gate import Gate


@pytest.fixture
def workflows(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`mergegate workflows`, in this process."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return lambda *arguments: CliRunner().invoke(main, ["workflows", *map(str, arguments)])


def test_what_was_not_over_says_what_would_unblock_it(gate: Gate, workflows: Callable[..., Result]) -> None:
    gate.bring({"workflows": [row("workflows", status="running", finished_at=None)]})
    (shown,) = _listed(workflows, "--type", "merge")
    assert shown["unblock"] == mapping.START_ANEW
    result = workflows("retry", shown["id"])
    assert (result.exit_code, result.output) == (
        1,
        "Error: ENDS_OTHERWISE: It was imported and is never worked on: start it anew if it is still wanted.\n",
    )


@pytest.mark.parametrize("type_", get_args(Type))
def test_what_was_imported_is_not_cancelled(gate: Gate, workflows: Callable[..., Result], type_: Type) -> None:
    gate.bring({"workflows": [row("workflows", type=type_, status="running", finished_at=None)]})
    (shown,) = [each for each in _listed(workflows, "--type", type_) if each["kind"] == "imported"]
    result = workflows("cancel", shown["id"])
    assert (result.exit_code, result.output) == (
        1,
        "Error: ENDS_OTHERWISE: It was imported and is never worked on, so there is nothing to cancel.\n",
    )
    assert shown in _listed(workflows, "--type", type_)


def test_a_stopped_import_says_how_it_goes_on(gate: Gate, workflows: Callable[..., Result]) -> None:
    batch = gate.bring(sound())
    gate.tx.execute("UPDATE workflows SET status = 'failed' WHERE id = %(id)s", {"id": batch.workflow_id})
    (shown,) = _listed(workflows, "--type", "legacy_import")
    assert shown["unblock"].endswith("mergegate legacy status says where it stands.")


def test_the_sweep_takes_no_import_for_the_work_of_a_dead_worker(gate: Gate) -> None:
    def kill(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gate.bring_file(gate.file(sound()), report=kill)
    with gate.tx.transaction():
        assert lapses.found(gate.tx, gate.now + timedelta(days=1)) == []


def _listed(workflows: Callable[..., Result], *arguments: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(workflows("list", *arguments, "--json").output)["items"]
    return listed
