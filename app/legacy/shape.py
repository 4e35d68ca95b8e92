"""Which table of an export holds which kind of row, and which of its columns says what, by the names that are known."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from app.legacy.source import Table
from app.legacy.trouble import LegacyError

RowKind = Literal["workflows", "steps", "audit_events", "settings"]
KINDS: tuple[RowKind, ...] = get_args(RowKind)
"""In the order in which they are taken in: a step needs its workflow."""
TABLES: dict[RowKind, tuple[str, ...]] = {
    "workflows": ("workflows", "workflow", "workflow_runs", "workflow_instances", "instances"),
    "steps": ("steps", "workflow_steps", "workflow_step", "step"),
    "audit_events": ("audit_events", "audit_log", "audit_entries", "audit", "events"),
    "settings": ("settings", "setting", "config", "configuration"),
}
COLUMNS: dict[RowKind, dict[str, tuple[str, ...]]] = {
    "workflows": {
        "id": ("id", "workflow_id", "instance_id", "uuid"),
        "type": ("type", "kind", "workflow_type", "workflow_name", "name"),
        "status": ("status", "state"),
        "created_at": ("created_at", "created", "queued_at", "start_time"),
        "updated_at": ("updated_at", "updated", "modified_at", "modified_on"),
        "finished_at": ("finished_at", "completed_at", "ended_at", "end_time"),
        "input": ("input", "input_json", "params", "payload", "data"),
        "output": ("output", "output_json", "result"),
        "error": ("error", "error_message", "last_error"),
        "current_step": ("current_step", "step"),
        "subject": ("subject", "target"),
        "repository": ("repository", "repo", "full_name", "repository_full_name"),
        "number": ("number", "pr_number", "pull_number", "pull_request"),
        "actor": ("asked_by", "created_by", "requested_by", "actor"),
        "retry_of": ("retry_of", "parent_id", "retried_from"),
    },
    "steps": {
        "id": ("id", "step_id", "uuid"),
        "workflow": ("workflow_id", "workflow", "instance_id", "run_id"),
        "name": ("name", "step_name", "step", "type", "kind"),
        "status": ("status", "state"),
        "position": ("position", "idx", "step_index", "ordinal", "sequence", "seq", "step_order", "step_number"),
        "attempts": ("attempts", "attempt", "attempt_count", "retries", "retry_count"),
        "created_at": ("created_at", "created", "queued_at"),
        "started_at": ("started_at", "start_time"),
        "finished_at": ("finished_at", "completed_at", "ended_at", "end_time"),
        "input": ("input", "input_json", "params", "payload"),
        "output": ("output", "output_json", "result", "data"),
        "error": ("error", "error_message", "last_error"),
    },
    "audit_events": {
        "id": ("id", "event_id", "seq", "uuid"),
        "at": ("at", "created_at", "occurred_at", "timestamp", "ts", "time"),
        "kind": ("kind", "type", "event_type", "action", "event"),
        "subject": ("subject", "workflow_id", "target", "entity_id", "resource"),
        "actor": ("actor", "actor_id", "created_by", "user", "user_id"),
        "body": ("body", "data", "details", "payload", "metadata", "detail"),
    },
    "settings": {
        "key": ("key", "name", "id", "setting"),
        "value": ("value", "val", "value_json", "data"),
        "repository": ("repository", "repo", "scope"),
        "updated_at": ("updated_at", "created_at", "modified_at"),
        "actor": ("updated_by", "changed_by", "actor"),
    },
}
NEEDED: dict[RowKind, tuple[str, ...]] = {
    "workflows": ("id", "type", "status", "created_at"),
    "steps": ("workflow", "name", "status"),
    "audit_events": ("id", "at", "kind"),
    "settings": ("key", "value"),
}
_OWN_TABLES = re.compile(r"d1_migrations|_cf_\w+|sqlite_\w+|__drizzle\w*", re.IGNORECASE)
"""Of D1, SQLite and the tool that moved the schema; nobody misses them."""


@dataclass(frozen=True)
class Shape:
    """One kind of row in an export. `fields`: our word for a column -> its name there; `unknown`: columns of no word.

    `rows`: how many were read; `is_read`: whether that was all.
    """

    table: str
    columns: tuple[str, ...]
    fields: Mapping[str, str]
    rows: int = 0
    is_read: bool = False

    @property
    def unknown(self) -> tuple[str, ...]:
        """The columns that are kept with the row and mean nothing here."""
        return tuple(column for column in self.columns if column not in self.fields.values())

    def document(self) -> dict[str, Any]:
        """As the row of a batch keeps it."""
        return asdict(self)

    @classmethod
    def parse(cls, document: Mapping[str, Any]) -> "Shape":
        """What `document` gave."""
        return cls(**{**document, "columns": tuple(document["columns"])})


def find(tables: Sequence[Table]) -> tuple[dict[RowKind, Shape], tuple[str, ...]]:
    """The known kinds with their tables, and the tables left out. Raises `LegacyError` where nothing is known."""
    by_name = {_word(table.name): table for table in reversed(tables)}
    found: dict[RowKind, Shape] = {}
    for kind in KINDS:
        table = next((by_name[_word(name)] for name in TABLES[kind] if _word(name) in by_name), None)
        if table is not None:
            found[kind] = _shape(kind, table)
    if not found:
        raise LegacyError("The file has none of the tables workflows, steps, audit_events and settings.")
    taken = {shape.table for shape in found.values()}
    return found, tuple(t.name for t in tables if t.name not in taken and not _OWN_TABLES.fullmatch(t.name))


def _shape(kind: RowKind, table: Table) -> Shape:
    by_word = {_word(column): column for column in reversed(table.columns)}
    fields: dict[str, str] = {}
    for field, names in COLUMNS[kind].items():
        column = next(
            (by_word[_word(n)] for n in names if _word(n) in by_word and by_word[_word(n)] not in fields.values()), None
        )
        if column is not None:
            fields[field] = column
    missing = [field for field in NEEDED[kind] if field not in fields]
    if missing:
        known = "; ".join(f"{field}: {', '.join(COLUMNS[kind][field])}" for field in missing)
        raise LegacyError(f"The table {table.name} has no column for {known}.")
    return Shape(table.name, table.columns, fields)


def _word(name: str) -> str:
    """`createdAt`, `created_at` and `CREATED-AT` are one name."""
    return re.sub(r"[^a-z0-9]", "", name.lower())
