"""A field of an item in a project: whose item it is, what the field may say, and what it says."""

from dataclasses import dataclass

from app.github import queries
from app.github.answers import Unavailable
from app.github.asking import Asking, Place
from app.github.nodes import Connection, Node

WHAT = "the project's item and its field"


@dataclass(frozen=True)
class ProjectField:
    """`repository_id` and `number`: of the pull request that the item is; None where it is something else.

    `options`: names by id; `chosen`: the id of the one that is set.
    """

    repository_id: int | None
    number: int | None
    options: dict[str, str]
    chosen: str | None


class _Repository(Node):
    database_id: int


class _Content(Node):
    number: int | None = None
    repository: _Repository | None = None


class _Field(Node):
    id: str | None = None


class _Value(Node):
    option_id: str | None = None
    field: _Field | None = None


class _Item(Node):
    content: _Content | None
    field_values: Connection[_Value]


class _Option(Node):
    id: str
    name: str


class _SelectField(Node):
    options: tuple[_Option, ...]


class ProjectReader(Asking):
    """One request for both; GitHub allows fewer fields in a project than fit on one page."""

    def project_field(self, place: Place, item_id: str, field_id: str) -> ProjectField:
        """As GitHub shows it now."""
        data = self._query(place, queries.PROJECT_FIELD, {"item": item_id, "field": field_id}, WHAT)
        item, field = self._parsed(_Item, data.get("item"), WHAT), self._parsed(_SelectField, data.get("field"), WHAT)
        if item.field_values.page_info.has_next_page:
            raise Unavailable("EVIDENCE_INCOMPLETE", "The project has more fields than are read.")
        content = item.content or _Content()
        set_now = [value.option_id for value in item.field_values.nodes if value.field and value.field.id == field_id]
        return ProjectField(
            repository_id=content.repository.database_id if content.repository else None,
            number=content.number,
            options={option.id: option.name for option in field.options},
            chosen=set_now[0] if set_now else None,
        )
