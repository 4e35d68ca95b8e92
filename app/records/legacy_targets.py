"""What a legacy import puts into the tables of ours, and takes out again: a batch of rows in one statement each."""

from typing import Any, Literal
from uuid import UUID

from app.database import Transaction
from app.definitions import IMPORTED
from app.records.legacy_rows import BATCH_ROWS

Table = Literal["workflows", "steps", "audit_events"]
END_STEP = "legacy_end"
END_PLACE = 1_000_000
"""Where the step stands that ends the line of an imported workflow; its own steps stand before it."""
TAKEN = "Something else stands in its place here, or its workflow is gone: nothing of ours is overwritten."
_DUE = """
due AS MATERIALIZED (
    SELECT ordinal, source_key, target_id, parent_id, mapped FROM legacy_rows
    WHERE batch_id = %(batch)s AND source_table = %(table)s AND status = 'ready' AND ordinal > %(after)s
    ORDER BY ordinal LIMIT %(limit)s
), free AS MATERIALIZED (
    SELECT * FROM due WHERE NOT EXISTS
        (SELECT FROM legacy_rows AS other WHERE other.target_id = due.target_id AND other.status = 'imported')
)
"""
# A row of the same id that is equal was imported before its batch was forgotten (the schema was moved down and up).
_WORKFLOWS = """
put AS (
    INSERT INTO workflows (id, type, kind, version, subject, repository_id, full_name, installation_id, number, status,
                           input, current_step, asked_by, created_at, updated_at, finished_at)
    SELECT target_id, mapped->>'type', %(kind)s, 1, mapped->>'subject', 0, mapped->>'full_name', 0,
           (mapped->>'number')::bigint, mapped->>'status', mapped->'input',
           CASE WHEN (mapped->>'has_end')::boolean THEN %(end)s ELSE mapped->>'current_step' END,
           mapped->>'asked_by', (mapped->>'created_at')::timestamptz, (mapped->>'updated_at')::timestamptz,
           (mapped->>'finished_at')::timestamptz
    FROM free
    ON CONFLICT (id) DO UPDATE SET input = EXCLUDED.input, asked_by = EXCLUDED.asked_by WHERE
        (workflows.kind, workflows.type, workflows.subject, workflows.status, workflows.created_at)
        = (EXCLUDED.kind, EXCLUDED.type, EXCLUDED.subject, EXCLUDED.status, EXCLUDED.created_at)
        AND workflows.input IN (EXCLUDED.input, '{}')
    RETURNING id
), ended AS (
    INSERT INTO steps (id, workflow_id, name, position, exclusive, status, due_at, outcome, error, output, created_at,
                       ended_at)
    SELECT md5('legacy_end ' || target_id)::uuid, target_id, %(end)s, %(end_place)s, 'legacy',
           CASE mapped->>'status' WHEN 'succeeded' THEN 'done' WHEN 'cancelled' THEN 'cancelled' ELSE 'stopped' END,
           (mapped->>'updated_at')::timestamptz,
           CASE mapped->>'status' WHEN 'succeeded' THEN 'done' WHEN 'cancelled' THEN NULL ELSE 'stop' END,
           mapped->>'error', nullif(mapped->'output', 'null'), (mapped->>'created_at')::timestamptz,
           (mapped->>'updated_at')::timestamptz
    FROM free JOIN put ON id = target_id WHERE (mapped->>'has_end')::boolean
    ON CONFLICT (id) DO NOTHING
)
"""
_STEPS = """
put AS (
    INSERT INTO steps (id, workflow_id, name, position, exclusive, status, due_at, attempts, outcome, error, input,
                       output, created_at, started_at, ended_at)
    SELECT target_id, parent_id, mapped->>'name', (mapped->>'position')::integer, 'legacy', mapped->>'status',
           coalesce((mapped->>'ended_at')::timestamptz, (mapped->>'created_at')::timestamptz, workflows.created_at),
           (mapped->>'attempts')::integer, mapped->>'outcome', mapped->>'error', mapped->'input',
           nullif(mapped->'output', 'null'), coalesce((mapped->>'created_at')::timestamptz, workflows.created_at),
           (mapped->>'started_at')::timestamptz, (mapped->>'ended_at')::timestamptz
    FROM free JOIN workflows ON workflows.id = parent_id AND workflows.kind = %(kind)s
    WHERE NOT EXISTS (SELECT FROM steps AS other WHERE other.workflow_id = parent_id AND other.id <> target_id
                      AND other.position = (mapped->>'position')::integer)
    ON CONFLICT (id) DO UPDATE SET id = EXCLUDED.id WHERE
        (steps.workflow_id, steps.name, steps.position, steps.status, steps.input)
        = (EXCLUDED.workflow_id, EXCLUDED.name, EXCLUDED.position, EXCLUDED.status, EXCLUDED.input)
    RETURNING id
)
"""
_EVENTS = """
put AS (
    INSERT INTO legacy_audit_events (id, batch_id, source_key, at, kind, subject, actor, body)
    SELECT target_id, %(batch)s, source_key, (mapped->>'at')::timestamptz, mapped->>'kind', mapped->>'subject',
           mapped->>'actor', mapped->'body' FROM free
    ON CONFLICT (id) DO NOTHING RETURNING id
)
"""
_PUT: dict[Table, str] = {"workflows": _WORKFLOWS, "steps": _STEPS, "audit_events": _EVENTS}
_MARK = """
UPDATE legacy_rows SET status = CASE WHEN put.id IS NULL THEN 'quarantined' ELSE 'imported' END, mapped = NULL,
    reason = CASE WHEN put.id IS NULL THEN 'TAKEN' END, sentence = CASE WHEN put.id IS NULL THEN %(taken)s END
FROM due LEFT JOIN put ON put.id = due.target_id
WHERE batch_id = %(batch)s AND source_table = %(table)s AND legacy_rows.ordinal = due.ordinal
RETURNING legacy_rows.ordinal
"""
_LINK = """
UPDATE workflows SET retry_of = parent_id FROM legacy_rows
WHERE batch_id = %(batch)s AND source_table = 'workflows' AND legacy_rows.status = 'imported'
    AND parent_id IS NOT NULL AND workflows.id = target_id AND retry_of IS NULL
    AND EXISTS (SELECT FROM workflows AS other WHERE other.id = parent_id)
"""
_TAKE_OUT = """
WITH due AS MATERIALIZED (
    SELECT ordinal, target_id FROM legacy_rows WHERE batch_id = %(batch)s AND source_table = %(table)s
        AND status = 'imported' ORDER BY ordinal LIMIT %(limit)s
), gone AS (
    DELETE FROM {target} USING due WHERE id = target_id
)
DELETE FROM legacy_rows USING due
WHERE batch_id = %(batch)s AND source_table = %(table)s AND legacy_rows.ordinal = due.ordinal
"""
_TARGETS: dict[Table, str] = {"workflows": "workflows", "steps": "steps", "audit_events": "legacy_audit_events"}
# Rows of other batches that stand on what this one has imported: the same rows again, and steps of its workflows.
_STANDING_ON = """
SELECT other.batch_id FROM legacy_rows AS own JOIN legacy_rows AS other
    ON other.target_id = own.target_id AND other.batch_id <> own.batch_id AND other.status = 'unchanged'
WHERE own.batch_id = %(batch)s AND own.status = 'imported'
UNION ALL
SELECT other.batch_id FROM legacy_rows AS own JOIN legacy_rows AS other
    ON other.parent_id = own.target_id AND other.batch_id <> own.batch_id AND other.status IN ('imported', 'unchanged')
WHERE own.batch_id = %(batch)s AND own.status = 'imported' AND own.source_table = 'workflows'
LIMIT 1
"""


def put(tx: Transaction, batch_id: UUID, table: Table, after: int) -> list[int]:
    """Take the next ready rows in, `BATCH_ROWS` at most; their places. Nothing of ours is overwritten."""
    rows = tx.execute(
        f"WITH {_DUE}, {_PUT[table]} {_MARK}".encode(),
        {
            "batch": batch_id,
            "table": table,
            "after": after,
            "limit": BATCH_ROWS,
            "kind": IMPORTED,
            "end": END_STEP,
            "end_place": END_PLACE,
            "taken": TAKEN,
        },
    ).fetchall()
    return sorted(row["ordinal"] for row in rows)


def link_retries(tx: Transaction, batch_id: UUID) -> None:
    """Have each imported workflow name the one that it retries, where that is here."""
    tx.execute(_LINK, {"batch": batch_id})


def take_out(tx: Transaction, batch_id: UUID, table: Table) -> int:
    """Delete what was imported, `BATCH_ROWS` at most, and the rows that say so; how many."""
    query = _TAKE_OUT.format(target=_TARGETS[table])
    return tx.execute(query.encode(), {"batch": batch_id, "table": table, "limit": BATCH_ROWS}).rowcount


def take_setting_out(tx: Transaction, repository_id: int, name: str) -> None:
    """Delete the row of a setting, as if nobody had ever said it."""
    tx.execute(
        "DELETE FROM settings WHERE repository_id = %(repository)s AND name = %(name)s",
        {"repository": repository_id, "name": name},
    )


def stands_on(tx: Transaction, batch_id: UUID) -> UUID | None:
    """Another batch that needs what this one has imported."""
    row = tx.execute(_STANDING_ON, {"batch": batch_id}).fetchone()
    return row["batch_id"] if row else None


def events(tx: Transaction, *, subject: str | None, kind: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest audit events of the old system, of one subject or of one kind where that is named."""
    return tx.execute(
        "SELECT batch_id, source_key, at, kind, subject, actor, body FROM legacy_audit_events"
        " WHERE (%(subject)s::text IS NULL OR subject = %(subject)s) AND (%(kind)s::text IS NULL OR kind = %(kind)s)"
        " ORDER BY at DESC, id DESC LIMIT %(limit)s",
        {"subject": subject, "kind": kind, "limit": limit},
    ).fetchall()
