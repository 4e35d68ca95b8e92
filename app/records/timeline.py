"""The timeline of an issue: what its runs did, in allow-listed words; no secret and no text from outside."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from app.database import Transaction

EventType = Literal[
    "loop_run_started",
    "loop_run_finished",
    "loop_run_blocked",
    "loop_run_failed",
    "loop_step_s1_completed",
    "loop_step_s2_spec_ready",
    "loop_step_s3_implement_prep",
    "loop_review_requested",
    "loop_step_s4_completed",
    "loop_merged",
    "loop_step_s5_completed",
    "deployment_observed",
    "loop_step_s6_completed",
    "loop_step_s7_completed",
]
TYPES: tuple[EventType, ...] = get_args(EventType)
OF_EVERY_RUN = ("runId", "step", "mode", "stateBefore", "stateAfter", "requestId", "blockerCode")
"""What an event may say whatever it is: ids, the step, states and codes."""
BESIDES: dict[EventType, tuple[str, ...]] = {
    "loop_review_requested": ("prUrl", "reviewers", "teams", "headSha"),
    "loop_merged": ("prUrl", "mergeSha", "mergeMethod", "gateVerdict", "snapshotId"),
    "deployment_observed": ("mergeSha", "count", "authenticCount", "deploymentIds"),
}
"""What single ones may say besides; `reviewers` and `teams` are logins and slugs."""


@dataclass(frozen=True)
class TimelineEvent:
    """One event as it was recorded."""

    id: UUID
    run_id: UUID | None
    type: EventType
    payload: dict[str, Any]
    at: datetime


def append(
    tx: Transaction, issue_id: UUID, run_id: UUID | None, event_type: EventType, payload: dict[str, Any], at: datetime
) -> UUID:
    """Record an event; its id. Raises `ValueError` for a field that may not stand in it."""
    forbidden = set(payload) - {*OF_EVERY_RUN, *BESIDES.get(event_type, ())}
    if event_type not in TYPES or forbidden:
        raise ValueError(f"{event_type} may not say {', '.join(sorted(forbidden)) or 'anything'}")
    event_id = uuid4()
    tx.execute(
        "INSERT INTO timeline_events (id, issue_id, run_id, type, payload, at)"
        " VALUES (%(id)s, %(issue)s, %(run)s, %(type)s, %(payload)s, %(at)s)",
        {"id": event_id, "issue": issue_id, "run": run_id, "type": event_type, "payload": Jsonb(payload), "at": at},
    )
    return event_id


def page(tx: Transaction, issue_id: UUID, *, limit: int, offset: int) -> tuple[list[TimelineEvent], int]:
    """The events of an issue, newest first, and how many there are."""
    rows = tx.execute(
        "SELECT id, run_id, type, payload, at FROM timeline_events WHERE issue_id = %(issue)s"
        " ORDER BY seq DESC LIMIT %(limit)s OFFSET %(offset)s",
        {"issue": issue_id, "limit": limit, "offset": offset},
    ).fetchall()
    counted = tx.execute(
        "SELECT count(*) AS total FROM timeline_events WHERE issue_id = %(issue)s", {"issue": issue_id}
    ).fetchone()
    return [TimelineEvent(**row) for row in rows], counted["total"] if counted else 0


def newest(tx: Transaction, issue_id: UUID, event_type: EventType) -> TimelineEvent | None:
    """The newest event of a type; None where there is none."""
    row = tx.execute(
        "SELECT id, run_id, type, payload, at FROM timeline_events WHERE issue_id = %(issue)s AND type = %(type)s"
        " ORDER BY seq DESC LIMIT 1",
        {"issue": issue_id, "type": event_type},
    ).fetchone()
    return TimelineEvent(**row) if row else None
