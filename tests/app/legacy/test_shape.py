"""Tables and columns told by their names."""

import pytest

from app.legacy import shape
from app.legacy.source import Table
from app.legacy.trouble import LegacyError


def test_names_count_whatever_their_case_and_punctuation() -> None:
    found, left_out = shape.find([Table("Workflow-Steps", ("stepId", "WorkflowID", "step_name", "State", "colour"))])
    assert found["steps"].fields == {
        "id": "stepId",
        "workflow": "WorkflowID",
        "name": "step_name",
        "status": "State",
    }
    assert (found["steps"].unknown, left_out) == (("colour",), ())


def test_the_first_of_several_names_counts_and_the_other_is_unknown() -> None:
    found, _ = shape.find([Table("settings", ("value", "name", "key"))])
    assert (found["settings"].fields["key"], found["settings"].unknown) == ("key", ("name",))


def test_of_two_tables_for_the_same_the_other_is_left_out() -> None:
    settings = Table("settings", ("key", "value"))
    found, left_out = shape.find([Table("config", ("key", "value")), settings, Table("d1_migrations", ("id",))])
    assert (found["settings"].table, left_out) == ("settings", ("config",))


@pytest.mark.parametrize("table", ["_cf_KV", "sqlite_sequence", "__drizzle_migrations", "d1_migrations"])
def test_tables_of_the_old_machinery_are_not_missed(table: str) -> None:
    assert shape.find([Table("settings", ("key", "value")), Table(table, ("id",))])[1] == ()


def test_a_needed_column_that_is_missing_is_named_with_all_its_names() -> None:
    with pytest.raises(LegacyError, match="The table settings has no column for value: value, val, value_json, data"):
        shape.find([Table("settings", ("key",))])


def test_it_is_kept_and_read_again() -> None:
    found, _ = shape.find([Table("settings", ("key", "value"))])
    assert shape.Shape.parse(found["settings"].document()) == found["settings"]
