"""Looks at a wish to merge: its workflows, one after the other; the last one waits for as long as the wish is open."""

from datetime import datetime
from uuid import UUID

from app.database import Transaction
from app.records import runs

BATCH = 200


def follow(tx: Transaction, run_id: UUID, request_id: UUID) -> None:
    """A new look takes the place of the one that waits, which is told so when it begins (`give_way`)."""
    tx.execute(
        "UPDATE workflows SET retry_of = (SELECT before.id"
        " FROM step_runs JOIN workflows AS before ON before.id = run_id"
        " WHERE merge_request_id = %(request)s AND before.status = 'waiting' LIMIT 1)"
        " WHERE id = %(id)s",
        {"id": run_id, "request": request_id},
    )


def give_way(tx: Transaction, run_id: UUID, now: datetime) -> None:
    """The look before this one waits no more."""
    row = tx.execute(
        "SELECT before.id FROM workflows JOIN workflows AS before ON before.id = workflows.retry_of"
        " WHERE workflows.id = %(id)s AND before.status = 'waiting'",
        {"id": run_id},
    ).fetchone()
    if row is not None:
        runs.cancel(tx, row["id"], now)


def end_of_ended(tx: Transaction, now: datetime) -> None:
    """Those whose wish has ended wait no more: a person has to look where nobody could grant it in time."""
    tx.execute(
        "WITH over AS (SELECT workflows.id, merge_requests.ended_at >= until AS is_too_old FROM workflows"
        "  JOIN step_runs ON run_id = workflows.id JOIN merge_requests ON merge_requests.id = merge_request_id"
        "  WHERE workflows.type = 'merge' AND workflows.status = 'waiting' AND merge_requests.status = 'ended'"
        "  ORDER BY workflows.id LIMIT %(most)s FOR NO KEY UPDATE OF workflows SKIP LOCKED),"
        " left_behind AS (UPDATE steps SET ended_at = %(now)s,"
        "  status = CASE WHEN is_too_old THEN 'stopped' ELSE 'cancelled' END,"
        "  outcome = CASE WHEN is_too_old THEN 'stop' END"
        "  FROM over WHERE workflow_id = over.id AND position IS NOT NULL AND steps.status = 'waiting')"
        " UPDATE workflows SET finished_at = %(now)s, updated_at = %(now)s,"
        "  status = CASE WHEN is_too_old THEN 'blocked' ELSE 'cancelled' END FROM over WHERE workflows.id = over.id",
        {"now": now, "most": BATCH},
    )
