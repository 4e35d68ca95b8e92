"""Every list shows each row once, in order, however small its parts and however many rows are of one moment."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from app.cursors import NEWEST, OLDEST, Mark, Part
from app.database import Transaction
from app.records import alerts, bindings, issues, shown_intents

ROWS = 11
FILLED = f"""
INSERT INTO issues (id, created_by, created_at, updated_at, status)
SELECT gen_random_uuid(), 'olga', timestamptz '2027-01-01' + (n / 4) * interval '1 second', now(),
       CASE n % 3 WHEN 0 THEN 'DONE' ELSE 'CREATED' END FROM generate_series(1, {ROWS}) AS n;
INSERT INTO alerts (id, code, severity, subject, fields, key, raised_at)
SELECT gen_random_uuid(), 'X', 'alert', 'pull:1#7', '{{}}', n, timestamptz '2027-01-01' + (n / 4) * interval '1 second'
  FROM generate_series(1, {ROWS}) AS n;
INSERT INTO workflows (id, type, kind, subject, repository_id, full_name, installation_id, created_at, current_step)
SELECT gen_random_uuid(), 'pull_request_handoff', 'work', n, 1, 'octo/repo', 1,
       timestamptz '2027-01-01' + (n / 4) * interval '1 second', 'plan' FROM generate_series(1, {ROWS}) AS n;
INSERT INTO steps (id, workflow_id, name, position, exclusive, due_at)
SELECT gen_random_uuid(), id, 'plan', 1, subject, now() FROM workflows;
INSERT INTO bindings (run_id, remote, base_ref, head_ref, proposed_by, opened_at)
SELECT id, 'octo/repo', 'main', subject, 'agent', created_at FROM workflows;
INSERT INTO steps (id, workflow_id, name, exclusive, status, due_at)
SELECT id, id, 'write', 'write:' || subject, 'waiting', now() FROM workflows;
INSERT INTO intents (id, key, kind, target, sequence, run_id, repository_id, full_name, installation_id, number,
                     content, status, recorded_at, epoch)
SELECT id, id, 'label_add', subject, 1, id, 1, 'octo/repo', 1, 1, '{{}}', 'waiting', created_at, 1 FROM workflows;
"""
LISTS: dict[str, tuple[Mark, Callable[[Transaction, Mark, int], Part[Any]]]] = {
    "issues": (NEWEST, lambda tx, after, limit: issues.page(tx, None, after=after, limit=limit)),
    "issues of a state": (NEWEST, lambda tx, after, limit: issues.page(tx, "CREATED", after=after, limit=limit)),
    "alerts": (NEWEST, lambda tx, after, limit: alerts.page(tx, after=after, limit=limit)),
    "runs": (NEWEST, lambda tx, after, limit: bindings.page(tx, after=after, limit=limit)),
    "intents": (OLDEST, lambda tx, after, limit: shown_intents.page(tx, "waiting", after=after, limit=limit)),
}


@pytest.fixture
def tx(database_url: str) -> Iterator[Transaction]:
    with psycopg.connect(database_url, row_factory=dict_row) as connection:
        connection.execute(FILLED.encode())
        yield connection


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 3, 5, ROWS])
def test_the_parts_of_a_list_are_the_list(tx: Transaction, name: str, limit: int) -> None:
    first, page = LISTS[name]
    after: Mark | None = first
    shown = list[UUID]()
    while after is not None:
        part = page(tx, after, limit)
        assert len(part.rows) == limit or part.after is None
        shown += [_id(row) for row in part.rows]
        after = part.after
    whole = [_id(row) for row in page(tx, first, ROWS + 1).rows]
    assert shown == whole
    assert len(whole) == len(set(whole)) == {"issues of a state": 8}.get(name, ROWS)


def _id(row: Any) -> UUID:
    return UUID(str(row["id"] if isinstance(row, dict) else getattr(row, "id", None) or row.run_id))
