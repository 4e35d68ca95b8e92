"""Projects with their fields and items, as plain data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app.simulator.frozen import Record


@dataclass(frozen=True, kw_only=True)
class Option(Record):
    id: str
    name: str


@dataclass(frozen=True, kw_only=True)
class Field(Record):
    """One where an item has one of some options; an item's title is a field, too, and has none."""

    id: int
    node_id: str
    name: str
    options: tuple[Option, ...]
    created_at: datetime

    @property
    def is_select(self) -> bool:
        return bool(self.options)

    def option(self, option_id: str) -> Option | None:
        return next((one for one in self.options if one.id == option_id), None)


@dataclass(frozen=True, kw_only=True)
class Item(Record):
    """A pull request, or a draft with nothing but a title."""

    id: int
    node_id: str
    repository_id: int | None  # None: a draft
    number: int | None
    title: str
    creator: str
    created_at: datetime
    updated_at: datetime
    chosen: Mapping[int, str] = field(default_factory=dict)  # id of the field -> id of the option


@dataclass(kw_only=True)
class Project:
    id: int
    node_id: str
    number: int  # within its owner
    owner: str
    title: str
    created_at: datetime
    fields: dict[int, Field] = field(default_factory=dict)
    items: dict[int, Item] = field(default_factory=dict)

    def field_of(self, node_id: str) -> Field | None:
        return next((one for one in self.fields.values() if one.node_id == node_id), None)

    def item_of(self, node_id: str) -> Item | None:
        return next((one for one in self.items.values() if one.node_id == node_id), None)
