"""Histories: everything that happened to a workflow in its order, from the rows that each thing has left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from app.database import Transaction
from app.records import troubles
from app.records.troubles import Trouble
from app.records.workflows import Shown, Workflow

MOST_OF_A_SOURCE = 500
"""The newest of each source."""

Source = Literal["workflow", "delivery", "step", "request", "timeline", "audit"]
ORDER: tuple[Source, ...] = ("workflow", "delivery", "step", "request", "timeline", "audit")
"""Of what happened at the same moment."""


@dataclass(frozen=True)
class Happening:
    """One thing that happened. `what`: a stable word of its source; `said`: ids, codes and sentences of ours."""

    at: datetime
    source: Source
    what: str
    actor: str
    said: dict[str, Any]


def of(tx: Transaction, workflow: Workflow, steps: Sequence[Shown]) -> list[Happening]:
    """Oldest first. `steps`: all of the workflow."""
    found = [
        *_own(workflow),
        *_deliveries(tx, workflow),
        *(each for step in steps for each in _of_step(step)),
        *_put_off(workflow),
        *_troubles(tx, steps),
        *_requests(tx, workflow),
        *_of_issue(tx, workflow),
        *_audited(tx, workflow, steps),
    ]
    return sorted(found, key=lambda each: (each.at, ORDER.index(each.source)))


def _own(workflow: Workflow) -> Iterator[Happening]:
    said = {"type": workflow.type, "kind": workflow.kind, "version": workflow.version}
    if workflow.retry_of is not None:
        said["retry_of"] = str(workflow.retry_of)
    yield Happening(workflow.created_at, "workflow", "created", workflow.asked_by, said)
    if workflow.finished_at is not None:
        yield Happening(workflow.finished_at, "workflow", workflow.status, "mergegate", {})


def _deliveries(tx: Transaction, workflow: Workflow) -> list[Happening]:
    rows = tx.execute(
        "SELECT received_at, guid, event ->> 'name' AS event, event ->> 'action' AS action, via FROM run_deliveries"
        " JOIN deliveries ON deliveries.id = delivery_id WHERE run_id = %(id)s"
        " ORDER BY delivery_id DESC LIMIT %(most)s",
        {"id": workflow.id, "most": MOST_OF_A_SOURCE},
    ).fetchall()
    return [_delivery(row) for row in reversed(rows)]


def _delivery(row: dict[str, Any]) -> Happening:
    what = ".".join(part for part in (row["event"], row["action"]) if part)
    return Happening(row["received_at"], "delivery", what, "github", {"guid": row["guid"], "via": row["via"]})


def _named(step: Shown) -> dict[str, Any]:
    about = {} if step.about is None else {"about": step.about}
    return {"step": str(step.id), "name": step.name, **about}


def _of_step(step: Shown) -> Iterator[Happening]:
    said = _named(step)
    if step.started_at is not None:
        yield Happening(step.started_at, "step", "started", "mergegate", said)
    if step.ended_at is not None:
        ended = {**said, "attempts": step.attempts, "error": step.error}
        yield Happening(step.ended_at, "step", step.status, "mergegate", ended)


def _put_off(workflow: Workflow) -> Iterator[Happening]:
    """Why its line waits for a time though nothing went wrong."""
    if workflow.status == "pending" and workflow.outcome == "snooze":
        due = workflow.due_at.isoformat() if workflow.due_at else None
        said = {"name": workflow.current_step, "attempts": workflow.attempts, "error": workflow.error, "due_at": due}
        yield Happening(workflow.updated_at, "step", workflow.outcome, "mergegate", said)


def _troubles(tx: Transaction, steps: Sequence[Shown]) -> list[Happening]:
    """Each attempt that went wrong, less the last one of a step that has stopped, which its end tells."""
    names = {step.id: step for step in steps}
    found = troubles.newest(tx, list(names), MOST_OF_A_SOURCE)
    return [_trouble(names[each.step_id], each) for each in reversed(found)]


def _trouble(step: Shown, trouble: Trouble) -> Happening:
    due = trouble.due_at.isoformat() if trouble.due_at else None
    said = {**_named(step), "attempts": trouble.attempt, "error": trouble.error, "due_at": due}
    what = "stopped" if trouble.outcome == "stop" else "retry"
    return Happening(trouble.at, "step", what, "mergegate", said)


def _requests(tx: Transaction, workflow: Workflow) -> list[Happening]:
    """What the merger asked of GitHub for it, and what became of that."""
    rows = tx.execute(
        "SELECT merge_attempts.id, kind, head_sha, detail, step ->> 'state' AS state, step ->> 'by' AS by,"
        " (step ->> 'at')::timestamptz AS at FROM merge_attempts,"
        " jsonb_array_elements(history) WITH ORDINALITY AS steps (step, place)"
        " WHERE run_id = %(id)s ORDER BY seq DESC, place DESC LIMIT %(most)s",
        {"id": workflow.id, "most": MOST_OF_A_SOURCE},
    ).fetchall()
    return [_request(row) for row in reversed(rows)]


def _request(row: dict[str, Any]) -> Happening:
    said = {"attempt": str(row["id"]), "head_sha": row["head_sha"], "detail": row["detail"]}
    return Happening(row["at"], "request", f"{row['kind']}.{row['state']}", row["by"], said)


def _of_issue(tx: Transaction, workflow: Workflow) -> list[Happening]:
    """What its run put on the timeline of its issue."""
    rows = tx.execute(
        "SELECT at, type, payload FROM timeline_events WHERE issue_id = %(issue)s AND run_id = %(id)s"
        " ORDER BY seq DESC LIMIT %(most)s",
        {"issue": workflow.issue_id, "id": workflow.id, "most": MOST_OF_A_SOURCE},
    ).fetchall()
    return [Happening(row["at"], "timeline", row["type"], "mergegate", row["payload"]) for row in reversed(rows)]


def _audited(tx: Transaction, workflow: Workflow, steps: Sequence[Shown]) -> list[Happening]:
    """All of its own subject; of its pull request and its issue, what names it or one of its writes."""
    rows = tx.execute(
        "SELECT seq, at, kind, subject, actor, body FROM audit_events WHERE subject = ANY(%(subjects)s)"
        " AND (subject = %(own)s OR body ->> 'run' = %(id)s OR body ->> 'workflow' = %(id)s"
        " OR body ->> 'intent' = ANY(%(steps)s)) ORDER BY seq DESC LIMIT %(most)s",
        {
            "subjects": list(workflow.subjects),
            "own": f"run:{workflow.id}",
            "id": str(workflow.id),
            "steps": [str(step.id) for step in steps],
            "most": MOST_OF_A_SOURCE,
        },
    ).fetchall()
    return [_audit(row) for row in reversed(rows)]


def _audit(row: dict[str, Any]) -> Happening:
    said = {"seq": row["seq"], "subject": row["subject"], **row["body"]}
    return Happening(row["at"], "audit", row["kind"], row["actor"], said)
